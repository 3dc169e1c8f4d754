/** Which steps an UNDO is due for. One answer for `next`, `evolve` and `accept`. */
import type { Flow, StepRun } from './flow.js';

/** Rule 4: undone unless every DO that was sent for it was answered with a failure. */
export function needsUndo(step: StepRun): boolean {
  if (step.skipped || step.definition.undo === 'none') return false;
  if (step.status === 'DO_SUCCESS') return true;
  if (step.status !== 'DO_FAIL' && step.status !== 'RETRY_EXHAUSTED') return false;
  return step.unknown || step.definition.undo === 'always';
}

/** It needs an UNDO and none is open: what the flow would undo next, if nothing stood in the way. */
export function awaitsUndo(step: StepRun): boolean {
  return step.open === null && needsUndo(step);
}

/** Rule 10: at most this many rounds since an operator last acted. */
export function roundsLeft(step: StepRun): number {
  return Math.max(step.definition.undoMaxRetries, 2) + 1 - (step.round - step.roundBase);
}

/** Its UNDO may start: `stop` halts the others, not a step that an operator named (rules.md#undo-exhausted). */
export function mayUndo(flow: Flow, step: StepRun): boolean {
  return awaitsUndo(step) && (!flow.halted || step.undoRequested);
}

/** A FAILED flow has something to go on with: a step to undo, or nothing that failed any more. */
export function canResume(steps: readonly StepRun[]): boolean {
  return steps.some(awaitsUndo) || !steps.some((step) => step.undoExhausted);
}
