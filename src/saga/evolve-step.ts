/** The fold, as far as it concerns one step. */
import type { EventBody } from './event.js';
import { AGAIN, answered, evolveUndo, sent, settled } from './evolve-undo.js';
import type { Flow, Instant, OpenCommand, Payload, StepRun } from './flow.js';

export function evolveStep(flow: Flow, step: StepRun, event: EventBody, at: Instant): StepRun {
  switch (event.type) {
    case 'DO_SENT':
      return {
        ...sent(step, at),
        status: 'IN_PROGRESS',
        attempt: event.attempt,
        open: { action: 'DO', attempt: event.attempt, round: 0, deadline: event.deadline },
        input: step.attempt === 0 ? inputFor(flow, step) : step.input,
      };
    case 'DO_SUCCEEDED':
      return succeeded(step, event, at);
    case 'DO_FAILED':
      return failed(step, event, at);
    case 'DO_RETRY_SCHEDULED':
    case 'UNDO_RETRY_SCHEDULED':
      return { ...step, nextAttemptAt: event.nextAttemptAt };
    case 'DO_RETRIES_EXHAUSTED':
      return { ...step, status: 'RETRY_EXHAUSTED' };
    case 'DO_WITHDRAWN':
      return { ...answered(step), status: event.attempt === 1 ? 'PENDING' : 'DO_FAIL' };
    case 'DO_OUTCOME_UNKNOWN':
      return { ...step, unknown: true };
    default:
      return evolveEither(step, event, at);
  }
}

/** Events that DO and UNDO share. */
function evolveEither(step: StepRun, event: EventBody, at: Instant): StepRun {
  switch (event.type) {
    case 'STEP_PROGRESS':
      return progressed(step, event, at);
    case 'COMMAND_RESENT':
      return withOpen(step, { deadline: event.deadline, resent: true });
    case 'RESEND_WITHDRAWN':
      return firstCopyOnly(step);
    case 'STEP_SKIPPED':
      return skipped(step, event.action, event.output, at);
    case 'STEP_RETRIED':
      return retried(step, event, at);
    default:
      return evolveUndo(step, event, at);
  }
}

function succeeded(
  step: StepRun,
  event: EventBody & { readonly type: 'DO_SUCCEEDED' },
  at: Instant,
): StepRun {
  return {
    ...answered(step),
    status: 'DO_SUCCESS',
    unknown: false,
    output: event.assumed ? step.output : event.output,
    addedHeaders: event.headers ?? null,
    errorMessage: null,
    errorCode: null,
    endedAt: at,
    undoneAt: null,
  };
}

function failed(
  step: StepRun,
  event: EventBody & { readonly type: 'DO_FAILED' },
  at: Instant,
): StepRun {
  return {
    ...answered(step),
    status: 'DO_FAIL',
    unknown: step.unknown || event.unknown,
    neverSent: event.unpublished === true && (event.attempt === 1 || step.neverSent),
    final: event.final,
    errorMessage: event.errorMessage,
    errorCode: event.errorCode,
    endedAt: at,
  };
}

function progressed(
  step: StepRun,
  event: EventBody & { readonly type: 'STEP_PROGRESS' },
  at: Instant,
): StepRun {
  const progressAt = event.shown ? at : step.progressAt;
  return {
    ...withOpen(step, { deadline: event.deadline }),
    progress: event.progress ?? step.progress,
    progressMessage: event.message ?? step.progressMessage,
    progressAt,
  };
}

function skipped(step: StepRun, action: 'DO' | 'UNDO', output: Payload, at: Instant): StepRun {
  const by = { ...answered(step), ...settled, skipped: true };
  return action === 'DO'
    ? { ...by, status: 'DO_SUCCESS', output, endedAt: at }
    : { ...by, status: 'UNDO_SUCCESS', undoneAt: at };
}

function retried(
  step: StepRun,
  { action, early }: EventBody & { readonly type: 'STEP_RETRIED' },
  at: Instant,
): StepRun {
  if (early) return { ...step, nextAttemptAt: at };
  if (action === 'UNDO')
    return step.undoExhausted ? { ...step, ...AGAIN } : { ...step, undoRequested: true };
  const renewed = { attemptBase: step.attempt, final: false };
  return { ...step, ...renewed, status: 'DO_FAIL', nextAttemptAt: at };
}

function withOpen(step: StepRun, changed: Partial<OpenCommand>): StepRun {
  return step.open === null ? step : { ...step, open: { ...step.open, ...changed } };
}

/** The first copy was published: the command stays open. */
function firstCopyOnly(step: StepRun): StepRun {
  if (step.open === null) return step;
  const { resent, ...open } = step.open;
  return { ...step, open };
}

/**
 * Sequential: what the step before passes on; parallel: the start payload (docs/protocol.md, "The
 * message").
 */
function inputFor(flow: Flow, step: StepRun): Payload {
  const before =
    flow.orchestration.type === 'PARALLEL' ? undefined : flow.steps[flow.steps.indexOf(step) - 1];
  return before === undefined ? flow.input : (before.output ?? before.input);
}
