/** The state of a step in words, for the refusal of an operator action. */
import { type Flow, isTerminal, type StepRun } from './flow.js';
import { needsUndo } from './undo.js';

/** Continues a sentence that begins with the step's name: `createRealm is undone`. */
export function stateOf(flow: Flow, step: StepRun): string {
  const { status, open, definition } = step;
  if (isTerminal(flow.status) && flow.status !== 'FAILED')
    return `is ${status} in a flow that is ${flow.status}`;
  if (step.skipped) return 'was settled by an operator already';
  if (open !== null) return `waits for the answer to ${open.action} attempt ${open.attempt}`;
  if (step.nextAttemptAt !== null) return 'is between two attempts';
  if (status === 'PENDING') return 'was not sent';
  if (status === 'UNDO_SUCCESS') return 'is undone';
  if (status === 'DO_SUCCESS' && flow.status === 'IN_PROGRESS') return 'is done';
  if (status === 'DO_SUCCESS' && definition.undo === 'none') return 'is done and has no UNDO';
  return needsUndo(step)
    ? 'is still to be undone, and its UNDO was not given up'
    : 'failed, and there is nothing of it to undo';
}
