/**
 * Lawful work that is too large to be done together: nothing of it is read into memory, and it is
 * taken apart.
 */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DeliveryQueue } from '../../src/engine/intake/queue.js';
import { Road } from '../../src/engine/intake/road.js';
import {
  type Delivery,
  type RoadTransaction,
  type Store,
  TooMuchAtOnce,
  type Wire,
} from '../../src/engine/ports.js';
import { LIMITS } from '../../src/limits/limits.js';
import { silent } from '../../src/observability/log.js';
import type { StartInput } from '../../src/saga/input.js';
import { orchestration, register, start, startInput } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';
import { workOf } from '../kit/work.js';

/**
 * Half of them as good as empty once they are compressed: the stored size differs from the size
 * that is read.
 */
const heavy = (n: number): string =>
  JSON.stringify(n % 2 === 0 ? 'x'.repeat(900_000) : randomBytes(450_000).toString('hex'));
const FLOWS = 40;

let database: TestDatabase;
let store: Store;
const ids = Array.from({ length: FLOWS }, (_, n) => `heavy-${n}`);
beforeAll(async () => {
  database = await testDatabase();
  store = database.open().store;
  await register(store, orchestration());
  for (const [n, id] of ids.entries()) await start(store, [startInput(id, { payload: heavy(n) })]);
});
afterAll(() => database?.close());

test('flows that are more than a transaction may read are not read', async () => {
  const locked = (flowIds: readonly string[]) =>
    store.road(async (tx) => (await tx.lock(flowIds, [])).flows.size);
  expect(FLOWS * 900_000).toBeGreaterThan(LIMITS.batchBytesRead.value);
  await expect(locked(ids)).rejects.toThrow(TooMuchAtOnce);
  expect(await locked(ids.slice(0, 10))).toBe(10);
});

test('a batch of them is halved until it fits, and all are answered', async () => {
  const sizes: number[] = [];
  const queue = new DeliveryQueue({ batchSize: 500, queueLimit: 500 });
  const counting: Pick<Store, 'road'> = {
    road: (work) =>
      store.road((tx) => {
        const lock: RoadTransaction['lock'] = (flowIds, ticking) => {
          sizes.push(flowIds.length);
          return tx.lock(flowIds, ticking);
        };
        return work(Object.assign(Object.create(tx), { lock }));
      }),
  };
  new Road({
    queue,
    store: Object.assign(Object.create(store), counting),
    wire: { outgoing: () => [] } as unknown as Wire,
    log: silent('flow'),
    resolve: (deliveries) => deliveries.map(workOf),
    mayGive: () => true,
    timed: (transaction) => transaction(),
    afterCommit: () => undefined,
    recovered: () => undefined,
    patienceMs: 1000,
  });
  const tick = (flowId: string): Delivery => ({
    from: 'timer',
    kind: 'input',
    input: { type: 'TICK', flowId },
  });
  const outcomes = await queue.submit(ids.map(tick));
  expect(outcomes.map(({ kind }) => kind)).toEqual(ids.map(() => 'recorded'));
  expect(sizes.slice(0, 2)).toEqual([FLOWS, FLOWS / 2]);
});

test('a start that exists is compared without reading what cannot be equal', async () => {
  const same = startInput('heavy-1', { payload: heavy(0) });
  const [long] = await database.sql(
    "SELECT input::text AS input FROM orchestration_run WHERE flow_id = 'heavy-1'",
  );
  const found = async (...starts: readonly StartInput[]) => {
    const { existing } = await store.road((tx) => tx.admit([], starts, []));
    return starts.map((_, index) => existing.get(index)?.payload?.length);
  };
  const small = startInput('heavy-1', { payload: '{"small":true}' });
  const none = startInput('heavy-0', { payload: null });
  expect(await found(small, none)).toEqual([undefined, undefined]);
  expect(await found(small, same)).toEqual(Array(2).fill((long as { input: string }).input.length));
});

test('left-over messages are taken as far as they fit, the others next time', async () => {
  await database.sql(
    "UPDATE orchestration_outbox SET leased_until = '-infinity', value = repeat('x', 1000000)",
    [],
  );
  let [taken, turns] = [0, 0];
  for (;;) {
    const rows = await store.outboxTake(200);
    const bytes = rows.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    expect(bytes).toBeLessThan(LIMITS.relayBytes.value + 1_000_000);
    if (rows.length === 0) break;
    taken += rows.length;
    turns++;
  }
  expect(turns).toBeGreaterThan(1);
  expect(taken).toBe(FLOWS);
});
