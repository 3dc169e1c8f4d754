/** How often a transaction of the road writes to its connection: each write wakes the server. */
import { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Store } from '../../src/engine/ports.js';
import type { StartInput } from '../../src/saga/input.js';
import { orchestration, register, startInput, startRecord } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

type Write = (this: Socket, ...given: unknown[]) => unknown;
const sockets = Socket.prototype as unknown as Record<'_write' | '_writev', Write>;
const { _write, _writev } = sockets;
let writes = 0;
let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
  const port = Number(new URL(database.url).port);
  const counting = (write: Write): Write =>
    function counted(...given) {
      if (this.remotePort === port) writes++;
      return write.apply(this, given);
    };
  sockets._write = counting(_write);
  sockets._writev = counting(_writev);
});
afterAll(async () => {
  Object.assign(sockets, { _write, _writev });
  await database.close();
});

/** As the unit of work does it. */
function start(store: Store, input: StartInput): Promise<void> {
  return store.road(async (tx) => {
    const [, { now }] = await Promise.all([tx.admit([], [input], []), tx.lock([], [])]);
    await tx.record([startRecord(input, now)], true);
  });
}

test('a start is two writes: what is read for it, and what is recorded with the commit', async () => {
  const { store } = database.open();
  const recipe = await register(store, orchestration('written'));
  // What is looked up once, before the first transaction.
  await start(store, startInput('first', { recipe }));
  writes = 0;
  await start(store, startInput('second', { recipe }));
  expect(writes).toBe(2);
});
