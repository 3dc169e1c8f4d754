/**
 * A large payload that a flow was started with is kept once; who reads the flow or takes its
 * messages finds it in each place.
 */
import { describe, expect, test } from '@jest/globals';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import { type Delivery, type Store, wholeValue } from '../../src/engine/ports.js';
import type { ReplyInput } from '../../src/saga/input.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import { createWire } from '../../src/wire/outgoing.js';
import type { Bench } from './store.js';
import { lockOne, orchestration, register, startInput, stepDefinition } from './store-builders.js';

export const WIDE_STEPS = 6;
const wire = createWire({ commandTypeId: null, source: '/test' });
/** With what is hard to carry as text inside text. */
export const largePayload = (characters: number): string =>
  JSON.stringify({ text: 'ü"\\{}👋'.repeat(Math.ceil(characters / 8)) });

export function wide(name: string): Orchestration {
  const backoff = { initialMs: 0, factor: 1, maxMs: 0, jitter: 'none' } as const;
  const steps = Array.from({ length: WIDE_STEPS }, (_, n) =>
    stepDefinition(n + 1, `s${n + 1}`, { backoff, undoBackoff: backoff }),
  );
  return orchestration(name, { type: 'PARALLEL', steps });
}

export function begin(store: Store, flowId: string, recipe: Orchestration, payload: string) {
  const start = startInput(flowId, { recipe, payload });
  const request = { ...start, orchestrationName: recipe.name };
  const delivery: Delivery = { from: 'caller', kind: 'start', start: request };
  const work = { delivery, start, startRefused: null, orchestrationPaused: false };
  return unitOfWork({ store, wire, resolve: () => [work] }, [delivery], true);
}

/** The answer of a step's worker; a failure without a code is retried. */
export function answer(store: Store, flowId: string, stepName: string, more: Partial<ReplyInput>) {
  const input: ReplyInput = {
    type: 'REPLY',
    flowId,
    stepName,
    action: 'DO',
    attemptId: null,
    outcome: 'success',
    errorMessage: null,
    errorCode: null,
    retryable: true,
    payload: null,
    ...more,
  };
  return unitOfWork({ store, wire }, [{ from: 'caller', kind: 'input', input }], true);
}

/** The payload is long: in comparisons a short name stands for it. */
const named = (payload: string) => (text: string | null | undefined) =>
  text === payload ? 'the payload' : (text ?? 'none').slice(0, 100);
const payloadsOf = (rows: Awaited<ReturnType<Store['outboxTake']>>, payload: string) =>
  rows.map((row) => named(payload)(JSON.stringify(JSON.parse(String(wholeValue(row))).payload)));
const all = <T>(one: T): T[] => Array.from({ length: WIDE_STEPS }, () => one);

export function storeStartPayloadContract(bench: () => Bench): void {
  describe('the payload a flow was started with', () => {
    const taken = async (flowId: string) => {
      const { rig, two } = bench();
      await rig.age(10_001);
      return (await two.store.outboxTake(500)).filter((row) => row.flowId === flowId);
    };

    for (const [size, payload] of [
      ['large', largePayload(50_000)],
      ['small', '{"text":"ü"}'],
    ] as const)
      test(`${size}: each of many steps gets the whole message, whoever publishes it`, async () => {
        const { one, fresh } = bench();
        const recipe = await register(one.store, wide(fresh('wide')));
        const flowId = fresh('flow');
        const { outbox } = await begin(one.store, flowId, recipe, payload);
        expect(outbox).toHaveLength(WIDE_STEPS);
        const left = await taken(flowId);
        expect(left.map(wholeValue).join() === outbox.map(wholeValue).join()).toBe(true);
        expect(payloadsOf(left, payload)).toEqual(all('the payload'));
        await bench().two.store.outboxSent(left);
      });

    test('is the input of each step for whoever goes on with the flow, and stays it through retries and UNDOs', async () => {
      const { one, two, fresh } = bench();
      const recipe = await register(one.store, wide(fresh('wide')));
      const [flowId, payload] = [fresh('flow'), largePayload(5_000)];
      await begin(one.store, flowId, recipe, payload);
      const loaded = await two.store.road((tx) => lockOne(tx, flowId));
      expect(loaded.steps.map(({ input }) => named(payload)(input))).toEqual(all('the payload'));
      await two.store.outboxSent(await taken(flowId));
      const failure = { outcome: 'failure' as const, errorMessage: 'no' };
      await answer(two.store, flowId, 's1', { payload: '{"own":1}' });
      await answer(two.store, flowId, 's2', failure);
      const retried = await taken(flowId);
      expect([retried[0]?.attemptId, payloadsOf(retried, payload)]).toEqual([
        `${flowId}:s2:DO:0:2`,
        ['the payload'],
      ]);
      await two.store.outboxSent(retried);
      await answer(two.store, flowId, 's3', {});
      await answer(two.store, flowId, 's2', { ...failure, retryable: false });
      const undone = await taken(flowId);
      const carried = payloadsOf(undone, payload);
      expect(Object.fromEntries(undone.map((row, n) => [row.attemptId, carried[n]]))).toEqual({
        [`${flowId}:s1:UNDO:1:1`]: '{"own":1}',
        [`${flowId}:s3:UNDO:1:1`]: 'the payload',
      });
      await two.store.outboxSent(undone);
    });

    test('is shown with the flow and with its steps', async () => {
      const { one, fresh } = bench();
      const recipe = await register(one.store, wide(fresh('wide')));
      const [flowId, payload] = [fresh('flow'), largePayload(5_000)];
      await begin(one.store, flowId, recipe, payload);
      const shown = [
        (await one.readModel.flows([flowId])).get(flowId),
        (await one.readModel.history({ orchestrationName: recipe.name }, 5, null)).items[0]?.item,
      ];
      for (const flow of shown) {
        expect(named(payload)(flow?.input)).toBe('the payload');
        expect(flow?.steps.map(({ input }) => named(payload)(input))).toEqual(all('the payload'));
      }
    });
  });
}
