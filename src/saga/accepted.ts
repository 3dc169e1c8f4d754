/** What `accept` returns, facts or a refusal, and the facts that several inputs lead to. */
import { isWithdrawable } from './attempt-id.js';
import type { EventBody } from './event.js';
import type { Flow, StepRun } from './flow.js';
import type { Refusal, RefusalCode } from './refusal.js';

/** The facts are applied together, in this order: `next` is called after the last of them. */
export type Accepted = { readonly facts: readonly EventBody[] } | { readonly refusal: Refusal };

export function facts(...events: readonly EventBody[]): Accepted {
  return { facts: events };
}

export function refuse(code: RefusalCode, message: string): Accepted {
  return { refusal: { code, message } };
}

/** The step of that name, or the refusal that there is none. */
export function onStep(flow: Flow, stepName: string, then: (step: StepRun) => Accepted): Accepted {
  const step = flow.steps.find((one) => one.definition.name === stepName);
  return step === undefined
    ? refuse('UNKNOWN_STEP', `${flow.orchestration.name} has no step ${stepName}`)
    : then(step);
}

interface Failure {
  readonly errorMessage: string | null;
  readonly errorCode: string | null;
  readonly final: boolean;
  readonly unknown: boolean;
  /** The command could never be published. */
  readonly unpublished?: true;
}

/** The open attempt has failed. */
export function failureOf(
  step: StepRun,
  open: NonNullable<StepRun['open']>,
  failure: Failure,
): EventBody {
  const { unknown, unpublished, ...error } = failure;
  const stepName = step.definition.name;
  const final =
    failure.final ||
    (failure.errorCode !== null && step.definition.nonRetryableErrors.includes(failure.errorCode));
  if (open.action === 'UNDO')
    return {
      type: 'UNDO_FAILED',
      stepName,
      attempt: open.attempt,
      round: open.round,
      ...error,
      final,
    };
  const failed = { stepName, attempt: open.attempt, ...error, final, unknown };
  return { type: 'DO_FAILED', ...failed, ...(unpublished && { unpublished }) };
}

/**
 * Withdraws the outbox row of the open command, if there is one that no publisher has. Of a resent
 * command only the second copy is withdrawn; the first one was published.
 */
export function withdrawalsOf(flow: Flow, step: StepRun): readonly EventBody[] {
  const { open, definition } = step;
  if (open === null || !isWithdrawable(flow, step)) return [];
  const { action, attempt, round } = open;
  const stepName = definition.name;
  if (open.resent) return [{ type: 'RESEND_WITHDRAWN', stepName, action, attempt, round }];
  return action === 'DO'
    ? [{ type: 'DO_WITHDRAWN', stepName, attempt }]
    : [{ type: 'UNDO_WITHDRAWN', stepName, attempt, round }];
}
