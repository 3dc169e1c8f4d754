/**
 * What follows from the state of a flow alone, without an input: one event, or null. A stored flow
 * is settled: `next` of it is null. The order matters: first what failed is retried or exhausted,
 * then commands are sent, then the flow ends.
 */
import { attemptIdOf } from './attempt-id.js';
import { backward } from './backward.js';
import type { EventBody } from './event.js';
import { type Flow, isTerminal, type StepRun } from './flow.js';
import { forward } from './forward.js';
import { delayAfter } from './retry.js';
import { awaitsUndo } from './undo.js';

export function next(flow: Flow): EventBody | null {
  if (flow.status === 'COMPLETED' || flow.status === 'CANCELLED') return null;
  if (isTerminal(flow.status)) return reopen(flow);
  for (const step of flow.steps) {
    const decided = afterFailure(flow, step);
    if (decided !== null) return decided;
  }
  return flow.status === 'IN_PROGRESS' ? forward(flow) : backward(flow);
}

/**
 * UNDONE is left for a late success, FAILED when nothing halts the UNDO any more
 * (rules.md#undo-exhausted, #late-success).
 */
function reopen(flow: Flow): EventBody | null {
  const waiting = flow.steps.filter(awaitsUndo);
  if (flow.status === 'UNDONE' ? waiting.length === 0 : flow.halted) return null;
  const stepName = waiting[waiting.length - 1]?.definition.name ?? null;
  const reason = 'there is something to undo again';
  return { type: 'FLOW_REOPENED', stepName, actor: null, reason };
}

/**
 * After a failed attempt: the next one is scheduled, or the retries are exhausted. Decided while
 * paused, too (rules.md#pause-and-skip).
 */
function afterFailure(flow: Flow, step: StepRun): EventBody | null {
  if (step.open !== null || step.nextAttemptAt !== null) return null;
  if (step.status === 'DO_FAIL' && flow.status === 'IN_PROGRESS') return afterDoFailure(flow, step);
  return step.status === 'UNDO_FAIL' && !step.undoExhausted ? afterUndoFailure(flow, step) : null;
}

function afterDoFailure(flow: Flow, step: StepRun): EventBody {
  const { definition, attempt } = step;
  const stepName = definition.name;
  const used = attempt - step.attemptBase;
  if (step.final || used > definition.maxRetries) return { type: 'DO_RETRIES_EXHAUSTED', stepName };
  const wait = delayAfter(
    definition.backoff,
    used,
    attemptIdOf(flow.flowId, { stepName, action: 'DO', round: 0, attempt }),
  );
  return {
    type: 'DO_RETRY_SCHEDULED',
    stepName,
    attempt: attempt + 1,
    nextAttemptAt: flow.now + wait,
  };
}

function afterUndoFailure(flow: Flow, step: StepRun): EventBody {
  const { definition, round, undoAttempt } = step;
  const stepName = definition.name;
  if (step.final || undoAttempt > definition.undoMaxRetries)
    return { type: 'UNDO_RETRIES_EXHAUSTED', stepName, reason: 'RETRIES' };
  const wait = delayAfter(
    definition.undoBackoff,
    undoAttempt,
    attemptIdOf(flow.flowId, { stepName, action: 'UNDO', round, attempt: undoAttempt }),
  );
  return {
    type: 'UNDO_RETRY_SCHEDULED',
    stepName,
    attempt: undoAttempt + 1,
    round,
    nextAttemptAt: flow.now + wait,
  };
}
