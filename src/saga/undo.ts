/** Which steps need an UNDO; `next`, `evolve` and `accept` all decide it here. */
import type { Flow, StepRun } from './flow.js';

/**
 * Undone unless every DO that was sent for it was answered with a failure
 * (rules.md#what-is-undone).
 */
export function needsUndo(step: StepRun): boolean {
  if (step.skipped || step.definition.undo === 'none') return false;
  if (step.status === 'DO_SUCCESS') return true;
  if (step.status !== 'DO_FAIL' && step.status !== 'RETRY_EXHAUSTED') return false;
  return step.unknown || (step.definition.undo === 'always' && !step.neverSent);
}

/** It needs an UNDO, and no command of it is open. */
export function awaitsUndo(step: StepRun): boolean {
  return step.open === null && needsUndo(step);
}

/**
 * How many UNDO rounds it may still begin; rounds count from the last operator action
 * (rules.md#late-success).
 */
export function roundsLeft(step: StepRun): number {
  return Math.max(step.definition.undoMaxRetries, 2) + 1 - (step.round - step.roundBase);
}

/**
 * Its UNDO may start: `stop` halts the others, not a step that an operator named
 * (rules.md#undo-exhausted).
 */
export function mayUndo(flow: Flow, step: StepRun): boolean {
  return awaitsUndo(step) && (!flow.halted || step.undoRequested);
}

/** Whether a FAILED flow can go on: a step awaits its UNDO, or no UNDO is exhausted any more. */
export function canResume(steps: readonly StepRun[]): boolean {
  return steps.some(awaitsUndo) || !steps.some((step) => step.undoExhausted);
}
