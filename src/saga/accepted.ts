/** The form of an answer to "is this believable?", and the facts that several questions share. */
import type { EventBody, Refusal, RefusalCode } from './event.js';
import type { Flow, StepRun } from './flow.js';

export type Accepted = { readonly fact: EventBody } | { readonly refusal: Refusal };

export function fact(event: EventBody): Accepted {
  return { fact: event };
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
}

/** The open attempt has failed. */
export function failureOf(
  step: StepRun,
  open: NonNullable<StepRun['open']>,
  failure: Failure,
): EventBody {
  const { unknown, ...said } = failure;
  const stepName = step.definition.name;
  const final =
    failure.final ||
    (failure.errorCode !== null && step.definition.nonRetryableErrors.includes(failure.errorCode));
  return open.action === 'DO'
    ? { type: 'DO_FAILED', stepName, attempt: open.attempt, ...said, final, unknown }
    : { type: 'UNDO_FAILED', stepName, attempt: open.attempt, round: open.round, ...said, final };
}
