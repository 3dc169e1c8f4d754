/** The fold, as far as it concerns the UNDO of one step; and what DO and UNDO share. */
import type { EventBody } from './event.js';
import type { Instant, StepRun } from './flow.js';

export function evolveUndo(step: StepRun, event: EventBody, at: Instant): StepRun {
  switch (event.type) {
    case 'UNDO_SENT':
      return undoSent(step, event, at);
    case 'UNDO_SUCCEEDED':
      // A step that owes a round may have been done again since (rules.md#late-success).
      return {
        ...answered(step),
        ...settled,
        status: step.roundOwed ? 'DO_SUCCESS' : 'UNDO_SUCCESS',
        roundOwed: step.roundOwed,
        undoneAt: at,
      };
    case 'UNDO_FAILED':
      return {
        ...answered(step),
        status: 'UNDO_FAIL',
        final: event.final,
        errorMessage: event.errorMessage,
        errorCode: event.errorCode,
      };
    case 'UNDO_WITHDRAWN':
      return { ...answered(step), status: beforeUndo(step, event.attempt) };
    case 'UNDO_RETRIES_EXHAUSTED':
      return event.reason === 'RETRIES' ? { ...step, undoExhausted: true } : outOfRounds(step);
    case 'UNDO_ROUND_OWED':
      return { ...step, roundOwed: true, output: event.output ?? step.output };
    default:
      return step;
  }
}

function undoSent(
  step: StepRun,
  event: EventBody & { readonly type: 'UNDO_SENT' },
  at: Instant,
): StepRun {
  const { attempt, round, deadline } = event;
  return {
    ...sent(step, at),
    status: 'UNDOING',
    round,
    undoAttempt: attempt,
    open: { action: 'UNDO', attempt, round, deadline },
    roundOwed: step.roundOwed && round === step.round,
    undoRequested: false,
    endedAt: step.endedAt,
  };
}

function outOfRounds(step: StepRun): StepRun {
  return {
    ...step,
    status: 'UNDO_FAIL',
    undoExhausted: true,
    roundOwed: true,
    undoRequested: false,
    errorMessage: 'a late success came after the last UNDO round',
  };
}

/** A fresh round is due. */
export const AGAIN = {
  status: 'DO_SUCCESS',
  undoExhausted: false,
  roundOwed: false,
  undoRequested: true,
} as const;

export const settled = {
  undoExhausted: false,
  roundOwed: false,
  undoRequested: false,
  errorMessage: null,
  errorCode: null,
} as const;

/**
 * The status of a step whose UNDO was never sent: after an earlier attempt it failed, else it is
 * done, or may be.
 */
function beforeUndo(step: StepRun, attempt: number): StepRun['status'] {
  if (attempt > 1) return 'UNDO_FAIL';
  const failed = step.errorMessage !== null || step.errorCode !== null;
  return step.unknown || failed ? 'DO_FAIL' : 'DO_SUCCESS';
}

export function sent(step: StepRun, at: Instant): StepRun {
  return {
    ...step,
    nextAttemptAt: null,
    final: false,
    startedAt: step.startedAt ?? at,
    endedAt: null,
    // progressAt stays: progress is shown at most once per second and step, whichever attempt
    // reports it.
    progress: null,
    progressMessage: null,
  };
}

export function answered(step: StepRun): StepRun {
  return { ...step, open: null, nextAttemptAt: null, final: false };
}
