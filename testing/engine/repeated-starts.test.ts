/** Starts of one transaction that have an idempotency key or a flowId in common. */
import { expect, test } from '@jest/globals';
import { resolveStarts } from '../../src/engine/intake/resolve-starts.js';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import type { Delivery, DeliveryOutcome } from '../../src/engine/ports.js';
import { CompiledSchemas } from '../../src/schemas/payload-schemas.js';
import { createWire } from '../../src/wire/outgoing.js';
import { orchestration, register } from '../contracts/store-builders.js';
import { MemoryDatabase, memoryStore } from '../kit/memory-store.js';

const wire = createWire({ commandTypeId: null, source: '/test' });
const schemas = new CompiledSchemas();
const NAME = 'accounts';
const { store } = memoryStore(new MemoryDatabase());
const payloadSchema = { type: 'object', required: ['customer'] };
await register(store, { ...orchestration(NAME), payloadSchema });

interface Wish {
  readonly flowId?: string;
  readonly key?: string;
  readonly payload?: string;
}

async function together(...wishes: readonly Wish[]): Promise<readonly DeliveryOutcome[]> {
  const deliveries = wishes.map(
    ({ flowId = null, key = null, payload = '{"customer":1}' }): Delivery => {
      const start = { orchestrationName: NAME, flowId, payload, headers: {}, initiator: null };
      return { from: 'caller', kind: 'start', start: { ...start, idempotencyKey: key } };
    },
  );
  const resolve: typeof resolveStarts = (all, read) => resolveStarts(all, read, { schemas });
  return (await unitOfWork({ store, wire, schemas, resolve }, deliveries, true)).outcomes;
}

const shown = (outcomes: readonly DeliveryOutcome[]) =>
  outcomes.map((one) => {
    if (one.kind === 'recorded') return one.flow.flowId;
    if (one.kind === 'echo') return `echo of ${one.flowId}, ${one.samePayload ? 'same' : 'other'}`;
    return 'code' in one ? one.code : one.kind;
  });

test('the second of a key, or of a flowId, is an echo of the first', async () => {
  const outcomes = await together(
    { flowId: 'a', key: 'k1' },
    { flowId: 'b', key: 'k1' },
    { flowId: 'c', key: 'k1', payload: '{"customer":2}' },
    { flowId: 'a' },
    { flowId: 'd' },
  );
  const same = 'echo of a, same';
  expect(shown(outcomes)).toEqual(['a', same, 'echo of a, other', same, 'd']);
});

test('a start that is refused does not stand in the way of the next one with its key', async () => {
  const wrong = { key: 'k2', payload: '{}' };
  const outcomes = await together({ flowId: 'e', ...wrong }, { flowId: 'f', key: 'k2' });
  expect(shown(outcomes)).toEqual(['PAYLOAD_INVALID', 'f']);
  expect(shown(await together({ flowId: 'g', ...wrong }))).toEqual(['echo of f, other']);
});

test('a key that began a flow beside it goes before a flowId that is stored', async () => {
  expect(shown(await together({ flowId: 'old', key: 'k3' }))).toEqual(['old']);
  const outcomes = await together({ flowId: 'h', key: 'k4' }, { flowId: 'old', key: 'k4' });
  expect(shown(outcomes)).toEqual(['h', 'echo of h, same']);
  const stored = await together({ flowId: 'i', key: 'k5' }, { flowId: 'i', key: 'k3' });
  expect(shown(stored)).toEqual(['i', 'echo of old, same']);
});
