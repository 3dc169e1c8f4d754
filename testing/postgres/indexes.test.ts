import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { FlowFilter } from '../../src/engine/ports.js';
import { BACKLOG } from '../../src/postgres/read/backlog-query.js';
import { Bindings } from '../../src/postgres/read/flow-filter.js';
import { historyQuery } from '../../src/postgres/read/history-query.js';
import { OPEN_FLOWS } from '../../src/postgres/read/open-flows-query.js';
import { firstStepDone, register, start, startInput } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const FLOWS = 20_000;

describe('with twenty thousand flows', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    const { store } = database.open();
    await register(store);
    await start(store, [
      startInput('seed', {
        initiator: 'portal',
        idempotencyKey: 'k',
        headers: { correlationId: 'c' },
      }),
    ]);
    const columns =
      'orchestration_name, orchestration_version, failure_reason, input, output, headers, state, last_event_number';
    await database.sql(
      `INSERT INTO orchestration_run (flow_id, status, started_at, wake_at, initiator, idempotency_key, correlation_id, ${columns})
       SELECT 'f' || n, CASE WHEN n % 1000 = 0 THEN 'FAILED' WHEN n % 500 = 1 THEN 'IN_PROGRESS' ELSE 'COMPLETED' END, now() - n * interval '1 second',
         CASE WHEN n % 500 = 1 THEN now() + interval '1 hour' END, 'i' || n % 100, 'k' || n, 'c' || n, ${columns.replace('orchestration_name', "CASE WHEN n % 100 = 7 THEN 'rare' ELSE 'accounts' END")}
       FROM orchestration_run, generate_series(1, ${FLOWS}) AS n WHERE flow_id = 'seed'`,
    );
    await database.sql(
      `INSERT INTO orchestration_step_run (flow_id, seq, step_name, status, error_message, max_retries, undo_max_retries, created_at)
       SELECT 'f' || n, seq, 'step' || seq, CASE WHEN n % 1000 = 0 AND seq = 2 THEN 'UNDO_FAIL' ELSE 'DO_SUCCESS' END,
         CASE WHEN n % 1000 = 0 AND seq = 2 THEN 'boom ' || n END, 3, 3, now() - n * interval '1 second'
       FROM generate_series(1, ${FLOWS}) AS n, generate_series(1, 3) AS seq`,
    );
    await database.sql('ANALYZE');
  }, 120_000);
  afterAll(() => database?.close());

  /**
   * As the gateway's connections plan it: before the parameters are known. PostgreSQL 15 cannot
   * show that.
   */
  async function plan(filter: FlowFilter): Promise<string> {
    const [{ generic } = { generic: false }] = await database.sql(
      `SELECT current_setting('server_version_num')::int >= 160000 AS generic`,
    );
    const bindings = new Bindings();
    const sql = {
      rows: <R>(text: string, parameters: Parameters<TestDatabase['sql']>[1]) =>
        database.sql(text, parameters) as Promise<R[]>,
    };
    const text = await historyQuery(sql, { filter, bindings, most: 21, after: null });
    const explained =
      generic === true
        ? `EXPLAIN (GENERIC_PLAN, COSTS OFF) ${text}`
        : `EXPLAIN (COSTS OFF) ${text}`;
    return (await database.sql(explained, generic === true ? [] : bindings.parameters))
      .map((row) => row['QUERY PLAN'])
      .join('\n');
  }

  test.each([
    ['everything', {}, 'orchestration_run_started'],
    ['one orchestration', { orchestrationName: 'rare' }, 'orchestration_run_history'],
    ['a rare status', { statuses: ['FAILED'] }, 'orchestration_run_status'],
    ['rare statuses', { statuses: ['FAILED', 'UNDONE'] }, 'orchestration_run_status'],
    ['an initiator', { initiator: 'i7' }, 'orchestration_run_initiator'],
    ['a correlation', { correlationId: 'c77' }, 'orchestration_run_correlation'],
    ['an idempotency key', { idempotencyKey: 'k77' }, 'orchestration_run_key_alone'],
    [
      'an idempotency key of an orchestration',
      { orchestrationName: 'accounts', idempotencyKey: 'k77' },
      'orchestration_run_key',
    ],
    [
      'steps in trouble',
      { stepStatuses: ['UNDO_FAIL', 'DO_FAIL'] },
      'orchestration_step_run_trouble',
    ],
    [
      'a step in trouble',
      { stepName: 'step2', stepStatuses: ['UNDO_FAIL'] },
      'orchestration_step_run_trouble',
    ],
    ['an error', { errorContains: 'boom 3' }, 'orchestration_step_run_error'],
  ] as const)('history of %s needs no scan of a table', async (_, filter, index) => {
    const found = await plan(filter);
    expect(found).toContain(index);
    expect(found).not.toContain('Seq Scan');
  });

  test('the statements of every transaction find their rows by an index', async () => {
    const explain = async (text: string): Promise<string> =>
      (await database.sql(`EXPLAIN (COSTS OFF) ${text}`))
        .map((row) => row['QUERY PLAN'])
        .join('\n');
    expect(
      await explain(
        'SELECT flow_id FROM orchestration_run WHERE wake_at <= now() ORDER BY wake_at LIMIT 10',
      ),
    ).toContain('orchestration_run_wake');
    expect(
      await explain(
        'SELECT flow_id FROM orchestration_outbox WHERE leased_until < now() ORDER BY leased_until LIMIT 10',
      ),
    ).toContain('orchestration_outbox_lease');
    expect(
      await explain(
        `SELECT flow_id FROM orchestration_outbox WHERE flow_id = ANY ('{a,b}') AND leased_to IS NULL`,
      ),
    ).toContain('orchestration_outbox_ungiven');
    const inFlight = await explain(
      `SELECT count(*) FROM orchestration_run r WHERE r.status IN ('IN_PROGRESS', 'UNDOING') AND r.orchestration_name = 'x'`,
    );
    expect(inFlight).not.toContain('Seq Scan');
  });

  test('what waits in the whole database is found by indexes', async () => {
    const found = (await database.sql(`EXPLAIN (COSTS OFF) ${BACKLOG}`))
      .map((row) => row['QUERY PLAN'])
      .join('\n');
    for (const index of [
      'run_status',
      'run_wake',
      'outbox_lease',
      'step_run_pkey',
      'timeline_pkey',
    ])
      expect(found).toContain(`orchestration_${index}`);
    expect(found).not.toContain('Seq Scan');
  });

  test('open flows of a caller are found by an index that has no others', async () => {
    const found = await database.sql(
      `EXPLAIN (COSTS OFF) ${OPEN_FLOWS.replace('$1', "'token ann'").replace('$2', '100')}`,
    );
    const lines = found.map((row) => row['QUERY PLAN']).join('\n');
    expect(lines).toContain('orchestration_run_open');
    expect(lines).not.toContain('Seq Scan');
  });

  test('a flow that goes well never makes an index grow until it ends: every update is HOT', async () => {
    const { store } = database.open();
    const before = await updates(database);
    for (let round = 0; round < 20; round++) {
      const ids = Array.from({ length: 50 }, (_, index) => `hot-${round}-${index}`);
      await start(
        store,
        ids.map((flowId) => startInput(flowId)),
      );
      await store.road(async (tx) => {
        const { flows } = await tx.lock(ids, []);
        const records = [...flows.values()].map((flow) => firstStepDone(flow));
        await tx.record(records, true);
      });
    }
    await database.open().store.ping();
    const after = await updates(database, before.updated + 20 * 50 * 3);
    expect((after.hot - before.hot) / (after.updated - before.updated)).toBeGreaterThan(0.9);
  });
});

/** Sessions report what they did a moment later. */
async function updates(
  database: TestDatabase,
  atLeast = 0,
): Promise<{ readonly updated: number; readonly hot: number }> {
  const until = Date.now() + 15_000;
  for (;;) {
    const [row] = await database.sql(
      `SELECT sum(n_tup_upd)::int AS updated, sum(n_tup_hot_upd)::int AS hot, pg_stat_clear_snapshot()::text FROM pg_stat_user_tables
       WHERE relname IN ('orchestration_run', 'orchestration_step_run')`,
    );
    const counted = { updated: Number(row?.updated), hot: Number(row?.hot) };
    if (counted.updated >= atLeast || Date.now() > until) return counted;
  }
}
