import { expect, test } from '@jest/globals';
import { createEngine } from '../../src/engine/engine.js';
import { Fault, type Store } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { createDecoder } from '../../src/wire/decode.js';
import { createWire } from '../../src/wire/outgoing.js';
import { MemoryDatabase, memoryStore } from '../kit/memory-store.js';
import { brokerTaking, sequential } from './builders.js';

/** An engine whose next commit is done, and whose answer is lost. */
function engineLosing() {
  const { store, readModel } = memoryStore(new MemoryDatabase());
  let losing = false;
  const road: Store['road'] = async (work) => {
    const result = await store.road(work);
    if (!losing) return result;
    losing = false;
    throw new Fault('COMMIT_UNKNOWN', 'the connection was lost during the commit');
  };
  const broker = brokerTaking();
  const wire = createWire({ commandTypeId: null, source: '/test' });
  const ports = {
    store: Object.assign(Object.create(store) as Store, { road }),
    read: readModel,
    broker,
    wire,
  };
  const engine = createEngine({
    ...ports,
    decode: createDecoder({ payloadLimit: 1000 }),
    logs: silent,
    leaseMs: 10_000,
  });
  const lose = (): void => {
    losing = true;
  };
  return { engine, lose };
}

test('a subscriber gets the end of its flow although the answer to that commit was lost', async () => {
  const { engine, lose } = engineLosing();
  await engine.start();
  const declarations = [
    { as: 'initiator' as const, orchestration: sequential('o', 'a'), line: null },
  ];
  await engine.register({ declarations, problems: [], serviceName: null }, { dryRun: false });
  const start = {
    orchestrationName: 'o',
    flowId: 'f',
    payload: null,
    headers: {},
    initiator: null,
    idempotencyKey: null,
  };
  await engine.execute(start);
  const delivered: string[] = [];
  const following = (async () => {
    // A subscriber that gets nothing would wait for ever.
    for await (const event of (await engine.follow('f', 0, AbortSignal.timeout(3_000))) ?? [])
      delivered.push(event.type);
  })();
  lose();
  // Tried again by itself, it finds the flow cancelled: nothing is committed that would be
  // notified.
  await engine.applyOperatorAction({
    type: 'CANCEL',
    undo: false,
    flowId: 'f',
    actor: 'ada',
    reason: 'enough',
  });
  await following;
  await engine.stop(1_000);
  expect(delivered).toEqual(['FLOW_STARTED', 'DO_SENT', 'FLOW_CANCELLED']);
});
