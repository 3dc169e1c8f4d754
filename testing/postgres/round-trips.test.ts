/** How often a transaction of the road writes to its connection: each write wakes the server. */
import { Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import type { Delivery, Store } from '../../src/engine/ports.js';
import { createWire } from '../../src/wire/outgoing.js';
import { orchestration, register } from '../contracts/store-builders.js';
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

const wire = createWire({ commandTypeId: null, source: '/test' });
const FLOWS = Array.from({ length: 40 }, (_, n) => `flow-${n}`);

function startOf(flowId: string): Delivery {
  const start = { orchestrationName: 'written', flowId, payload: '{}', headers: {} };
  return {
    from: 'caller',
    kind: 'start',
    start: { ...start, initiator: null, idempotencyKey: null },
  };
}

function replyOf(flowId: string): Delivery {
  const what = { type: 'REPLY', flowId, stepName: 'createRealm', action: 'DO' } as const;
  const outcome = { outcome: 'success', attemptId: null, payload: '{}', retryable: true } as const;
  const input = { ...what, ...outcome, errorMessage: null, errorCode: null };
  return { from: 'caller', kind: 'input', input };
}

async function writesOf(store: Store, deliveries: readonly Delivery[]): Promise<number> {
  writes = 0;
  const { outcomes } = await unitOfWork({ store, wire }, deliveries, true);
  expect(outcomes.map(({ kind }) => kind)).toEqual(deliveries.map(() => 'recorded'));
  return writes;
}

test('a transaction is two writes, whatever its size: what is read for it, and what is recorded with the commit', async () => {
  const { store } = database.open();
  await register(store, orchestration('written'));
  // What is looked up once, before the first transaction.
  await writesOf(store, [startOf('first'), startOf('second')]);
  await writesOf(store, [replyOf('first')]);
  expect(await writesOf(store, [startOf('third')])).toBe(2);
  expect(await writesOf(store, FLOWS.map(startOf))).toBe(2);
  expect(await writesOf(store, [replyOf('second')])).toBe(2);
  expect(await writesOf(store, FLOWS.map(replyOf))).toBe(2);
});
