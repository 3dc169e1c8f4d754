/** What follows by itself while a flow turns around: withdraw, UNDO, or the end. */
import { withdrawalsOf } from './accepted.js';
import type { EventBody } from './event.js';
import type { Flow, StepRun } from './flow.js';
import { isDue } from './retry.js';
import { mayUndo, roundsLeft } from './undo.js';

export function backward(flow: Flow): EventBody | null {
  const [withdrawn] = flow.steps.flatMap((step) =>
    step.open?.action === 'DO' ? withdrawalsOf(flow, step) : [],
  );
  if (withdrawn !== undefined) return withdrawn;
  // Nothing is sent, and the end is decided at resume (rules.md#pause-and-skip).
  if (flow.paused) return null;
  const sending = undoNext(flow);
  if (sending !== null) return sending;
  const busy = flow.steps.some((step) => step.open !== null || step.nextAttemptAt !== null);
  return busy || flow.steps.some((step) => mayUndo(flow, step)) ? null : endOf(flow);
}

/**
 * Sequential: highest seq first, one at a time, and not before every DO was answered
 * (rules.md#undo-order, #turning-around). Parallel: all at once.
 */
function undoNext(flow: Flow): EventBody | null {
  const sequential = flow.orchestration.type === 'SEQUENTIAL';
  if (sequential && flow.steps.some((step) => step.open !== null)) return null;
  const due = flow.steps.find((step) => isDue(step, flow.now));
  if (due !== undefined) return sendUndo(flow, due, due.round, due.undoAttempt + 1);
  if (sequential && flow.steps.some((step) => step.nextAttemptAt !== null)) return null;
  const waiting = flow.steps.filter((step) => mayUndo(flow, step));
  const step = waiting[waiting.length - 1];
  if (step === undefined) return null;
  if (roundsLeft(step) <= 0)
    return { type: 'UNDO_RETRIES_EXHAUSTED', stepName: step.definition.name, reason: 'ROUNDS' };
  return sendUndo(flow, step, step.round + 1, 1);
}

function sendUndo(flow: Flow, step: StepRun, round: number, attempt: number): EventBody {
  const { name, undoTimeoutMs } = step.definition;
  return { type: 'UNDO_SENT', stepName: name, attempt, round, deadline: flow.now + undoTimeoutMs };
}

function endOf(flow: Flow): EventBody {
  const failed = flow.steps.filter((step) => step.undoExhausted);
  if (failed.length === 0) return { type: 'FLOW_UNDONE' };
  const reasons = failed.map(
    (step) =>
      `UNDO of ${step.definition.name} failed: ${step.errorMessage ?? step.errorCode ?? 'no reason given'}`,
  );
  return { type: 'FLOW_FAILED', failureReason: [flow.failureReason, ...reasons].join(' · ') };
}
