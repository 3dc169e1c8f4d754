/**
 * Whether an input counts for the flow as it is now: facts, a refusal with its code, or null (a
 * tick with nothing due).
 */
import { acceptOperator } from './accept-operator.js';
import { acceptReply } from './accept-reply.js';
import { type Accepted, facts, failureOf, onStep, refuse } from './accepted.js';
import { isUnsent, openIdOf } from './attempt-id.js';
import { type Flow, type Instant, isTerminal, type StepRun } from './flow.js';
import type { Input, ProgressInput, StartInput, UnpublishableInput } from './input.js';

export function accept(flow: Flow, input: Exclude<Input, StartInput>): Accepted | null {
  switch (input.type) {
    case 'REPLY':
      return onStep(flow, input.stepName, (step) => acceptReply(flow, step, input));
    case 'PROGRESS':
      return onStep(flow, input.stepName, (step) => acceptProgress(flow, step, input));
    case 'TICK':
      return acceptTick(flow);
    case 'UNPUBLISHABLE':
      return acceptUnpublishable(flow, input);
    case 'QUARANTINED':
      return facts({
        type: 'REPLY_QUARANTINED',
        code: input.code,
        stepName: input.stepName,
        message: input.message,
      });
    default:
      return acceptOperator(flow, input);
  }
}

const SECOND = 1000;

/**
 * Moves the deadline of the open attempt; a DO's is capped by the flow's deadline, and none is ever
 * shortened.
 */
function acceptProgress(flow: Flow, step: StepRun, input: ProgressInput): Accepted {
  const { open, definition } = step;
  if (isTerminal(flow.status)) return refuse('FLOW_ENDED', `the flow is ${flow.status}`);
  if (open === null)
    return refuse('WRONG_STATE', `${definition.name} is ${step.status}: no attempt is open`);
  const openId = openIdOf(flow, step);
  if (input.attemptId !== null && input.attemptId !== openId)
    return refuse('STALE_ATTEMPT', `progress of ${input.attemptId}, open is ${openId}`);
  const extended =
    flow.now + (open.action === 'DO' ? definition.timeoutMs : definition.undoTimeoutMs);
  const latest = open.action === 'DO' ? latestOf(flow) : extended;
  return facts({
    type: 'STEP_PROGRESS',
    stepName: definition.name,
    action: open.action,
    attempt: open.attempt,
    progress: input.progress,
    message: input.message,
    deadline: Math.max(open.deadline, Math.min(extended, latest)),
    shown: step.progressAt === null || flow.now - step.progressAt >= SECOND,
  });
}

/**
 * The flow's deadline. While it stands still (pause, hold): when it would pass if it ran from now
 * on.
 */
function latestOf({ deadline, deadlineStoppedAt, now }: Flow): Instant {
  if (deadline === null) return Number.POSITIVE_INFINITY;
  return deadlineStoppedAt === null ? deadline : deadline + (now - deadlineStoppedAt);
}

/**
 * First the flow's deadline, then one attempt that has timed out; the caller repeats this until
 * nothing is due.
 */
function acceptTick(flow: Flow): Accepted | null {
  if (isTerminal(flow.status)) return null;
  if (
    flow.status === 'IN_PROGRESS' &&
    flow.deadline !== null &&
    flow.deadlineStoppedAt === null &&
    flow.deadline <= flow.now
  ) {
    const failureReason = 'DEADLINE_EXCEEDED';
    return facts({
      type: 'FLOW_TURNED_AROUND',
      cause: 'DEADLINE_EXCEEDED',
      stepName: null,
      failureReason,
      actor: null,
    });
  }
  for (const step of flow.steps) {
    const { open, definition } = step;
    if (open === null || open.deadline > flow.now) continue;
    if (isUnsent(flow, step)) continue;
    const errorMessage = `no answer to ${open.action} ${definition.name} attempt ${open.attempt} in time`;
    return facts(
      failureOf(step, open, { errorMessage, errorCode: 'TIMEOUT', final: false, unknown: true }),
    );
  }
  return null;
}

function acceptUnpublishable(flow: Flow, input: UnpublishableInput): Accepted {
  const { errorCode, errorMessage } = input;
  const step = flow.steps.find(
    (one) => one.open !== null && openIdOf(flow, one) === input.attemptId,
  );
  if (step?.open && !isTerminal(flow.status)) {
    const failure = { errorMessage, errorCode, final: false, unknown: false } as const;
    return facts(failureOf(step, step.open, { ...failure, unpublished: true }));
  }
  return refuse('STALE_ATTEMPT', `${input.attemptId} is not open`);
}
