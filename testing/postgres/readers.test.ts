/** Readers have connections, timeouts and budgets of their own: they do not slow down writes. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Fault, NO_PAYLOADS } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { connectionOf, nameStatements } from '../../src/postgres/connection/connection.js';
import { openOrm } from '../../src/postgres/database.js';
import { ReadPool } from '../../src/postgres/read/read-pool.js';
import { orchestration, register, start, startInput } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
  await register(database.open().store, orchestration());
});
afterAll(() => database?.close());

function pool(connections: number, statementTimeoutMs = 30_000) {
  const options = {
    url: database.url,
    poolSize: connections,
    statementTimeoutMs,
    log: silent('postgres'),
  };
  const statements = nameStatements();
  const orm = openOrm(options, statements);
  orm.em.getConnection().getClient();
  const { driverOptions } = connectionOf(options);
  const reads = new ReadPool(statements, driverOptions);
  return { reads, close: () => orm.close(true) };
}
const SLEEP = 'SELECT pg_sleep(60) AS sleeping';
const sleeping = async (): Promise<number> => {
  const [row] = await database.sql(
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE query = $1 AND state = 'active'",
    [SLEEP],
  );
  return Number(row?.count);
};
const becomes = async (count: number): Promise<void> => {
  while ((await sleeping()) !== count) await new Promise((resolve) => setImmediate(resolve));
};
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (error: Fault) => error.code,
  );

test('a read ends in the database when its caller has gone', async () => {
  const { reads, close } = pool(2);
  const gone = new AbortController();
  const code = codeOf(reads.sql(gone.signal).rows(SLEEP, []));
  await becomes(1);
  gone.abort();
  expect(await code).toBe('DATABASE_CANCELLED');
  await becomes(0);
  await close();
});

test('a read whose caller has gone before its turn is never begun, and others get its place', async () => {
  const { reads, close } = pool(1);
  const first = new AbortController();
  const second = new AbortController();
  const codes = [
    codeOf(reads.sql(first.signal).rows(SLEEP, [])),
    codeOf(reads.sql(second.signal).rows(SLEEP, [])),
    codeOf(reads.sql().rows('SELECT 1', [])),
  ];
  await becomes(1);
  second.abort();
  first.abort();
  expect(await Promise.all(codes)).toEqual([
    'DATABASE_CANCELLED',
    'DATABASE_CANCELLED',
    'answered',
  ]);
  await close();
});

test('readers that fill their pool do not hold up writes', async () => {
  const { store } = database.open();
  const { reads, close } = pool(3);
  const gone = new AbortController();
  const codes = Array.from({ length: 30 }, () => codeOf(reads.sql(gone.signal).rows(SLEEP, [])));
  await becomes(3);
  await start(store, [startInput('written', { payload: '"x"' })]);
  await store.ping();
  gone.abort();
  await Promise.all(codes);
  await close();
});

test('a statement of a reader has a time of its own', async () => {
  const { reads, close } = pool(1, 100);
  expect(await codeOf(reads.sql().rows(SLEEP, []))).toBe('DATABASE_SLOW');
  await close();
});

test('payloads are read for those who want them, and are counted before', async () => {
  const { store, readModel } = database.open();
  const payload = JSON.stringify({ text: 'x'.repeat(100_000) });
  await start(store, [startInput('large', { payload })]);
  const taken: number[] = [];
  const take = async (bytes: number): Promise<void> => {
    taken.push(bytes);
  };
  const none = (await readModel.flows(['large'], { payloads: NO_PAYLOADS, take })).get('large');
  expect([none?.input, none?.steps[0]?.input, taken]).toEqual([null, null, []]);
  const input = { ...NO_PAYLOADS, flowInput: true };
  const page = await readModel.history({}, 10, null, { payloads: input, take });
  const found = page.items.find(({ item }) => item.flowId === 'large')?.item;
  expect([found?.input?.length, found?.steps[0]?.input]).toEqual([payload.length, null]);
  expect(taken).toEqual([expect.any(Number)]);
  expect(taken[0]).toBeGreaterThanOrEqual(payload.length);
  const refuse = (): Promise<void> => Promise.reject(new Error('too much'));
  await expect(readModel.flows(['large'], { take: refuse })).rejects.toThrow('too much');
});
