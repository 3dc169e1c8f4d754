/**
 * What an operator may do with one step: retryStep, skipStep, resendCommand
 * (rules.md#undo-exhausted, #hold, #pause-and-skip, #resend).
 */
import { type Accepted, facts, refuse } from './accepted.js';
import { isWithdrawable } from './attempt-id.js';
import type { EventBody } from './event.js';
import { type Flow, isTerminal, type StepRun } from './flow.js';
import type { StepActionInput } from './input.js';
import { stateOf } from './step-state.js';
import { canResume, needsUndo } from './undo.js';

export function acceptStepAction(flow: Flow, step: StepRun, input: StepActionInput): Accepted {
  switch (input.type) {
    case 'RETRY_STEP':
      return acceptRetry(flow, step, input);
    case 'SKIP_STEP':
      return acceptSkip(flow, step, input);
    case 'RESEND':
      return acceptResend(flow, step, input);
  }
}

type By = Pick<StepActionInput, 'actor' | 'reason'>;

function acceptRetry(flow: Flow, step: StepRun, { actor, reason }: By): Accepted {
  const stepName = step.definition.name;
  const retried = (action: 'DO' | 'UNDO', early: boolean): EventBody => {
    return { type: 'STEP_RETRIED', stepName, action, early, actor, reason };
  };
  // In backoff: the scheduled attempt runs now.
  if (step.nextAttemptAt !== null)
    return facts(retried(step.status === 'DO_FAIL' ? 'DO' : 'UNDO', true));
  if (flow.status === 'IN_PROGRESS' && step.status === 'RETRY_EXHAUSTED')
    return facts(retried('DO', false));
  if (flow.status === 'UNDOING' && step.undoExhausted) return facts(retried('UNDO', false));
  if (flow.status === 'FAILED' && (step.undoExhausted || needsUndo(step)))
    return facts(retried('UNDO', false), {
      type: 'FLOW_REOPENED',
      stepName,
      actor,
      reason,
    });
  return refuse('NOT_ALLOWED', `${stepName} ${stateOf(flow, step)}: there is nothing to retry`);
}

function acceptSkip(
  flow: Flow,
  step: StepRun,
  { actor, reason, output }: StepActionInput & { readonly type: 'SKIP_STEP' },
): Accepted {
  const stepName = step.definition.name;
  if (flow.status === 'IN_PROGRESS' && step.status === 'RETRY_EXHAUSTED')
    return facts({ type: 'STEP_SKIPPED', stepName, action: 'DO', output, actor, reason });
  if ((flow.status === 'UNDOING' || flow.status === 'FAILED') && step.undoExhausted) {
    const skipped = { type: 'STEP_SKIPPED', stepName, action: 'UNDO', output: null } as const;
    const reopens =
      flow.status === 'FAILED' && canResume(flow.steps.filter((other) => other !== step));
    const reopened = { type: 'FLOW_REOPENED', stepName, actor, reason } as const;
    return facts({ ...skipped, actor, reason }, ...(reopens ? [reopened] : []));
  }
  return refuse(
    'NOT_ALLOWED',
    `${stepName} ${stateOf(flow, step)}: only a step out of retries can be skipped`,
  );
}

/** Sends the open command once more, for a worker that never got it (rules.md#resend). */
function acceptResend(flow: Flow, step: StepRun, { actor, reason }: By): Accepted {
  const { open, definition } = step;
  const stepName = definition.name;
  if (isTerminal(flow.status)) return refuse('FLOW_ENDED', `the flow is ${flow.status}`);
  const refused = (why: string): Accepted => refuse('NOT_ALLOWED', why);
  if (step.nextAttemptAt !== null)
    return refused(`${stepName} is between two attempts: retryStep runs the next one now`);
  if (open === null) return refused(`${stepName} ${stateOf(flow, step)}: no command of it is open`);
  if (flow.paused) return refused('the flow is paused: resume it first');
  if (isWithdrawable(flow, step))
    return refused(
      `${open.action} ${stepName} still waits to be published: Kafka does not take it`,
    );
  if (open.action === 'DO' && flow.status === 'UNDOING')
    return refused(`the flow turns around: DO ${stepName} is not sent again`);
  const { action, attempt, round } = open;
  const timeoutMs = action === 'DO' ? definition.timeoutMs : definition.undoTimeoutMs;
  const deadline = flow.now + timeoutMs;
  const resent = { type: 'COMMAND_RESENT', stepName, action, attempt, round, deadline } as const;
  return facts({ ...resent, actor, reason });
}
