/**
 * The audit on the real PostgreSQL: append-only for whoever connects as the gateway, and stored by
 * the transaction that did what it is about.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createEngine, type Engine } from '../../src/engine/engine.js';
import type { AuditFilter, AuditPageRequest } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { readAudit } from '../../src/postgres/read/audit-query.js';
import { createDecoder } from '../../src/wire/decode.js';
import { readRegistration } from '../../src/wire/documents.js';
import { createWire } from '../../src/wire/outgoing.js';
import { brokerTaking, listeningLog } from '../engine/builders.js';
import { auditRow } from '../kit/audit.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const DAY = 86_400_000;
const BY = { actor: 'ann', proven: true, origin: '192.0.2.7', requestId: 'r-1' };
const DOCUMENT = `
orchestrationName: accounts
as: initiator
type: sequential
steps: [{ seq: 1, name: first }]
`;

let database: TestDatabase;
let engine: Engine;
const log = listeningLog();
beforeAll(async () => {
  database = await testDatabase();
  const wire = createWire({ commandTypeId: null, source: '/test' });
  const { store, readModel: read } = database.open({ stepTopics: wire.stepTopics });
  const decode = createDecoder({ payloadLimit: 100_000 });
  const logs = (component: string) => (component === 'audit' ? log : silent('flow'));
  const ports = { store, read, broker: brokerTaking(), wire, decode };
  engine = createEngine({ ...ports, leaseMs: 10_000, logs });
  await engine.start();
  const registration = readRegistration(DOCUMENT, { serviceName: 'test' });
  await engine.register(registration, { dryRun: false, by: BY });
});
afterAll(async () => {
  await engine?.stop(2_000);
  await database?.close();
});

async function started(): Promise<string> {
  const nothing = { flowId: null, payload: null, initiator: null, idempotencyKey: null };
  const start = { orchestrationName: 'accounts', headers: {}, ...nothing };
  const { flow } = await engine.execute(start, { by: BY });
  return flow?.flowId ?? '';
}

describe('a row is stored by the transaction that did what it is about', () => {
  const writers = async (text: string, parameters: string[]): Promise<unknown[]> =>
    (await database.sql(text, parameters)).map(({ writer }) => writer);
  const AUDIT = 'SELECT a.xmin::text AS writer FROM orchestration_audit a WHERE';

  test('a start, and an operator action', async () => {
    const flowId = await started();
    const RUN = 'SELECT r.xmin::text AS writer FROM orchestration_run r WHERE r.flow_id = $1';
    const byStart = await writers(RUN, [flowId]);
    expect(await writers(`${AUDIT} a.flow_id = $1`, [flowId])).toEqual(byStart);
    await engine.applyOperatorAction({ type: 'PAUSE', flowId, actor: 'ann', reason: 'a test' }, BY);
    const byPause = await writers(RUN, [flowId]);
    expect(byPause).not.toEqual(byStart);
    const row = `${AUDIT} a.flow_id = $1 AND a.action = 'pauseFlow'`;
    expect(await writers(row, [flowId])).toEqual(byPause);
  });

  test('a registration, a policy, and a pause of an orchestration', async () => {
    const NAME =
      "SELECT n.xmin::text AS writer FROM orchestration_name n WHERE n.name = 'accounts'";
    const last = `${AUDIT} a.action = $1 ORDER BY a.at DESC, a.id DESC LIMIT 1`;
    expect(await writers(last, ['registerOrchestration'])).toEqual(await writers(NAME, []));
    const by = { actor: 'ann', reason: 'a test' };
    const policy = { stepName: null, maxRetries: 1, undoMaxRetries: null, timeoutMs: null };
    await engine.setPolicy(
      { orchestrationName: 'accounts', ...policy, undoTimeoutMs: null, backoff: null, ...by },
      BY,
    );
    expect(await writers(last, ['setPolicy'])).toEqual(await writers(NAME, []));
    const standing = { name: 'accounts', queuesStarts: true, ...by };
    await engine.changeStanding({ ...standing, verb: 'PAUSE' }, BY);
    expect(await writers(last, ['pauseOrchestration'])).toEqual(await writers(NAME, []));
    await engine.changeStanding({ ...standing, verb: 'RESUME' }, BY);
  });
});

describe('rows are added, never changed', () => {
  const REFUSED = /append-only/;
  const stored = async (actor: string, days: number): Promise<void> =>
    database.open().store.audit([auditRow({ actor, at: Date.now() - days * DAY })]);
  const count = async (actor: string): Promise<unknown> =>
    (await database.sql('SELECT FROM orchestration_audit WHERE actor = $1', [actor])).length;

  test('not by the owner of the table, as which a gateway may connect', async () => {
    await stored('kept', 5);
    const changes = [
      "UPDATE orchestration_audit SET actor = 'nobody' WHERE actor = 'kept'",
      "DELETE FROM orchestration_audit WHERE actor = 'kept'",
      'TRUNCATE orchestration_audit',
    ];
    for (const text of changes) await expect(database.sql(text)).rejects.toThrow(REFUSED);
    expect(await count('kept')).toBe(1);
  });

  test('by their age they go, a day old at least, whatever the caller wants', async () => {
    await stored('old', 3);
    await stored('young', 0.5);
    const expire = (days: number): Promise<unknown> =>
      database.sql('SELECT orchestration_audit_expire($1, 1000) AS removed', [days * DAY]);
    await expect(expire(0.1)).rejects.toThrow('for a day at least');
    await expire(1);
    expect([await count('old'), await count('young')]).toEqual([0, 1]);
    const inside = "SELECT set_config('backstep.audit_expires', 'on', false)";
    const deletes = "DELETE FROM orchestration_audit WHERE actor = 'young'";
    await expect(
      database.sql(
        `WITH allowed AS MATERIALIZED (${inside}) ${deletes} AND (SELECT true FROM allowed)`,
      ),
    ).rejects.toThrow(REFUSED);
    expect(await count('young')).toBe(1);
  });

  test('a role that owns nothing adds and reads rows, and removes old ones by the function only', async () => {
    const role = `gateway_${randomBytes(4).toString('hex')}`;
    await database.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'test'`);
    const grants = [
      `GRANT USAGE ON SCHEMA public TO ${role}`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`,
      `GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role}`,
      `REVOKE UPDATE, DELETE ON orchestration_audit FROM ${role}`,
    ];
    for (const grant of grants) await database.sql(grant);
    const url = new URL(database.url);
    url.username = role;
    url.password = 'test';
    const gateway = database.open({ url: url.href, instanceId: role });
    try {
      expect(await gateway.migrate()).toEqual({ applied: [] });
      await gateway.store.audit([auditRow({ actor: role, at: Date.now() - 3 * DAY })]);
      await gateway.store.audit([auditRow({ actor: role })]);
      const run = (text: string): Promise<unknown> =>
        database.sql(`SET ROLE ${role}; ${text}`).finally(() => database.sql('RESET ROLE'));
      const changes = [
        "UPDATE orchestration_audit SET actor = 'nobody'",
        'DELETE FROM orchestration_audit',
        "SET backstep.audit_expires = 'on'; DELETE FROM orchestration_audit",
        'TRUNCATE orchestration_audit',
        'ALTER TABLE orchestration_audit DISABLE TRIGGER ALL',
        'DROP TABLE orchestration_audit',
      ];
      for (const text of changes)
        await expect(run(text)).rejects.toThrow(/permission denied|must be owner/);
      expect(await count(role)).toBe(2);
      const removed = await gateway.store.removing((removal) => removal.audit(DAY, null, 1000));
      expect(removed).toMatchObject({ removed: expect.any(Number) });
      expect(await count(role)).toBe(1);
    } finally {
      await gateway.close();
      await database.sql(`DROP OWNED BY ${role}`);
      await database.sql(`DROP ROLE ${role}`);
    }
  });
});

describe('with twenty thousand rows', () => {
  beforeAll(async () => {
    await database.sql(
      `INSERT INTO orchestration_audit (at, actor, proven, action, orchestration_name, flow_id, outcome, code)
       SELECT now() - n * interval '1 second', 'actor' || n % 100, true, CASE WHEN n % 500 = 0 THEN 'pauseFlow' ELSE 'execute' END, 'name' || n % 100,
         'f' || n, CASE WHEN n % 1000 = 7 THEN 'REFUSED' ELSE 'DONE' END, NULL FROM generate_series(1, 20000) AS n`,
    );
    await database.sql('ANALYZE orchestration_audit');
  });

  const AT = Date.now();
  test.each<readonly [string, AuditFilter, string | null, string]>([
    ['everything', {}, null, 'orchestration_audit_pkey'],
    ['a time', { from: AT - 60_000, to: AT }, null, 'orchestration_audit_pkey'],
    ['an actor', { actor: 'actor7' }, null, 'orchestration_audit_actor'],
    ['a rare action', { action: 'pauseFlow' }, null, 'orchestration_audit_action'],
    ['an orchestration', { orchestrationName: 'name7' }, null, 'orchestration_audit_name'],
    ['a flow', { flowId: 'f7' }, null, 'orchestration_audit_flow'],
    ['what was refused', { outcome: 'REFUSED' }, null, 'orchestration_audit_refused'],
  ])('%s needs one statement and no scan of the table', async (_, filter, after, index) => {
    const statements: string[] = [];
    const plans: string[] = [];
    const sql = {
      rows: async <R>(text: string, parameters: Parameters<TestDatabase['sql']>[1]) => {
        statements.push(text);
        const plan = await database.sql(`EXPLAIN (COSTS OFF) ${text}`, parameters);
        plans.push(plan.map((row) => row['QUERY PLAN']).join('\n'));
        return (await database.sql(text, parameters)) as R[];
      },
    };
    const page: AuditPageRequest = { filter, first: 20, after };
    const { items, hasNextPage } = await readAudit(sql, page);
    expect(items.length).toBeGreaterThan(0);
    expect(statements).toHaveLength(1);
    expect(plans[0]).toContain(index);
    expect(plans[0]).not.toContain('Seq Scan');
    if (!hasNextPage) return;
    await readAudit(sql, { ...page, after: items.at(-1)?.cursor ?? null });
    expect(plans[1]).toContain(index);
  });
});

test('a refusal is answered also when its row can not be stored, which the log has then', async () => {
  const row = auditRow({ actor: 'not stored', outcome: 'REFUSED', code: 'NOT_ALLOWED' });
  await database.sql('ALTER TABLE orchestration_audit RENAME TO orchestration_audit_away');
  try {
    await engine.audit(row);
  } finally {
    await database.sql('ALTER TABLE orchestration_audit_away RENAME TO orchestration_audit');
  }
  expect(log.lines).toMatchObject([
    {
      level: 'warn',
      fields: { audit: row },
      message: expect.stringContaining('could not be stored'),
    },
  ]);
  await engine.audit(row);
  const [stored] = await database.sql(
    "SELECT code FROM orchestration_audit WHERE actor = 'not stored'",
  );
  expect(stored).toEqual({ code: 'NOT_ALLOWED' });
});
