/**
 * No call to another system inside a database transaction. The simulation runs under the same
 * guard.
 */
import { expect, test } from '@jest/globals';
import type { Broker, Registration } from '../../src/engine/ports.js';
import { Registry } from '../../src/engine/registry/registry.js';
import { silent } from '../../src/observability/log.js';
import { readRegistration } from '../../src/wire/documents.js';
import { createWire } from '../../src/wire/outgoing.js';
import { MemoryDatabase, memoryStore } from '../kit/memory-store.js';
import { guardedBroker, guardedStore, InsideTransaction } from '../kit/transaction-guard.js';
import { brokerTaking } from './builders.js';

const wire = createWire({ commandTypeId: null, source: '/test' });

/** `made` resolves when the topics may be there. */
function brokerOf(made: () => Promise<void>): Broker & { readonly requested: string[][] } {
  const requested: string[][] = [];
  const ensureTopics: Broker['ensureTopics'] = async (topics) => {
    requested.push([...topics]);
    await made();
  };
  return { requested, ...brokerTaking({ ensureTopics }) };
}

function documentOf(name: string): Registration {
  const steps = ['a', 'b'].map((step, index) => ({ seq: index + 1, name: step }));
  const document = { as: 'initiator', type: 'sequential', orchestrationName: name, steps };
  return readRegistration(JSON.stringify(document), { serviceName: 'shop' });
}

function setUp(made: () => Promise<void>) {
  const { store } = memoryStore(new MemoryDatabase(), { stepTopics: wire.stepTopics });
  const broker = brokerOf(made);
  const guarded = { store: guardedStore(store), broker: guardedBroker(broker) };
  const registry = new Registry({
    ...guarded,
    wire,
    audit: async () => undefined,
    log: silent('registry'),
  });
  return { registry, requested: broker.requested, ...guarded };
}

test('a registration makes its topics between two transactions, and publishes its answer after them', async () => {
  const { registry, requested } = setUp(async () => undefined);
  const { problems, registrations } = await registry.register(documentOf('one'), false);
  expect(problems).toEqual([]);
  expect(registrations).toMatchObject([{ orchestrationName: 'one', version: 1, changed: true }]);
  expect(requested).toEqual([
    ['a', 'b'].flatMap((step) => [`orchestrator.one.${step}.do`, `orchestrator.one.${step}.undo`]),
  ]);
});

test('a slow broker holds up nobody else who registers', async () => {
  const slow = Promise.withResolvers<void>();
  const waits = [() => slow.promise, async () => undefined];
  const { registry } = setUp(() => waits.shift()?.() ?? Promise.resolve());
  const first = registry.register(documentOf('one'), false);
  const second = await registry.register(documentOf('two'), false);
  expect(second.registrations).toMatchObject([{ orchestrationName: 'two', changed: true }]);
  slow.resolve();
  expect((await first).registrations).toMatchObject([{ orchestrationName: 'one', changed: true }]);
});

test('names that met while the topics were made are found before anything is stored', async () => {
  const slow = Promise.withResolvers<void>();
  const waits = [() => slow.promise, async () => undefined];
  const { registry } = setUp(() => waits.shift()?.() ?? Promise.resolve());
  const named = (name: string, step: string): Registration => {
    const document = { as: 'worker', orchestrationName: name, steps: [{ name: step }] };
    return readRegistration(JSON.stringify(document), { serviceName: 'shop' });
  };
  const first = registry.register(named('a_b', 'c'), false);
  await registry.register(named('a', 'b_c'), false);
  slow.resolve();
  const { registrations, problems } = await first;
  expect([registrations, problems.map(({ code }) => code)]).toEqual([[], ['TOPIC_COLLISION']]);
});

test('the guard sees a call inside a transaction, whatever is awaited before it', async () => {
  const { store, broker } = setUp(async () => undefined);
  const inside = async (call: () => Promise<unknown>): Promise<unknown> =>
    store.registry(async () => {
      await Promise.resolve();
      return call();
    });
  await expect(inside(() => broker.ensureTopics(['x']))).rejects.toThrow(InsideTransaction);
  await expect(inside(() => broker.publisher.publish([]))).rejects.toThrow(InsideTransaction);
  await expect(store.road(() => broker.ensureTopics(['x']))).rejects.toThrow(InsideTransaction);
  await expect(broker.ensureTopics(['x'])).resolves.toBeUndefined();
});
