/**
 * Work is refused for faults of its own only: a lock that somebody else holds is waited for,
 * however long it is held.
 */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DeliveryQueue } from '../../src/engine/intake/queue.js';
import { Road } from '../../src/engine/intake/road.js';
import type { Delivery, Store } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { createWire } from '../../src/wire/outgoing.js';
import { lockOne, register, start, startInput } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';
import { workOf } from '../kit/work.js';

const TOPIC = 'orchestrator.response.result';
/** Of these 400 for a lock. */
const STATEMENT_MS = 600;
/** Faults after which small work would be refused if they were its own. */
const MANY = 12;

let database: TestDatabase;
let store: Store;
beforeEach(async () => {
  database = await testDatabase();
  store = database.open({ statementTimeoutMs: STATEMENT_MS }).store;
  await register(store);
  await start(store, [startInput('poison'), startInput('other')]);
});
afterEach(() => database?.close());

function roadOver(): { readonly queue: DeliveryQueue; readonly road: Road } {
  const queue = new DeliveryQueue({ batchSize: 500, queueLimit: 500 });
  const road = new Road({
    queue,
    store,
    wire: createWire({ commandTypeId: null, source: '/test' }),
    log: silent('flow'),
    resolve: (deliveries) => deliveries.map(workOf),
    mayGive: () => true,
    timed: (transaction) => transaction(),
    afterCommit: () => undefined,
    recovered: () => undefined,
    patienceMs: 1000,
    pauses: { firstMs: 1, longestMs: 5 },
  });
  return { queue, road };
}

function reply(flowId: string, offset: number): Delivery {
  return {
    from: 'record',
    position: { topic: TOPIC, partition: 0, offset: BigInt(offset), timestamp: 1 },
    raw: { key: null, value: Buffer.from('{}') },
    kind: 'input',
    input: {
      type: 'REPLY',
      flowId,
      stepName: 'createRealm',
      action: 'DO',
      outcome: 'success',
      attemptId: null,
      payload: '{"small":true}',
      errorMessage: null,
      errorCode: null,
      retryable: true,
    },
  };
}

const quarantined = async () =>
  (await database.sql('SELECT flow_id, code FROM orchestration_quarantine')).map(
    ({ code }) => code,
  );

test('a small reply whose flow somebody holds is recorded once the lock is free', async () => {
  const { queue, road } = roadOver();
  const holder = database.open({ instanceId: 'holder' }).store;
  let recorded: ReturnType<DeliveryQueue['submit']> = Promise.resolve([]);
  await holder.road(async (tx) => {
    await lockOne(tx, 'poison');
    recorded = queue.submit([reply('poison', 0)]);
    while (road.faults < MANY) await tx.lock([], []);
  });
  const [outcome] = await recorded;
  expect([outcome?.kind, await quarantined()]).toEqual(['recorded', []]);
  await road.stop();
});

test('a small reply that alone takes too long, again and again, goes to quarantine; the next one is recorded', async () => {
  await database.sql(`CREATE FUNCTION sleeps() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM pg_sleep(60); RETURN NEW; END'`);
  await database.sql(`CREATE TRIGGER sleeps BEFORE UPDATE ON orchestration_run FOR EACH ROW
    WHEN (NEW.flow_id = 'poison') EXECUTE FUNCTION sleeps()`);
  const { queue, road } = roadOver();
  const outcomes = await queue.submit([reply('poison', 0), reply('other', 1)]);
  expect(outcomes.map(({ kind }) => kind)).toEqual(['quarantined', 'recorded']);
  expect(await quarantined()).toEqual(['UNRECORDABLE']);
  expect(road.faults).toBeGreaterThanOrEqual(MANY - 2);
  await road.stop();
});
