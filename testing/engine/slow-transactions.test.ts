/** A database that takes long, and an instance that is not ready: both are shown. */
import { mock } from 'node:test';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createEngine, type Engine } from '../../src/engine/engine.js';
import { HealthLog } from '../../src/engine/health-log.js';
import type { Store } from '../../src/engine/ports.js';
import type { Health } from '../../src/engine/service.js';
import { createDecoder } from '../../src/wire/decode.js';
import { createWire } from '../../src/wire/outgoing.js';
import { MemoryDatabase, memoryStore } from '../kit/memory-store.js';
import { brokerTaking, gate, listeningLog } from './builders.js';

let now = 0;
beforeEach(() => {
  now = 0;
  mock.method(performance, 'now', () => now);
  mock.timers.enable({ apis: ['setInterval'] });
});
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** All that is due by then has been done when it resolves. */
async function after(ms: number): Promise<void> {
  for (let past = 0; past < ms; past += 1000) {
    now += 1000;
    mock.timers.tick(1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const STANDBY = 'its commit waits for a standby';

/** An engine whose search for due flows takes until the gate opens. */
function engineWaiting(until: Promise<void>) {
  const log = listeningLog();
  const { store, readModel: read } = memoryStore(new MemoryDatabase());
  const called = gate();
  const due: Store['due'] = () => {
    called.open();
    return until.then(() => []);
  };
  const slow: Store = Object.assign(store, { due, waits: async () => STANDBY });
  const engine = createEngine({
    ...{ store: slow, read, broker: brokerTaking(), logs: () => log, leaseMs: 10_000 },
    wire: createWire({ commandTypeId: null, source: '/test' }),
    decode: createDecoder({ payloadLimit: 1000 }),
  });
  return { engine, log, called: called.opened };
}

const databaseOf = async (engine: Engine): Promise<Health['checks'][number] | undefined> =>
  (await engine.health()).checks.find(({ name }) => name === 'database');

test('a transaction that waits for a standby is in /readyz, in the log once and in the metrics, until it ends', async () => {
  const database = gate();
  const { engine, log, called } = engineWaiting(database.opened);
  const slowLines = () => log.lines.filter(({ message }) => /long|slow/.test(message));
  await engine.start();
  await called;
  await after(4_000);
  expect((await databaseOf(engine))?.detail).toBe('answers, migrated');
  await after(20_000);
  const seconds = 24;
  expect(await databaseOf(engine)).toEqual({
    name: 'database',
    ok: true,
    detail: `answers, migrated, but a transaction has been open for ${seconds} s: ${STANDBY}`,
  });
  // It cannot do better than any other instance on this database.
  expect((await engine.health()).ready).toBe(true);
  expect((await engine.figures()).transactionSeconds).toBe(seconds);
  expect(slowLines()).toHaveLength(1);
  expect(slowLines()[0]).toMatchObject({
    level: 'warn',
    fields: { reason: `a transaction has been open for 5 s: ${STANDBY}` },
  });
  database.open();
  await after(10_000);
  expect((await databaseOf(engine))?.detail).toBe('answers, migrated');
  expect((await engine.figures()).transactionSeconds).toBe(0);
  expect(slowLines().map(({ level }) => level)).toEqual(['warn', 'info']);
  await engine.stop(1_000);
});

test('an instance that is not ready for a while logs the reason once, and when it is ready again', async () => {
  const log = listeningLog();
  const broker = { name: 'broker', ok: false, detail: 'the consumer group is rebalancing' };
  const database = { name: 'database', ok: true, detail: 'answers' };
  const load = { waiting: 0, unsent: 0, faults: 0 };
  let ready = false;
  const health = async (): Promise<Health> => ({ ready, checks: [database, broker], load });
  const healthLog = new HealthLog({ health, log });
  healthLog.start();
  await after(15_000);
  expect(log.lines).toEqual([]);
  await after(60_000);
  expect(log.lines).toMatchObject([
    {
      level: 'warn',
      message: 'not ready',
      fields: { reasons: ['broker: the consumer group is rebalancing'] },
    },
  ]);
  ready = true;
  await after(10_000);
  expect(log.lines.map(({ message }) => message)).toEqual(['not ready', 'ready again']);
  await healthLog.stop();
});
