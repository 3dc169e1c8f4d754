/** From `execute` to the last step nothing waits for a timer: each step causes the next. */
import { mock } from 'node:test';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createEngine, type Engine } from '../../src/engine/engine.js';
import type { Intake, OutboxRow } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { createDecoder } from '../../src/wire/decode.js';
import { createWire } from '../../src/wire/outgoing.js';
import { TOPICS } from '../../src/wire/topics.js';
import { MemoryDatabase, memoryStore } from '../kit/memory-store.js';
import { brokerTaking, sequential } from './builders.js';

const LATEST_MS = 20_000;
const real = { setTimeout, clearTimeout };
// No timer of the engine ever fires: time stands still.
beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }));
const engines: Engine[] = [];
afterEach(async () => {
  mock.timers.reset();
  await Promise.all(engines.splice(0).map((engine) => engine.stop(1_000)));
});

const decode = createDecoder({ payloadLimit: 1000 });

/** An engine whose worker answers each command as soon as it is published. */
function engineWithWorker(succeeds: (stepName: string) => boolean): Engine {
  const { store, readModel: read } = memoryStore(new MemoryDatabase());
  let intake: Intake | null = null;
  let offset = 0n;
  const answer = async ({ topic, value }: OutboxRow): Promise<void> => {
    if (!/\.(?:do|undo)$/.test(topic)) return;
    const { headers } = JSON.parse(String(value)) as { headers: Record<string, unknown> };
    const { action, stepName } = headers;
    const status = action === 'UNDO' || succeeds(String(stepName));
    const raw = {
      key: null,
      value: Buffer.from(JSON.stringify({ headers: { ...headers, status } })),
    };
    const place = { topic: TOPICS.replies, partition: 0, timestamp: 0 };
    const position = { ...place, offset: offset++ };
    const decoded = decode(TOPICS.replies, { ...raw, headers: {} });
    await intake?.([{ ...decoded, from: 'record', position, raw: { ...raw, headers: {} } }]);
  };
  const broker = brokerTaking({
    consume: async (deliver) => {
      intake = deliver;
    },
    publisher: {
      publish: async (rows) => {
        for (const row of rows) void answer(row);
        return rows.map((row) => ({ row, result: 'ok' as const }));
      },
    },
  });
  const wire = createWire({ commandTypeId: null, source: '/test' });
  return createEngine({ ...{ store, read, broker, wire, decode }, logs: silent, leaseMs: 10_000 });
}

/** Statuses that a subscriber saw, until the flow's end. */
async function statusesOf(engine: Engine): Promise<string[]> {
  engines.push(engine);
  await engine.start();
  const orchestration = sequential('o', 'first', 'second', 'third');
  const declarations = [{ as: 'initiator' as const, orchestration, line: null }];
  await engine.register({ declarations, problems: [], serviceName: null }, { dryRun: false });
  const nothing = { payload: null, headers: {}, initiator: null, idempotencyKey: null };
  await engine.execute({ orchestrationName: 'o', flowId: 'f', ...nothing });
  const statuses: string[] = [];
  const waiting = new AbortController();
  const late = real.setTimeout(() => waiting.abort(), LATEST_MS);
  const events = await engine.follow('f', 0, waiting.signal);
  for await (const { type } of events ?? []) statuses.push(type);
  real.clearTimeout(late);
  return statuses;
}

test('a flow completes, and its subscriber learns it, while no timer fires', async () => {
  const seen = await statusesOf(engineWithWorker(() => true));
  expect(seen.filter((type) => type === 'DO_SUCCEEDED')).toHaveLength(3);
  expect(seen.at(-1)).toBe('FLOW_COMPLETED');
});

test('a flow whose last step fails is retried and undone while no timer fires', async () => {
  const seen = await statusesOf(engineWithWorker((stepName) => stepName !== 'third'));
  expect(seen.filter((type) => type === 'DO_FAILED')).toHaveLength(2);
  expect(seen.filter((type) => type === 'UNDO_SUCCEEDED')).toHaveLength(2);
  expect(seen.at(-1)).toBe('FLOW_UNDONE');
});
