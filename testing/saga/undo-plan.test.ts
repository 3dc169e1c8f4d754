/** Why each step is undone or not, its payload, and what the hash is true of. */
import { expect, test } from '@jest/globals';
import { advance, start } from '../../src/saga/advance.js';
import type { Flow, StepRun } from '../../src/saga/flow.js';
import { undoPlan } from '../../src/saga/undo-plan.js';
import { parallel, type Recipe, sequential } from '../kit/builders.js';

const NOW = 1_767_225_600_000;

function flowOf(
  { orchestration }: Recipe,
  steps: Readonly<Record<string, Partial<StepRun>>>,
): Flow {
  const { flow } = start(
    {
      ...{ type: 'START', flowId: 'f1', orchestration, payload: '"in"', headers: {} },
      ...{ initiator: null, idempotencyKey: null },
    },
    NOW,
  );
  return {
    ...flow,
    steps: flow.steps.map((step) => ({ ...step, open: null, ...steps[step.definition.name] })),
  };
}

const done = { status: 'DO_SUCCESS', attempt: 1, input: '"i"', output: '"o"' } as const;
const reasons = (flow: Flow) =>
  Object.fromEntries(undoPlan(flow).steps.map(({ stepName, reason }) => [stepName, reason]));

test('each step has its reason, its place and its payload', () => {
  const recipe = parallel('p', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
    .step('f', { undo: 'none' })
    .step('h', { undo: 'always' });
  const flow = flowOf(recipe, {
    a: done,
    b: { ...done, output: null },
    c: { status: 'DO_FAIL', attempt: 1, unknown: true },
    d: {
      status: 'IN_PROGRESS',
      attempt: 1,
      open: { action: 'DO', attempt: 1, round: 0, deadline: NOW },
    },
    e: { ...done, skipped: true },
    f: done,
    g: { status: 'DO_FAIL', attempt: 1 },
    h: { status: 'DO_FAIL', attempt: 1, nextAttemptAt: NOW + 1 },
  });
  const { steps, flowId } = undoPlan(flow);
  expect(flowId).toBe('f1');
  expect(
    steps.map(({ order, stepName, payload, willUndo }) => [order, stepName, payload, willUndo]),
  ).toEqual([
    [1, 'h', '"in"', true],
    [2, 'c', '"in"', true],
    [3, 'b', '"i"', true],
    [4, 'a', '"o"', true],
    [5, 'd', '"in"', true],
    [0, 'e', null, false],
    [0, 'f', null, false],
    [0, 'g', null, false],
  ]);
  expect(reasons(flow)).toEqual({
    a: 'it is done',
    b: 'it is done',
    c: 'it may be done: an attempt was not answered, or not readably',
    d: 'its DO is in flight: it is undone unless the worker answers that it failed',
    e: 'an operator settled it by hand',
    f: 'its document has undo: none',
    g: 'every attempt was answered with a failure',
    h: 'its document has undo: always',
  });
});

test('a step of which no command could be published is not undone, also with undo: always', () => {
  const neverSent = { status: 'DO_FAIL', attempt: 1, neverSent: true } as const;
  const recipe = sequential('s', 'a', 'b').step('b', { undo: 'always' });
  const flow = flowOf(recipe, { a: done, b: neverSent });
  expect(reasons(flow)).toEqual({ a: 'it is done', b: 'no command of it could be published' });
});

test('of a flow that undoes: what has begun comes first, and backoffs are waited for', () => {
  const flow: Flow = {
    ...flowOf(sequential('s', 'a', 'b', 'c', 'd', 'e'), {
      a: done,
      b: { ...done, status: 'UNDO_FAIL', round: 1, undoAttempt: 1, nextAttemptAt: NOW + 50 },
      c: { ...done, status: 'UNDO_SUCCESS' },
      d: { ...done, status: 'UNDO_FAIL', undoExhausted: true, round: 1, undoAttempt: 1 },
      e: { status: 'PENDING' },
    }),
    status: 'UNDOING',
    failureReason: 'boom',
  };
  expect(undoPlan(flow).steps.map(({ order, stepName }) => [order, stepName])).toEqual([
    [1, 'b'],
    [2, 'a'],
    [0, 'c'],
    [0, 'd'],
    [0, 'e'],
  ]);
  expect(reasons(flow)).toMatchObject({
    b: 'its UNDO has begun',
    c: 'it is undone already',
    d: 'every attempt was answered with a failure',
    e: 'it was not sent',
  });
});

test('of a flow that cannot be undone every step has the refusal for a reason', () => {
  const flow: Flow = { ...flowOf(sequential('s', 'a', 'b'), { a: done }), status: 'CANCELLED' };
  expect(undoPlan(flow).steps).toEqual(
    ['a', 'b'].map((stepName) => ({
      ...{ order: 0, stepName, payload: null, willUndo: false },
      reason: 'the flow is CANCELLED',
    })),
  );
});

test('making a plan changes nothing, and the hash of another state is another one', () => {
  const flow = flowOf(sequential('s', 'a', 'b'), { a: done });
  const before = structuredClone(flow);
  const { hash } = undoPlan(flow);
  expect(flow).toEqual(before);
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  const changes: Partial<StepRun>[] = [
    ...[
      { status: 'UNDO_SUCCESS' as const },
      { attempt: 2 },
      { round: 1 },
      { roundOwed: true },
      { neverSent: true },
    ],
    ...[{ unknown: true }, { skipped: true }, { undoExhausted: true }],
  ];
  const hashes = changes.map((change) =>
    undoPlan(flowOf(sequential('s', 'a', 'b'), { a: { ...done, ...change } })),
  );
  expect(new Set([hash, ...hashes.map((plan) => plan.hash)]).size).toBe(changes.length + 1);
  const undo = { type: 'UNDO_FLOW', flowId: 'f1', actor: 'ann', reason: 'r' } as const;
  expect(advance(flow, { ...undo, planHash: `${hash}0` }).refusal?.code).toBe('PLAN_CHANGED');
  expect(advance(flow, { ...undo, planHash: hash }).refusal).toBeNull();
});
