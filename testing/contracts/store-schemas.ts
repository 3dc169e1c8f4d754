/**
 * payloadSchema over the whole way: stored with the version, checked at a start and at each
 * success.
 */
import { describe, expect, test } from '@jest/globals';
import { resolveStarts } from '../../src/engine/intake/resolve-starts.js';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import type { Delivery, DeliveryOutcome, RecordPosition, Store } from '../../src/engine/ports.js';
import type { ReplyInput } from '../../src/saga/input.js';
import { CompiledSchemas } from '../../src/schemas/payload-schemas.js';
import { createWire } from '../../src/wire/outgoing.js';
import type { Bench } from './store.js';
import { orchestration, register, stepDefinition } from './store-builders.js';

const wire = createWire({ commandTypeId: null, source: '/test' });
const schemas = new CompiledSchemas();
const withTenant = { type: 'object', required: ['tenant'] };
const withRealm = { type: 'object', required: ['realm'] };
const recipe = (name: string, more: object = {}) =>
  orchestration(name, {
    payloadSchema: withTenant,
    steps: [
      stepDefinition(1, 'createRealm', { payloadSchema: withRealm }),
      stepDefinition(2, 'createUser'),
    ],
    ...more,
  });

function from(position: RecordPosition | null) {
  return position === null
    ? ({ from: 'caller' } as const)
    : ({ from: 'record', position, raw: { key: null, value: null } } as const);
}

interface Start {
  readonly name: string;
  readonly flowId: string;
  readonly payload: string | null;
  readonly key?: string;
  readonly position?: RecordPosition | null;
}

/** As the road does it: looked up, begun, recorded. */
async function begin(
  store: Store,
  { name, flowId, payload, key, position = null }: Start,
): Promise<DeliveryOutcome | undefined> {
  const start = {
    flowId,
    orchestrationName: name,
    payload,
    headers: { correlationId: 'c-1' },
    initiator: null,
    idempotencyKey: key ?? null,
  };
  const delivery: Delivery = { ...from(position), kind: 'start', start };
  return decided(store, delivery);
}

async function answer(
  store: Store,
  flowId: string,
  more: Partial<ReplyInput>,
  position: RecordPosition | null = null,
): Promise<DeliveryOutcome | undefined> {
  const input: ReplyInput = {
    type: 'REPLY',
    flowId,
    stepName: 'createRealm',
    action: null,
    outcome: 'success',
    attemptId: null,
    payload: null,
    errorMessage: null,
    errorCode: null,
    retryable: true,
    ...more,
  };
  const delivery: Delivery = { ...from(position), kind: 'input', input };
  return decided(store, delivery);
}

async function decided(store: Store, delivery: Delivery): Promise<DeliveryOutcome | undefined> {
  const resolve: typeof resolveStarts = (deliveries, read) =>
    resolveStarts(deliveries, read, { schemas });
  return (await unitOfWork({ store, wire, schemas, resolve }, [delivery], true)).outcomes[0];
}

const positionOf = (topic: string): RecordPosition => ({
  topic,
  partition: 0,
  offset: 0n,
  timestamp: 1_700_000_000_000,
});

export function storeSchemasContract(bench: () => Bench): void {
  describe('payloadSchema', () => {
    test('is stored with the version', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('typed');
      await register(one.store, recipe(name));
      expect((await two.store.orchestration(name, null))?.orchestration).toEqual(recipe(name));
    });

    test('of the orchestration refuses a start that does not match, with path and reason', async () => {
      const { one, fresh } = bench();
      const name = fresh('typed');
      await register(one.store, recipe(name));
      for (const payload of ['{"name":"acme"}', null, '[]'])
        expect(await begin(one.store, { name, flowId: fresh('flow'), payload })).toMatchObject({
          kind: 'quarantined',
          code: 'PAYLOAD_INVALID',
          path: payload === '{"name":"acme"}' ? 'payload.tenant' : 'payload',
          message: expect.stringContaining(`the payloadSchema of ${name}: payload`),
        });
      const good = { name, flowId: fresh('flow'), payload: '{"tenant":"acme"}' };
      expect(await begin(one.store, good)).toMatchObject({ kind: 'recorded' });
    });

    test('quarantines such a start from a topic', async () => {
      const { rig, one, fresh } = bench();
      const [name, topic] = [fresh('typed'), fresh('starts')];
      await register(one.store, recipe(name));
      const position = positionOf(topic);
      await begin(one.store, { name, flowId: fresh('flow'), payload: '{}', position });
      expect((await rig.quarantined(topic)).map(({ code }) => code)).toEqual(['PAYLOAD_INVALID']);
    });

    test('of a newer version does not refuse the repetition of a start that is known', async () => {
      const { one, fresh } = bench();
      const name = fresh('typed');
      await register(one.store, recipe(name, { payloadSchema: undefined }));
      const start = { name, payload: '{}', key: fresh('key') };
      const first = await begin(one.store, { ...start, flowId: fresh('flow') });
      await register(one.store, recipe(name, { version: 2 }));
      expect(await begin(one.store, { ...start, flowId: fresh('flow') })).toMatchObject({
        kind: 'echo',
        flowId: first?.kind === 'recorded' ? first.flow.flowId : null,
      });
      const other = { ...start, key: fresh('key'), flowId: fresh('flow') };
      expect(await begin(one.store, other)).toMatchObject({ code: 'PAYLOAD_INVALID' });
    });

    test('of a step turns a success that does not match into a final failure; it may have happened, and is undone with its input', async () => {
      const { rig, one, fresh } = bench();
      const [name, topic, flowId] = [fresh('typed'), fresh('replies'), fresh('flow')];
      await register(one.store, recipe(name));
      await begin(one.store, { name, flowId, payload: '{"tenant":"acme"}' });
      const outcome = await answer(one.store, flowId, { payload: '{"id":7}' }, positionOf(topic));
      if (outcome?.kind !== 'recorded') throw new Error(`it was ${outcome?.kind}`);
      const [step] = outcome.flow.steps;
      expect([outcome.flow.status, step?.status, step?.output, step?.open?.action]).toEqual([
        'UNDOING',
        'UNDOING',
        null,
        'UNDO',
      ]);
      expect(step).toMatchObject({
        errorCode: 'PAYLOAD_INVALID',
        errorMessage: expect.stringMatching(/payloadSchema of step createRealm: payload\.realm is/),
      });
      const [undo] = (await one.readModel.timeline(flowId, 0, 100))?.slice(-1) ?? [];
      expect(undo?.type).toBe('UNDO_SENT');
      expect((await rig.quarantined(topic)).map(({ code }) => code)).toEqual(['PAYLOAD_INVALID']);
      // An UNDO's answer carries nothing that has to match.
      const undone = await answer(one.store, flowId, { action: 'UNDO' });
      expect(undone).toMatchObject({ flow: { status: 'UNDONE' } });
    });

    test('lets pass what matches, failures, and steps without one', async () => {
      const { one, fresh } = bench();
      const [name, flowId] = [fresh('typed'), fresh('flow')];
      await register(one.store, recipe(name));
      await begin(one.store, { name, flowId, payload: '{"tenant":"acme"}' });
      const failed = await answer(one.store, flowId, { outcome: 'failure', errorMessage: 'no' });
      expect(failed).toMatchObject({ flow: { steps: [{ errorCode: null }, {}] } });
      const done = await answer(one.store, flowId, { payload: '{"realm":"r"}' });
      expect(done).toMatchObject({ flow: { steps: [{ status: 'DO_SUCCESS' }, {}] } });
      const ended = await answer(one.store, flowId, { stepName: 'createUser', payload: '7' });
      expect(ended).toMatchObject({ flow: { status: 'COMPLETED' } });
    });
  });
}
