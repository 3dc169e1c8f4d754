/**
 * Given only what is true, what follows by itself: one event, or nothing. Takes no input; a stored flow is settled — `next` of it is
 * null. The order of questions matters: verdicts before sends, sends before ends.
 */
import type { EventBody } from './event.js';
import {
  attemptIdOf,
  type Flow,
  type Instant,
  isTerminal,
  type Payload,
  type StepRun,
} from './flow.js';
import { delayAfter } from './retry.js';
import { awaitsUndo, roundsLeft } from './undo.js';

export function next(flow: Flow): EventBody | null {
  if (flow.status === 'COMPLETED' || flow.status === 'CANCELLED') return null;
  if (isTerminal(flow.status)) return reopen(flow);
  for (const step of flow.steps) {
    const verdict = judge(flow, step);
    if (verdict !== null) return verdict;
  }
  return flow.status === 'IN_PROGRESS' ? forward(flow) : backward(flow);
}

/** UNDONE is left for a late success, FAILED when what stood in the way is gone (rules 6 and 10). */
function reopen(flow: Flow): EventBody | null {
  if (flow.status === 'UNDONE' ? !flow.steps.some(awaitsUndo) : flow.halted) return null;
  return { type: 'FLOW_REOPENED', actor: null, reason: 'there is something to undo again' };
}

/** A failed attempt is retried or exhausted; decided while paused, too (rule 12). */
function judge(flow: Flow, step: StepRun): EventBody | null {
  if (step.open !== null || step.nextAttemptAt !== null) return null;
  const { definition, attempt } = step;
  const stepName = definition.name;
  if (step.status === 'DO_FAIL' && flow.status === 'IN_PROGRESS') {
    const used = attempt - step.attemptBase;
    if (step.final || used > definition.maxRetries)
      return { type: 'DO_RETRIES_EXHAUSTED', stepName };
    const wait = delayAfter(
      definition.backoff,
      used,
      attemptIdOf(flow.flowId, stepName, 'DO', 0, attempt),
    );
    return {
      type: 'DO_RETRY_SCHEDULED',
      stepName,
      attempt: attempt + 1,
      nextAttemptAt: flow.now + wait,
    };
  }
  if (step.status === 'UNDO_FAIL' && !step.undoExhausted) {
    const { round, undoAttempt } = step;
    if (step.final || undoAttempt > definition.undoMaxRetries)
      return { type: 'UNDO_RETRIES_EXHAUSTED', stepName, reason: 'RETRIES' };
    const wait = delayAfter(
      definition.undoBackoff,
      undoAttempt,
      attemptIdOf(flow.flowId, stepName, 'UNDO', round, undoAttempt),
    );
    return {
      type: 'UNDO_RETRY_SCHEDULED',
      stepName,
      attempt: undoAttempt + 1,
      round,
      nextAttemptAt: flow.now + wait,
    };
  }
  return null;
}

function forward(flow: Flow): EventBody | null {
  const exhausted = flow.steps.find((step) => step.status === 'RETRY_EXHAUSTED');
  if (exhausted !== undefined && flow.orchestration.onRetriesExhausted === 'undo')
    return turnedBy(exhausted);
  if (exhausted !== undefined && !flow.held)
    return { type: 'FLOW_HELD', stepName: exhausted.definition.name };
  if (exhausted === undefined && flow.held) return { type: 'FLOW_RELEASED' };
  const undone = flow.steps.filter((step) => step.status !== 'DO_SUCCESS');
  if (undone.length === 0) return { type: 'FLOW_COMPLETED', output: outputOf(flow) };
  if (flow.paused || flow.held || flow.orchestrationPaused) return null;
  const mayGo = flow.orchestration.type === 'SEQUENTIAL' ? undone.slice(0, 1) : undone;
  const step = mayGo.find((one) => one.status === 'PENDING' || isDue(one, flow.now));
  return step === undefined ? null : sendDo(flow, step);
}

function turnedBy(step: StepRun): EventBody {
  const why = step.errorMessage ?? step.errorCode ?? 'no reason given';
  const failureReason = `${step.definition.name} failed: ${why}`;
  return {
    type: 'FLOW_TURNED_AROUND',
    cause: 'RETRIES_EXHAUSTED',
    stepName: step.definition.name,
    failureReason,
    actor: null,
  };
}

function isDue(step: StepRun, now: Instant): boolean {
  return step.nextAttemptAt !== null && step.nextAttemptAt <= now;
}

function sendDo(flow: Flow, step: StepRun): EventBody {
  const { name, timeoutMs } = step.definition;
  return {
    type: 'DO_SENT',
    stepName: name,
    attempt: step.attempt + 1,
    deadline: flow.now + timeoutMs,
  };
}

function backward(flow: Flow): EventBody | null {
  const withdrawn = flow.steps.find((step) => isUngivenDo(flow, step));
  if (withdrawn?.open)
    return {
      type: 'DO_WITHDRAWN',
      stepName: withdrawn.definition.name,
      attempt: withdrawn.open.attempt,
    };
  const sending = flow.paused ? null : undoNext(flow);
  if (sending !== null) return sending;
  const busy = flow.steps.some((step) => step.open !== null || step.nextAttemptAt !== null);
  if (busy || (!flow.halted && flow.steps.some(awaitsUndo))) return null;
  return endOf(flow);
}

function isUngivenDo(flow: Flow, step: StepRun): boolean {
  if (step.open?.action !== 'DO' || flow.ungiven.length === 0) return false;
  return flow.ungiven.includes(
    attemptIdOf(flow.flowId, step.definition.name, 'DO', 0, step.open.attempt),
  );
}

/** Sequential: highest seq first, one at a time, and not before every DO was answered (rules 3 and 11). Parallel: all at once. */
function undoNext(flow: Flow): EventBody | null {
  const sequential = flow.orchestration.type === 'SEQUENTIAL';
  if (sequential && flow.steps.some((step) => step.open !== null)) return null;
  const due = flow.steps.find((step) => isDue(step, flow.now));
  if (due !== undefined) return sendUndo(flow, due, due.round, due.undoAttempt + 1);
  if (flow.halted || (sequential && flow.steps.some((step) => step.nextAttemptAt !== null)))
    return null;
  const waiting = flow.steps.filter(awaitsUndo);
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

/** Sequential: what the last step passes on; parallel: an object of every step's output. */
function outputOf(flow: Flow): Payload {
  if (flow.orchestration.type === 'PARALLEL') {
    return `{${flow.steps.map((step) => `${JSON.stringify(step.definition.name)}:${step.output ?? 'null'}`).join(',')}}`;
  }
  return flow.steps.reduce<Payload>((_, step) => step.output ?? step.input, flow.input);
}
