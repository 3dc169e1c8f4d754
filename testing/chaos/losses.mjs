/**
 * What the restore drill does to a database under load, and what it does about it afterwards.
 */
import { archiveAll, query, restore, restoreTo } from './backups.mjs';
import { callGateway } from './gateway-calls.mjs';
import { between, startAgain } from './histories.mjs';
import { wait } from './rig.mjs';

const print = (text) => process.stdout.write(`${text}\n`);
const RESUME =
  'mutation($flowId: ID!) { resumeFlow(input: {flowId: $flowId, reason: "after the restore"}) { problems { code } } }';
const SETTLE_WITHIN_MS = 120_000;
const QUIET_TURNS = 30;
const QUIET_TURN_MS = 100;

const counted = async (url, text) => (await query(url, text))[0].n;
const FLOWS = 'SELECT count(*)::int AS n FROM orchestration_run';
const OPEN = `${FLOWS} WHERE status IN ('IN_PROGRESS', 'UNDOING')`;
const PAUSED =
  "SELECT flow_id FROM orchestration_run WHERE status = 'IN_PROGRESS' AND (state->>'paused')::boolean";
const UNKNOWN =
  "SELECT count(DISTINCT flow_id)::int AS n FROM orchestration_quarantine WHERE code = 'UNKNOWN_FLOW' AND flow_id NOT LIKE 'stray-%'";
const DELETE = `WITH gone AS (
    DELETE FROM orchestration_run WHERE status IN ('IN_PROGRESS', 'UNDOING') RETURNING 1
  ) SELECT count(*)::int AS n FROM gone`;
const WHERE =
  'SELECT pg_current_wal_lsn() AS lsn, timeline_id AS timeline FROM pg_control_checkpoint()';
const idsOf = async (url, text) => (await query(url, text)).map((row) => row.flow_id);

/** Those of docs/operating.md: replies of the lost time to what this history has not sent. */
const REFUSED = `SELECT flow_id FROM orchestration_timeline
  WHERE at >= $1 AND events::text ~ '"(NOT_SENT|WRONG_STATE)"'`;
const NEVER_BEGUN = `SELECT s.flow_id FROM orchestration_quarantine q
  JOIN orchestration_step_run s ON s.flow_id = q.flow_id AND s.step_name = q.step_name
  WHERE q.code = 'UNKNOWN_FLOW' AND q.received_at >= $1 AND s.status = 'PENDING'`;

/** Flows in which an effect of the lost time may be left. */
export async function toLookAt({ url }, since) {
  const found = [await query(url, REFUSED, [since]), await query(url, NEVER_BEGUN, [since])];
  return new Set(found.flat().map((row) => row.flow_id));
}

export const flowsIn = ({ url }) => counted(url, FLOWS);
export const openIn = ({ url }) => counted(url, OPEN);

/** The files of the database are gone; the backup takes their place. */
export async function loseAll({ database, gateways }, { copy, load, before }) {
  print(`${load.accepted.size - before} more were accepted; now the database is lost`);
  await database.killImmediately();
  // Gateways that run through it would go on reading where they were: stopped, they begin where the
  // restored inbox stands.
  await Promise.all(gateways.map((gateway) => gateway.end('SIGTERM')));
  restore(database, copy);
  await database.start();
}

/** The time of the database: commits until then are restored. */
export async function noteMoment({ url }) {
  const [{ text }] = await query(url, 'SELECT clock_timestamp()::text AS text');
  return { text, ms: Date.parse(text) };
}

/** Somebody deletes what is in flight, by mistake, while the load goes on. */
export async function deleteOpen({ url }, { load, moment }) {
  const deleted = await counted(url, DELETE);
  const later = [...load.accepted.values()].filter(({ at }) => at > moment.ms).length;
  const seconds = ((Date.now() - moment.ms) / 1000).toFixed(1);
  print(
    `${seconds} s and ${later} accepted flows later ${deleted} flows in flight are deleted by mistake`,
  );
}

/**
 * The database of the moment takes the place of the damaged one. Resolves with the time that is
 * lost, ms.
 */
export async function goBack({ database, gateways }, { copy, archive, moment }) {
  await Promise.all(gateways.map((gateway) => gateway.end('SIGTERM')));
  await archiveAll(database);
  const segments = archive.segments();
  await database.close();
  const from = performance.now();
  restoreTo(database, { from: copy, archive, moment: moment.text });
  await database.start();
  const took = ((performance.now() - from) / 1000).toFixed(1);
  const [{ lsn, timeline }] = await query(database.url, WHERE);
  print(
    `restored in ${took} s from the backup and ${segments} segments of the archive, to ${lsn} on timeline ${timeline}`,
  );
  return { from: moment.ms, to: Date.now() };
}

/**
 * Until nothing is open any more, and no worker has a reply that it sends later; resolves with the
 * seconds that it took.
 */
export async function settled(watch, workers) {
  const from = performance.now();
  const until = from + SETTLE_WITHIN_MS;
  for (let quiet = 0; quiet < QUIET_TURNS && performance.now() < until; await wait(QUIET_TURN_MS))
    quiet = watch.open + watch.outbox + workers.waiting === 0 ? quiet + 1 : 0;
  return ((performance.now() - from - QUIET_TURNS * QUIET_TURN_MS) / 1000).toFixed(1);
}

/** Operator actions of the lost time are lost with it: they are repeated. */
export async function resumePaused({ database, gateways }) {
  for (const flowId of await idsOf(database.url, PAUSED))
    await callGateway(gateways, RESUME, { flowId });
}

/** Flows in flight, for those who follow them. */
export const openFlows = ({ url }, most) =>
  idsOf(
    url,
    `SELECT flow_id FROM orchestration_run WHERE status IN ('IN_PROGRESS', 'UNDOING') LIMIT ${most}`,
  );

/**
 * What the database does not have is started again. Resolves with what is missing although it was
 * accepted before the moment.
 */
export async function mendLoss({ database, brokers, workers }, { load, lost, watch }) {
  const stored = new Set(await idsOf(database.url, 'SELECT flow_id FROM orchestration_run'));
  const missing = [...load.accepted].filter(([flowId]) => !stored.has(flowId));
  const wrongly = missing.filter(([, { at }]) => at < lost.from);
  const early = [...load.accepted.values()].filter(({ at }) => at < lost.from).length;
  print(
    `of ${early} flows accepted before the moment ${wrongly.length} are missing, of ${load.accepted.size - early} accepted after it ${missing.length - wrongly.length}; replies to ${await counted(database.url, UNKNOWN)} unknown flows are in quarantine`,
  );
  await startAgain(brokers, missing);
  while ((await flowsIn(database)) < stored.size + missing.length) await wait(100);
  print(
    `those missing were started again by topic, under their flowIds; all had ended ${await settled(watch, workers)} s later`,
  );
  await compareHistories(brokers, lost);
  return wrongly.map(([flowId]) => `${flowId} was accepted before the moment, and is missing`);
}

async function compareHistories(brokers, lost) {
  const old = await between(brokers, lost.from, lost.to);
  const now = await between(brokers, lost.to, Number.POSITIVE_INFINITY);
  const again = [...old.commands].filter((one) => now.commands.has(one)).length;
  const otherwise = [...old.ends].filter(([id, end]) => (now.ends.get(id) ?? end) !== end);
  print(
    `of ${old.commands.size} commands of the lost time ${again} were sent again with the same attemptId; of ${old.ends.size} flows that had ended in it ${otherwise.length} ended otherwise`,
  );
}
