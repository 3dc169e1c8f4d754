/**
 * What the attacks left in the database: nothing half-stored, nothing that was refused, everything
 * that was accepted.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';

/**
 * Of the gateway's own PostgreSQL: the password it made, and the port its server is at (line 4 of
 * postmaster.pid).
 */
function urlOf(folder) {
  const own = join(folder, 'data/postgres');
  const place = existsSync(join(own, 'elsewhere')) ? join(own, 'elsewhere') : own;
  const password = readFileSync(join(place, 'password'), 'utf8');
  const port = readFileSync(join(place, 'data/postmaster.pid'), 'utf8').split('\n')[3];
  return `postgres://backstep:${password}@127.0.0.1:${port}/postgres?sslmode=disable`;
}

/** Each finds rows that contradict others: there may be none. */
const CONTRADICTIONS = {
  'steps without a flow': `SELECT s.flow_id FROM orchestration_step_run s
    WHERE NOT EXISTS (SELECT FROM orchestration_run r WHERE r.flow_id = s.flow_id)`,
  'timelines without a flow': `SELECT t.flow_id FROM orchestration_timeline t
    WHERE NOT EXISTS (SELECT FROM orchestration_run r WHERE r.flow_id = t.flow_id)`,
  'messages without a flow': `SELECT o.flow_id FROM orchestration_outbox o
    WHERE o.flow_id NOT LIKE '!%' AND NOT EXISTS (SELECT FROM orchestration_run r WHERE r.flow_id = o.flow_id)`,
  'flows with too few or too many steps': `SELECT r.flow_id FROM orchestration_run r
    WHERE (SELECT count(*) FROM orchestration_step_run s WHERE s.flow_id = r.flow_id) <> (SELECT count(*) FROM orchestration_step d
      WHERE d.orchestration_name = r.orchestration_name AND d.version = r.orchestration_version)`,
  'timelines with a gap': `SELECT flow_id FROM (
      SELECT t.flow_id, t.first_number, lag(t.last_number, 1, 0) OVER (PARTITION BY t.flow_id ORDER BY t.first_number) AS before
      FROM orchestration_timeline t) AS rows WHERE first_number <> before + 1`,
  'flows that count other events than their timeline': `SELECT r.flow_id FROM orchestration_run r
    WHERE r.last_event_number IS DISTINCT FROM (SELECT max(t.last_number) FROM orchestration_timeline t WHERE t.flow_id = r.flow_id)`,
  'steps or messages that refer to a payload that is not there': `SELECT r.flow_id FROM orchestration_run r WHERE r.input IS NULL AND (
      EXISTS (SELECT FROM orchestration_step_run s WHERE s.flow_id = r.flow_id AND s.input_of_flow)
      OR EXISTS (SELECT FROM orchestration_outbox o WHERE o.flow_id = r.flow_id AND o.payload_of_flow))`,
  'orchestrations without steps': `SELECT o.name FROM orchestration o WHERE NOT EXISTS (
      SELECT FROM orchestration_step d WHERE d.orchestration_name = o.name AND d.version = o.version)`,
  'names without their version': `SELECT n.name FROM orchestration_name n WHERE NOT EXISTS (
      SELECT FROM orchestration o WHERE o.name = n.name AND o.version = n.current_version)`,
  'parked flows': 'SELECT r.flow_id FROM orchestration_run r WHERE r.parked IS NOT NULL',
};

const OPEN = `SELECT r.flow_id FROM orchestration_run r WHERE r.status IN ('IN_PROGRESS', 'UNDOING') ORDER BY r.flow_id`;

/**
 * Flows nobody works for are ended by an operator; what was accepted is there and has ended, what
 * was refused is not. Lines of what is wrong.
 */
export async function wrongIn(gateway) {
  const client = new pg.Client({ connectionString: urlOf(gateway.folder) });
  await client.connect();
  const rows = async (text, parameters = []) => (await client.query(text, parameters)).rows;
  try {
    const wrong = [];
    await endAll(
      gateway,
      (await rows(OPEN)).map(({ flow_id }) => flow_id),
    );
    const open = await rows(OPEN);
    if (open.length > 0) wrong.push(`${open.length} flows that were accepted did not end`);
    for (const [what, text] of Object.entries(CONTRADICTIONS)) {
      const found = await rows(text);
      if (found.length > 0) wrong.push(`${what}: ${found.length}, ${Object.values(found[0])[0]}`);
    }
    return [...wrong, ...(await unlikeAnswers(gateway, rows))];
  } finally {
    await client.end();
  }
}

async function endAll(gateway, flowIds) {
  for (let at = 0; at < flowIds.length; at += 20) {
    const actions = flowIds
      .slice(at, at + 20)
      .map(
        (id, n) =>
          `a${n}: cancelFlow(input: { flowId: "${id}", undo: false, reason: "the attack is over" }) { problems { code } }`,
      );
    await gateway.graphql(`mutation { ${actions.join(' ')} }`);
  }
}

/**
 * What callers were answered: started, registered, refused. Where an answer did not come, either
 * may be.
 */
async function unlikeAnswers({ started, unanswered, registered }, rows) {
  const there = new Set(
    (
      await rows(
        'SELECT r.flow_id FROM orchestration_run r WHERE r.orchestration_name = ANY ($1)',
        [[...started.keys()]],
      )
    ).map(({ flow_id }) => flow_id),
  );
  const accepted = [...started.values()].flat();
  const lost = accepted.filter((id) => !there.has(id)).length;
  const more = there.size - (accepted.length - lost);
  const names = (await rows('SELECT n.name FROM orchestration_name n')).map(({ name }) => name);
  const strange = names.filter((name) => !registered.has(name));
  return [
    ...(lost > 0 ? [`${lost} flows that were accepted are not there`] : []),
    ...(more > unanswered ? [`${more - unanswered} flows that no caller was answered`] : []),
    ...(strange.length > 0 && unanswered === 0
      ? [`${strange[0]} was refused and is registered`]
      : []),
  ];
}
