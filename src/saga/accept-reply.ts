/**
 * Which replies count, and as what (docs/protocol.md, "The message"; rules.md#what-is-undone,
 * #which-answer-counts, #late-success).
 */
import { acceptLate, succeeded } from './accept-late.js';
import { type Accepted, facts, failureOf, refuse, withdrawalsOf } from './accepted.js';
import { openIdOf, readAttemptId } from './attempt-id.js';
import type { EventBody } from './event.js';
import { type Action, type Flow, isTerminal, type StepRun } from './flow.js';
import type { ReplyInput } from './input.js';
import { actionOf, isFuture, type Ref } from './reply-target.js';

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
      ? undoSuccess(flow, step, ref)
      : failure(flow, step, reply, { action, ref });
  if (reply.outcome === 'failure') return failure(flow, step, reply, { action, ref });
  return reply.outcome === 'unknown'
    ? doUnknown(flow, step, reply, ref)
    : doSuccess(flow, step, reply, ref);
}

/**
 * Withdraws the open command when the reply to an earlier attempt closes it and no publisher has it
 * (rules.md#unpublished-commands). A reply that echoes the open attempt proves that it was sent,
 * and so does any reply to a first attempt.
 */
function overtaken(flow: Flow, step: StepRun, ref: Ref): readonly EventBody[] {
  const { open } = step;
  if (open === null) return [];
  const proven = ref === null ? open.attempt === 1 : ref.attempt === open.attempt;
  return proven && !open.resent ? [] : withdrawalsOf(flow, step);
}

/**
 * A failure answers the open attempt of its action, and no other (rules.md#what-is-undone,
 * #which-answer-counts).
 */
function failure(
  flow: Flow,
  step: StepRun,
  reply: ReplyInput,
  { action, ref }: { readonly action: Action; readonly ref: Ref },
): Accepted {
  const { open } = step;
  if (isTerminal(flow.status)) return refuse('FLOW_ENDED', `the flow is ${flow.status}`);
  if (ref !== null && reply.attemptId !== openIdOf(flow, step))
    return refuse('STALE_ATTEMPT', `${reply.attemptId} is not open`);
  if (open?.action !== action)
    return refuse('WRONG_STATE', `${step.definition.name} is ${step.status}: no ${action} is open`);
  const { errorMessage, errorCode, outcome } = reply;
  const unknown = outcome === 'unknown';
  const failed = { errorMessage, errorCode, final: !reply.retryable || unknown, unknown };
  return facts(...overtaken(flow, step, ref), failureOf(step, open, failed));
}

/**
 * The DO may have happened. Of the open attempt this is a final failure; of another attempt it only
 * marks the outcome unknown; once the flow has turned around it is a success that has to be undone.
 */
function doUnknown(flow: Flow, step: StepRun, reply: ReplyInput, ref: Ref): Accepted {
  const current = ref === null || reply.attemptId === openIdOf(flow, step);
  if (step.open?.action === 'DO' && current)
    return failure(flow, step, reply, { action: 'DO', ref });
  if (flow.status !== 'IN_PROGRESS' && step.open?.action !== 'DO')
    return acceptLate(flow, step, reply, ref);
  if (
    step.status !== 'IN_PROGRESS' &&
    step.status !== 'DO_FAIL' &&
    step.status !== 'RETRY_EXHAUSTED'
  ) {
    return refuse('WRONG_STATE', `${step.definition.name} is ${step.status}`);
  }
  if (step.unknown)
    return refuse('ALREADY_DONE', `the outcome of ${step.definition.name} is unknown already`);
  return facts({
    type: 'DO_OUTCOME_UNKNOWN',
    stepName: step.definition.name,
    message: reply.errorMessage,
  });
}

/**
 * Any success of a step in progress, in backoff or held counts, whichever attempt it answers
 * (rules.md#which-answer-counts).
 */
function doSuccess(flow: Flow, step: StepRun, reply: ReplyInput, ref: Ref): Accepted {
  if (flow.status !== 'IN_PROGRESS' && step.open?.action !== 'DO')
    return acceptLate(flow, step, reply, ref);
  const stepName = step.definition.name;
  if (step.status === 'PENDING') return refuse('NOT_SENT', `no DO of ${stepName} was sent`);
  if (step.status === 'DO_SUCCESS') return refuse('ALREADY_DONE', `${stepName} is done already`);
  const withdrawn = overtaken(flow, step, ref);
  const answered = step.attempt - (withdrawn.some(({ type }) => type === 'DO_WITHDRAWN') ? 1 : 0);
  const attempt = ref?.attempt ?? answered;
  return facts(...withdrawn, succeeded(flow, step, reply, attempt));
}

/**
 * An UNDO success counts for its own round, whichever attempt; of an older round never
 * (rules.md#which-answer-counts).
 */
function undoSuccess(flow: Flow, step: StepRun, ref: Ref): Accepted {
  const stepName = step.definition.name;
  if (ref !== null && ref.round < step.round)
    return refuse('STALE_ROUND', `round ${ref.round} is over, the current one is ${step.round}`);
  if (step.status === 'UNDO_SUCCESS')
    return refuse('ALREADY_DONE', `${stepName} is undone already`);
  if (step.status !== 'UNDOING' && step.status !== 'UNDO_FAIL')
    return refuse('WRONG_STATE', `${stepName} is ${step.status}: no UNDO is open`);
  if (step.undoExhausted && step.roundOwed)
    return refuse(
      'WRONG_STATE',
      `${stepName} owes another UNDO round: only an operator can settle it`,
    );
  return facts(...overtaken(flow, step, ref), {
    type: 'UNDO_SUCCEEDED',
    stepName,
    attempt: ref?.attempt ?? step.undoAttempt,
    round: step.round,
    late: step.undoExhausted,
  });
}
