/**
 * Policies over the whole way: set by an operator, read with the version at a start, kept with the
 * flow, whatever comes after.
 */
import { describe, expect, test } from '@jest/globals';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import { Policies } from '../../src/engine/operations/policies.js';
import type { Delivery, Store } from '../../src/engine/ports.js';
import type { PolicyRequest } from '../../src/engine/service.js';
import { silent } from '../../src/observability/log.js';
import type { Flow } from '../../src/saga/flow.js';
import { createWire } from '../../src/wire/outgoing.js';
import type { Bench } from './store.js';
import { orchestration, register, stepDefinition } from './store-builders.js';

const wire = createWire({ commandTypeId: null, source: '/test' });

/** Two steps, three retries, no waits. */
const recipe = (name: string, version = 1) =>
  orchestration(name, {
    version,
    steps: ['createRealm', 'createUser'].map((step, index) => {
      const backoff = { initialMs: 0, factor: 2, maxMs: 1000, jitter: 'none' } as const;
      return stepDefinition(index + 1, step, { backoff, undoBackoff: backoff });
    }),
    description: `version ${version}`,
  });

function requestOf(orchestrationName: string, values: Partial<PolicyRequest> = {}): PolicyRequest {
  return {
    orchestrationName,
    stepName: null,
    maxRetries: null,
    undoMaxRetries: null,
    timeoutMs: null,
    undoTimeoutMs: null,
    backoff: null,
    actor: 'ann',
    reason: 'the partner is slow',
    ...values,
  };
}

const set = (store: Store, name: string, values: Partial<PolicyRequest> = {}) =>
  new Policies(store, wire, silent('registry')).set(requestOf(name, values));

/** By the road: looked up, begun, recorded. */
async function begin(store: Store, orchestrationName: string, flowId: string): Promise<void> {
  const start = {
    flowId,
    orchestrationName,
    payload: '{}',
    headers: {},
    initiator: null,
    idempotencyKey: null,
  };
  await unitOfWork({ store, wire }, [{ from: 'caller', kind: 'start', start }], true);
}

/** The open command of createRealm fails; how many commands there were so far. */
async function fail(store: Store, flowId: string): Promise<Flow | null> {
  const delivery: Delivery = {
    from: 'caller',
    kind: 'input',
    input: {
      type: 'REPLY',
      flowId,
      stepName: 'createRealm',
      action: null,
      outcome: 'failure',
      attemptId: null,
      payload: null,
      errorMessage: 'no',
      errorCode: null,
      retryable: true,
    },
  };
  const tick: Delivery = { from: 'timer', kind: 'input', input: { type: 'TICK', flowId } };
  const { outcomes } = await unitOfWork({ store, wire }, [delivery, tick], true);
  const last = outcomes.at(-1);
  return last?.kind === 'recorded' ? last.flow : null;
}

/** Commands of createRealm until it is given up. */
async function commandsOf(store: Store, flowId: string): Promise<number> {
  for (let times = 0; times < 20; times++) {
    const flow = await fail(store, flowId);
    const step = flow?.steps[0];
    if (step?.status === 'RETRY_EXHAUSTED') return step.attempt;
  }
  throw new Error(`${flowId} has no end`);
}

export function storePoliciesContract(bench: () => Bench): void {
  describe('policies', () => {
    test('are kept with who, why and when; set again they are replaced, set to nothing they go', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('policed');
      await register(one.store, recipe(name));
      await set(one.store, name, { stepName: 'createUser', maxRetries: 0, timeoutMs: 31_536e6 });
      await set(one.store, name, { stepName: 'createUser', maxRetries: 9, actor: 'bob' });
      const backoff = { initialMs: 1, jitter: 'full' } as const;
      const { row, problems } = await set(two.store, name, { backoff });
      expect(problems).toEqual([]);
      const shown = await one.store.orchestration(name, null);
      expect(shown?.orchestration).toEqual(recipe(name));
      const own = requestOf(name, { stepName: 'createUser', maxRetries: 9, actor: 'bob' });
      const all = requestOf(name, { backoff });
      const kept = [all, own].map(({ orchestrationName: _, ...values }, index) => ({
        ...values,
        at: shown?.policies[index]?.at,
      }));
      expect(shown?.policies).toEqual(kept);
      expect(shown?.policies[0]?.at).toBeGreaterThan(1_700_000_000_000);
      expect(row).toEqual(shown);
      const page = await two.readModel.orchestrations(name, 1, null);
      expect(page.items[0]?.item.policies).toEqual(kept);
      await set(one.store, name);
      await set(one.store, name, { stepName: 'createUser' });
      expect((await two.store.orchestration(name, null))?.policies).toEqual([]);
    });

    test('a new version keeps them, older versions show them, and the policy of a step that is gone can be removed', async () => {
      const { one, fresh } = bench();
      const name = fresh('policed');
      await register(one.store, recipe(name));
      await set(one.store, name, { stepName: 'createUser', maxRetries: 0 });
      const { steps } = recipe(name);
      await register(one.store, { ...recipe(name, 2), steps: steps.slice(0, 1) });
      for (const version of [null, 1, 2])
        expect((await one.store.orchestration(name, version))?.policies).toMatchObject([
          { stepName: 'createUser', maxRetries: 0 },
        ]);
      expect((await set(one.store, name, { stepName: 'createUser' })).problems).toEqual([]);
      expect((await one.store.orchestration(name, null))?.policies).toEqual([]);
      expect((await set(one.store, name, { stepName: 'createUser' })).problems).toMatchObject([
        { code: 'UNKNOWN_STEP' },
      ]);
    });

    test('of a name or a step that is not registered are refused with suggestions', async () => {
      const { one, fresh } = bench();
      const name = `policed${fresh('').replace('-', '')}`;
      await register(one.store, recipe(name));
      const unknown = await set(one.store, `${name}x`, { maxRetries: 1 });
      expect(unknown).toMatchObject({
        row: null,
        problems: [{ code: 'UNKNOWN_ORCHESTRATION', path: 'orchestrationName' }],
      });
      expect(unknown.problems[0]?.suggestions).toContain(name);
      expect(await set(one.store, name, { stepName: 'createUsers' })).toMatchObject({
        row: { policies: [] },
        problems: [{ code: 'UNKNOWN_STEP', path: 'stepName', suggestions: ['createUser'] }],
      });
    });

    test('set at one moment all count', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('policed');
      await register(one.store, recipe(name));
      await Promise.all([
        set(one.store, name, { maxRetries: 1 }),
        set(two.store, name, { stepName: 'createRealm', maxRetries: 2 }),
        set(one.store, name, { stepName: 'createUser', maxRetries: 3 }),
      ]);
      const row = await two.store.orchestration(name, null);
      expect(row?.policies.map(({ maxRetries }) => maxRetries)).toEqual([1, 2, 3]);
    });

    test('a flow keeps the budget it started with, also on another gateway; one that starts afterwards has the new one, also after a new version', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('policed');
      const flows = ['plain', 'fewer', 'more', 'registered', 'again'].map((flow) => fresh(flow));
      const [plain = '', fewer = '', more = '', registered = '', again = ''] = flows;
      await register(one.store, recipe(name));
      await begin(one.store, name, plain);
      await set(one.store, name, { maxRetries: 1, undoTimeoutMs: 77 });
      await begin(one.store, name, fewer);
      await set(two.store, name, { stepName: 'createRealm', maxRetries: 5 });
      await begin(one.store, name, more);
      await register(one.store, recipe(name, 2));
      await begin(two.store, name, registered);
      await set(one.store, name);
      await set(one.store, name, { stepName: 'createRealm' });
      await begin(two.store, name, again);

      const read = await two.readModel.flows(flows);
      const shown = flows.map((flow) => read.get(flow)?.steps.map(({ definition }) => definition));
      expect(shown.map((steps) => steps?.map(({ maxRetries }) => maxRetries))).toEqual([
        [3, 3],
        [1, 1],
        [5, 1],
        [5, 1],
        [3, 3],
      ]);
      expect(shown.map((steps) => steps?.[0]?.undoTimeoutMs)).toEqual([
        200_000, 77, 77, 77, 200_000,
      ]);
      expect(read.get(registered)?.orchestration).toMatchObject({
        version: 2,
        policies: [{ maxRetries: 1 }, { stepName: 'createRealm', maxRetries: 5 }],
      });
      expect(read.get(again)?.orchestration).toEqual(recipe(name, 2));
      // On the gateway that did not start it: it has the flow from the rows.
      expect([
        await commandsOf(two.store, plain),
        await commandsOf(two.store, fewer),
        await commandsOf(two.store, more),
        await commandsOf(one.store, registered),
        await commandsOf(one.store, again),
      ]).toEqual([4, 2, 6, 6, 4]);
    });
  });
}
