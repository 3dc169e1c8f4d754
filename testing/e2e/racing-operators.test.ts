/**
 * Two operators do the same at one moment, each on a gateway of their own: one of them does it, the
 * other is refused with the reason.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { FlowResult } from '../../src/engine/service.js';
import type { OperatorInput } from '../../src/saga/input.js';
import { undoPlan } from '../../src/saga/undo-plan.js';
import { type Assembled, openAssembled } from '../kit/assembled.js';
import { testDatabase } from '../kit/postgres.js';
import { openScriptedWorker } from '../kit/scripted-worker.js';
import { testBrokers, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const stack = new AsyncDisposableStack();
const brokers = testBrokers().split(',');
const name = `raced-${unique()}`;
let gateways: readonly [Assembled, Assembled];

beforeAll(async () => {
  const database = await testDatabase();
  stack.defer(() => database.close());
  const open = (instance: string) =>
    openAssembled({ database, brokers, group: `raced-${name}`, instance });
  gateways = [await open('one'), await open('two')];
  for (const gateway of gateways) stack.defer(() => gateway.close());
  const steps = [{ seq: 1, name: 'charge', maxRetries: 0 }];
  const document = { orchestrationName: name, as: 'initiator', type: 'sequential', steps };
  const held = { ...document, onRetriesExhausted: 'hold' };
  await gateways[0].register(JSON.stringify(held));
}, 120_000);
afterAll(() => stack.disposeAsync(), 60_000);

type Act = OperatorInput extends infer I ? (I extends unknown ? Omit<I, 'flowId'> : never) : never;
const by = (actor: string) => ({ actor, reason: 'the partner is back' });

/** The same by both at once: what the one was refused with, and the flow afterwards. */
async function raced(flowId: string, act: (actor: string) => Act) {
  const results = await Promise.all(
    gateways.map(({ engine }, index): Promise<FlowResult> => {
      const input = { ...act(index === 0 ? 'ann' : 'bob'), flowId } as OperatorInput;
      return engine.applyOperatorAction(input);
    }),
  );
  const problems = results.flatMap((result) => result.problems);
  expect(problems).toHaveLength(1);
  const flow = (await gateways[0].read.flows([flowId])).get(flowId);
  return { refused: problems[0], flow };
}

test('pauseFlow and resumeFlow: the second is refused, it is paused or resumed already', async () => {
  const flowId = await gateways[0].start(name);
  const paused = await raced(flowId, (actor) => ({ ...by(actor), type: 'PAUSE' }));
  expect(paused).toMatchObject({
    refused: { code: 'NOT_ALLOWED', message: 'the flow is paused already' },
    flow: { paused: true },
  });
  const resumed = await raced(flowId, (actor) => ({ ...by(actor), type: 'RESUME' }));
  expect(resumed).toMatchObject({
    refused: { code: 'NOT_ALLOWED', message: 'the flow is not paused' },
    flow: { paused: false },
  });
});

test('retryStep and skipStep of a held step: it is sent once more, once', async () => {
  const worker = await openScriptedWorker({
    ...{ brokers, groupId: `worker-${name}`, topics: [`orchestrator.${name}.charge.do`] },
    onCommand: ({ answer }) => answer({ status: false, errorMessage: 'no money' }),
  });
  const flowId = await gateways[0].start(name);
  const isHeld = () =>
    until('it is held', async () => (await gateways[1].read.flows([flowId])).get(flowId)?.held);
  await isHeld();
  await worker.close();
  const stepName = 'charge';
  const retried = await raced(flowId, (actor) => ({ ...by(actor), type: 'RETRY_STEP', stepName }));
  expect(retried).toMatchObject({
    refused: {
      code: 'NOT_ALLOWED',
      message: 'charge waits for the answer to DO attempt 2: there is nothing to retry',
    },
    flow: { held: false, steps: [{ attempt: 2, status: 'IN_PROGRESS' }] },
  });
});

test('undoFlow by one plan, and cancelFlow: the flow is turned around once', async () => {
  const flowId = await gateways[0].start(name);
  const flow = (await gateways[1].read.flows([flowId])).get(flowId);
  if (flow === undefined) throw new Error('it was not started');
  const planHash = undoPlan(flow).hash;
  const undone = await raced(flowId, (actor) => ({ ...by(actor), type: 'UNDO_FLOW', planHash }));
  expect(undone.refused).toMatchObject({ code: 'PLAN_CHANGED' });
  const cancelled = await raced(await gateways[0].start(name), (actor) => ({
    ...by(actor),
    ...{ type: 'CANCEL', undo: true },
  }));
  expect(cancelled.refused?.code).toMatch(/^(NOT_ALLOWED|FLOW_ENDED)$/);
});

test('pauseOrchestration: the second learns who was first', async () => {
  const results = await Promise.all(
    gateways.map(({ engine }, index) => {
      const actor = index === 0 ? 'ann' : 'bob';
      return engine.changeStanding({ name, verb: 'PAUSE', queuesStarts: false, ...by(actor) });
    }),
  );
  const problems = results.flatMap((result) => result.problems);
  expect(problems).toEqual([
    expect.objectContaining({
      code: 'NOT_ALLOWED',
      message: expect.stringMatching(
        /^the orchestration is paused already, by (ann|bob): the partner is back$/,
      ),
    }),
  ]);
});
