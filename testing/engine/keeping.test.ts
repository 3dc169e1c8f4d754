/** The engine put together removes what is over and old, while it runs, and leaves what is not. */
import { expect, test } from '@jest/globals';
import { createEngine } from '../../src/engine/engine.js';
import type { Broker } from '../../src/engine/ports.js';
import { KEEP_ALL } from '../../src/engine/retention/retention.js';
import { silent } from '../../src/observability/log.js';
import { createDecoder } from '../../src/wire/decode.js';
import { createWire } from '../../src/wire/outgoing.js';
import { change, changeRecord, register, start, startInput } from '../contracts/store-builders.js';
import { MemoryDatabase, memoryStore } from '../kit/memory-store.js';
import { gate, listeningLog } from './builders.js';

const HOUR = 3_600_000;

const broker = {
  publisher: {
    publish: async (rows: readonly object[]) => rows.map((row) => ({ row, result: 'ok' })),
  },
  consume: async () => undefined,
  stopConsuming: async () => undefined,
  health: () => ({ ready: true, detail: '' }),
} as unknown as Broker;

test('flows that completed an hour ago and more are gone, the others stay, and the log has the counts', async () => {
  const database = new MemoryDatabase();
  const { store, readModel: read } = memoryStore(database);
  await register(store);
  for (const flowId of ['old', 'young', 'running']) {
    const records = await start(store, [startInput(flowId)]);
    await store.outboxSent(records.flatMap(({ outbox }) => outbox));
  }
  const end = { type: 'FLOW_COMPLETED', output: null } as const;
  const complete = (flowId: string) =>
    change(store, flowId, (flow) =>
      changeRecord(flow, { flow: { status: 'COMPLETED', endedAt: flow.now } }, [end]),
    );
  await complete('old');
  database.now += HOUR + 1;
  await complete('young');
  const logged = gate<object>();
  const log = { ...listeningLog(), info: (fields: object) => logged.open(fields) };
  const keep = { ...KEEP_ALL, flows: { ...KEEP_ALL.flows, COMPLETED: HOUR } };
  const wire = createWire({ commandTypeId: null, source: '/test' });
  const logs = (component: string) => (component === 'retention' ? log : silent('flow'));
  const engine = createEngine({
    store,
    read,
    broker,
    wire,
    decode: createDecoder({ payloadLimit: 1000 }),
    logs,
    leaseMs: 10_000,
    keep,
    removeEveryMs: 1,
  });
  await engine.start();
  expect(await logged.opened).toEqual({ removed: { COMPLETED: 1 } });
  await engine.stop(1_000);
  expect([...(await read.flows(['old', 'young', 'running'])).keys()]).toEqual(['young', 'running']);
});
