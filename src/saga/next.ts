/**
 * Given only what is true, what follows by itself: one event, or nothing. Takes no input; a stored flow is settled — `next` of it is
 * null. The order of questions matters: verdicts before sends, sends before ends.
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
    const verdict = judge(flow, step);
    if (verdict !== null) return verdict;
  }
  return flow.status === 'IN_PROGRESS' ? forward(flow) : backward(flow);
}

/** UNDONE is left for a late success, FAILED when what stood in the way is gone (rules.md#undo-exhausted, #late-success). */
function reopen(flow: Flow): EventBody | null {
  const waiting = flow.steps.filter(awaitsUndo);
  if (flow.status === 'UNDONE' ? waiting.length === 0 : flow.halted) return null;
  const stepName = waiting[waiting.length - 1]?.definition.name ?? null;
  const reason = 'there is something to undo again';
  return { type: 'FLOW_REOPENED', stepName, actor: null, reason };
}

/** A failed attempt is retried or exhausted; decided while paused, too (rules.md#pause-and-skip). */
function judge(flow: Flow, step: StepRun): EventBody | null {
  if (step.open !== null || step.nextAttemptAt !== null) return null;
  if (step.status === 'DO_FAIL' && flow.status === 'IN_PROGRESS') return judgeDo(flow, step);
  return step.status === 'UNDO_FAIL' && !step.undoExhausted ? judgeUndo(flow, step) : null;
}

function judgeDo(flow: Flow, step: StepRun): EventBody {
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

function judgeUndo(flow: Flow, step: StepRun): EventBody {
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
