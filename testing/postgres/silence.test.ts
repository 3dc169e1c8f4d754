/** Connections on which nothing comes back, and those on which an answer only takes long. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Fault } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { freshOf, sqlOf } from '../../src/postgres/connection/sql.js';
import { openOrm } from '../../src/postgres/database.js';
import { Cable } from '../kit/cable.mjs';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

let database: TestDatabase;
let cable: Cable;
let url: string;

beforeAll(async () => {
  database = await testDatabase();
  const address = new URL(database.url);
  cable = await new Cable(Number(address.port || 5432)).listen();
  address.hostname = '127.0.0.1';
  address.port = String(cable.port);
  url = address.href;
});
afterAll(async () => {
  cable?.mend();
  await database?.close();
  cable?.close();
});

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof Fault ? error.code : String(error)),
  );

test('a statement that the network swallows is given up, and work goes on when it is back', async () => {
  const { store } = database.open({ url, statementTimeoutMs: 500 });
  await store.due(1);
  cable.cut();
  expect(await codeOf(store.due(1))).toBe('DATABASE_AWAY');
  cable.mend();
  for (let answer = ''; answer !== 'answered'; ) {
    answer = await codeOf(store.due(1));
    if (answer !== 'answered') expect(answer).toBe('DATABASE_AWAY');
  }
}, 120_000);

test('a statement without a time limit is left alone while the server works on it', async () => {
  const unlimited = new URL(url);
  unlimited.searchParams.set('options', '-c statement_timeout=0');
  const options = { poolSize: 1, statementTimeoutMs: 500, log: silent('postgres') };
  const orm = openOrm({ ...options, url: unlimited.href });
  try {
    const slow = sqlOf(freshOf(orm.em)).rows('SELECT pg_sleep(7)', []);
    expect(await codeOf(slow)).toBe('answered');
  } finally {
    await orm.close(true);
  }
}, 120_000);
