/** What of a worker's answer is believed (2-wire.md, "Reply" and rules 4, 8, 10). */
import { type Accepted, fact, failureOf, refuse } from './accepted.js';
import {
  type Action,
  attemptIdOf,
  type Flow,
  isTerminal,
  readAttemptId,
  type StepRun,
} from './flow.js';
import type { ReplyInput } from './input.js';

type Ref = ReturnType<typeof readAttemptId>;

export function acceptReply(flow: Flow, step: StepRun, reply: ReplyInput): Accepted {
  const ref =
    reply.attemptId === null
      ? null
      : readAttemptId(reply.attemptId, flow.flowId, step.definition.name);
  if (reply.attemptId !== null && ref === null)
    return refuse('NOT_SENT', `${reply.attemptId} is no attempt of ${step.definition.name}`);
  const action = actionOf(flow, step, reply, ref);
  if (ref !== null && ref.action !== action)
    return refuse('WRONG_STATE', `${action} answered with the attemptId of ${reply.attemptId}`);
  if (ref !== null && isFuture(step, ref))
    return refuse('NOT_SENT', `${reply.attemptId} was never sent`);
  if (flow.status === 'COMPLETED' || flow.status === 'CANCELLED')
    return refuse('FLOW_ENDED', `the flow is ${flow.status}`);
  if (action === 'UNDO')
    return reply.outcome === 'success'
      ? undoSuccess(step, ref)
      : failure(flow, step, reply, action, ref);
  if (reply.outcome === 'failure') return failure(flow, step, reply, action, ref);
  return reply.outcome === 'unknown'
    ? doUnknown(flow, step, reply, ref)
    : doSuccess(flow, step, reply, ref);
}

function isFuture(step: StepRun, ref: NonNullable<Ref>): boolean {
  if (ref.action === 'DO') return ref.attempt < 1 || ref.attempt > step.attempt;
  return (
    ref.round < 1 ||
    ref.round > step.round ||
    (ref.round === step.round && ref.attempt > step.undoAttempt)
  );
}

function actionOf(flow: Flow, step: StepRun, reply: ReplyInput, ref: Ref): Action {
  if (reply.action === 'FAIL_STEP')
    return ref?.action ?? step.open?.action ?? (step.round > 0 ? 'UNDO' : 'DO');
  // The library's bean error: an UNDO's failure under a DO's attemptId is that DO's failure.
  if (reply.action === 'UNDO' && ref?.action === 'DO' && reply.outcome === 'failure') return 'DO';
  if (reply.action !== null) return reply.action;
  return ref !== null && step.open?.action === 'UNDO' && reply.attemptId === openId(flow, step)
    ? 'UNDO'
    : 'DO';
}

function openId(flow: Flow, step: StepRun): string | null {
  const { open } = step;
  return open === null
    ? null
    : attemptIdOf(flow.flowId, step.definition.name, open.action, open.round, open.attempt);
}

/** A failure answers the open attempt of its action, and no other (rules 4 and 8). */
function failure(flow: Flow, step: StepRun, reply: ReplyInput, action: Action, ref: Ref): Accepted {
  const { open } = step;
  if (isTerminal(flow.status)) return refuse('FLOW_ENDED', `the flow is ${flow.status}`);
  if (ref !== null && reply.attemptId !== openId(flow, step))
    return refuse('STALE_ATTEMPT', `${reply.attemptId} is not open`);
  if (open?.action !== action)
    return refuse('WRONG_STATE', `${step.definition.name} is ${step.status}: no ${action} is open`);
  const { errorMessage, errorCode, outcome } = reply;
  const unknown = outcome === 'unknown';
  return fact(
    failureOf(step, open, { errorMessage, errorCode, final: !reply.retryable || unknown, unknown }),
  );
}

/** It may have happened: of the open attempt, a final failure; of another one, only a doubt; once turned around, a success to undo. */
function doUnknown(flow: Flow, step: StepRun, reply: ReplyInput, ref: Ref): Accepted {
  const current = ref === null || reply.attemptId === openId(flow, step);
  if (step.open?.action === 'DO' && current) return failure(flow, step, reply, 'DO', ref);
  if (flow.status !== 'IN_PROGRESS' && step.open?.action !== 'DO')
    return late(flow, step, reply, ref);
  if (
    step.status !== 'IN_PROGRESS' &&
    step.status !== 'DO_FAIL' &&
    step.status !== 'RETRY_EXHAUSTED'
  ) {
    return refuse('WRONG_STATE', `${step.definition.name} is ${step.status}`);
  }
  if (step.unknown)
    return refuse('ALREADY_DONE', `the outcome of ${step.definition.name} is unknown already`);
  return fact({
    type: 'DO_OUTCOME_UNKNOWN',
    stepName: step.definition.name,
    message: reply.errorMessage,
  });
}

/** Any success of a step in progress, in backoff or held counts, whichever attempt it answers (rule 8). */
function doSuccess(flow: Flow, step: StepRun, reply: ReplyInput, ref: Ref): Accepted {
  if (flow.status !== 'IN_PROGRESS' && step.open?.action !== 'DO')
    return late(flow, step, reply, ref);
  const stepName = step.definition.name;
  if (step.status === 'PENDING') return refuse('NOT_SENT', `no DO of ${stepName} was sent`);
  if (step.status === 'DO_SUCCESS') return refuse('ALREADY_DONE', `${stepName} is done already`);
  return fact(succeeded(flow, step, reply, ref));
}

function succeeded(
  flow: Flow,
  step: StepRun,
  reply: ReplyInput,
  ref: Ref,
): Parameters<typeof fact>[0] {
  return {
    type: 'DO_SUCCEEDED',
    stepName: step.definition.name,
    attempt: ref?.attempt ?? step.attempt,
    late: flow.status !== 'IN_PROGRESS',
    assumed: reply.outcome === 'unknown',
    output: reply.payload,
  };
}

/** Rule 10: a success after the flow turned around makes the step done, so that it is undone; or owes one more UNDO round. */
function late(flow: Flow, step: StepRun, reply: ReplyInput, ref: Ref): Accepted {
  const stepName = step.definition.name;
  if (step.skipped) return refuse('WRONG_STATE', `${stepName} was settled by hand`);
  if (step.attempt === 0) return refuse('NOT_SENT', `no DO of ${stepName} was sent`);
  if (step.status === 'DO_SUCCESS') return refuse('ALREADY_DONE', `${stepName} is done already`);
  if (flow.status === 'UNDONE' && step.definition.undo === 'none')
    return refuse('FLOW_ENDED', `the flow is UNDONE and ${stepName} has no UNDO`);
  if (step.status !== 'UNDOING' && step.status !== 'UNDO_FAIL')
    return fact(succeeded(flow, step, reply, ref));
  if (step.owes) return refuse('ALREADY_DONE', `${stepName} owes another UNDO round already`);
  return fact({
    type: 'UNDO_ROUND_OWED',
    stepName,
    output: reply.outcome === 'unknown' ? null : reply.payload,
  });
}

/** An UNDO success counts for its own round, whichever attempt; of an older round never (rule 8). */
function undoSuccess(step: StepRun, ref: Ref): Accepted {
  const stepName = step.definition.name;
  if (ref !== null && ref.round < step.round)
    return refuse('STALE_ROUND', `round ${ref.round} is over, the current one is ${step.round}`);
  if (step.status === 'UNDO_SUCCESS')
    return refuse('ALREADY_DONE', `${stepName} is undone already`);
  if (step.status !== 'UNDOING' && step.status !== 'UNDO_FAIL')
    return refuse('WRONG_STATE', `${stepName} is ${step.status}: no UNDO is open`);
  if (step.undoExhausted && step.owes)
    return refuse(
      'WRONG_STATE',
      `${stepName} owes another UNDO round: only an operator can settle it`,
    );
  return fact({
    type: 'UNDO_SUCCEEDED',
    stepName,
    attempt: ref?.attempt ?? step.undoAttempt,
    round: step.round,
    late: step.undoExhausted,
  });
}
