/** What is true of a step without an open command. */
import { expect, test } from '@jest/globals';
import { start } from '../../src/saga/advance.js';
import type { EventBody } from '../../src/saga/event.js';
import { evolve } from '../../src/saga/evolve.js';
import type { Flow, StepRun } from '../../src/saga/flow.js';
import { stateOf } from '../../src/saga/step-state.js';
import { sequential } from '../kit/builders.js';

const NOW = 1_767_225_600_000;
const { orchestration } = sequential('two', 'a', 'b');
const { flow } = start(
  {
    type: 'START',
    flowId: 'f1',
    orchestration,
    payload: null,
    headers: {},
    initiator: null,
    idempotencyKey: null,
  },
  NOW,
);
const pending = flow.steps[1] as StepRun;

test.each<EventBody>([
  {
    type: 'COMMAND_RESENT',
    stepName: 'b',
    action: 'DO',
    attempt: 1,
    round: 0,
    deadline: NOW,
    actor: 'ann',
    reason: 'lost',
  },
  { type: 'RESEND_WITHDRAWN', stepName: 'b', action: 'DO', attempt: 1, round: 0 },
])('$type opens no command where none is open', (event) => {
  expect(evolve(flow, event, NOW).steps[1]).toEqual(pending);
});

test('a step that is over is described by what was done last', () => {
  const undoing: Flow = { ...flow, status: 'UNDOING' };
  expect(stateOf(undoing, { ...pending, status: 'UNDO_SUCCESS' })).toBe('is undone');
  expect(stateOf(flow, { ...pending, status: 'DO_SUCCESS' })).toBe('is done');
  const kept = { ...pending, definition: { ...pending.definition, undo: 'none' as const } };
  expect(stateOf(undoing, { ...kept, status: 'DO_SUCCESS' })).toBe('is done and has no UNDO');
  expect(stateOf({ ...flow, status: 'COMPLETED' }, { ...pending, status: 'DO_SUCCESS' })).toBe(
    'is DO_SUCCESS in a flow that is COMPLETED',
  );
  expect(stateOf(undoing, { ...pending, skipped: true })).toBe(
    'was settled by an operator already',
  );
  const waiting: StepRun = { ...pending, status: 'DO_FAIL', nextAttemptAt: NOW };
  expect(stateOf(flow, waiting)).toBe('is between two attempts');
});
