/** The fold, as far as it concerns one step. */
import type { EventBody } from './event.js';
import type { Flow, Instant, Payload, StepRun } from './flow.js';

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
      return {
        ...answered(step),
        status: 'DO_SUCCESS',
        unknown: false,
        output: event.assumed ? step.output : event.output,
        errorMessage: null,
        errorCode: null,
        endedAt: at,
        undoneAt: null,
      };
    case 'DO_FAILED':
      return {
        ...answered(step),
        status: 'DO_FAIL',
        unknown: step.unknown || event.unknown,
        final: event.final,
        errorMessage: event.errorMessage,
        errorCode: event.errorCode,
        endedAt: at,
      };
    case 'DO_RETRY_SCHEDULED':
    case 'UNDO_RETRY_SCHEDULED':
      return { ...step, nextAttemptAt: event.nextAttemptAt };
    case 'DO_RETRIES_EXHAUSTED':
      return { ...step, status: 'RETRY_EXHAUSTED' };
    case 'DO_WITHDRAWN':
      return { ...answered(step), status: event.attempt === 1 ? 'PENDING' : 'DO_FAIL' };
    case 'DO_OUTCOME_UNKNOWN':
      return { ...step, unknown: true };
    case 'STEP_PROGRESS':
      return progressed(step, event, at);
    case 'STEP_SKIPPED':
      return skipped(step, event.action, event.output, at);
    case 'STEP_RETRIED':
      return retried(step, event.action, at);
    default:
      return evolveUndo(step, event, at);
  }
}

function evolveUndo(step: StepRun, event: EventBody, at: Instant): StepRun {
  switch (event.type) {
    case 'UNDO_SENT':
      return {
        ...sent(step, at),
        status: 'UNDOING',
        round: event.round,
        undoAttempt: event.attempt,
        open: {
          action: 'UNDO',
          attempt: event.attempt,
          round: event.round,
          deadline: event.deadline,
        },
        owes: step.owes && event.round === step.round,
        endedAt: step.endedAt,
      };
    case 'UNDO_SUCCEEDED':
      // A step that owes a round is done again, as far as anyone knows (rule 10).
      return {
        ...answered(step),
        ...settled,
        status: step.owes ? 'DO_SUCCESS' : 'UNDO_SUCCESS',
        owes: step.owes,
        undoneAt: at,
      };
    case 'UNDO_FAILED':
      return {
        ...answered(step),
        status: 'UNDO_FAIL',
        final: event.final,
        errorMessage: event.errorMessage,
        errorCode: event.errorCode,
      };
    case 'UNDO_RETRIES_EXHAUSTED':
      if (event.reason === 'RETRIES') return { ...step, undoExhausted: true };
      return {
        ...step,
        status: 'UNDO_FAIL',
        undoExhausted: true,
        owes: true,
        errorMessage: 'a late success came after the last UNDO round',
      };
    case 'UNDO_ROUND_OWED':
      return { ...step, owes: true, output: event.output ?? step.output };
    default:
      return step;
  }
}

const settled = { undoExhausted: false, owes: false, errorMessage: null, errorCode: null } as const;

function sent(step: StepRun, at: Instant): StepRun {
  return {
    ...step,
    nextAttemptAt: null,
    final: false,
    startedAt: step.startedAt ?? at,
    endedAt: null,
    // progressAt stays: it shows at most once a second and step, whichever attempt reports.
    progress: null,
    progressMessage: null,
  };
}

function answered(step: StepRun): StepRun {
  return { ...step, open: null, nextAttemptAt: null, final: false };
}

function progressed(
  step: StepRun,
  event: EventBody & { readonly type: 'STEP_PROGRESS' },
  at: Instant,
): StepRun {
  const { action, attempt, deadline } = event;
  const open = { action, attempt, round: action === 'DO' ? 0 : step.round, deadline };
  const progressAt = event.shown ? at : step.progressAt;
  return {
    ...step,
    open,
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

function retried(step: StepRun, action: 'DO' | 'UNDO', at: Instant): StepRun {
  if (action === 'DO')
    return {
      ...step,
      status: 'DO_FAIL',
      nextAttemptAt: at,
      attemptBase: step.attempt,
      final: false,
    };
  return step.undoExhausted
    ? { ...step, status: 'DO_SUCCESS', undoExhausted: false, owes: false }
    : step;
}

/** Sequential: what the step before passes on; parallel: the start payload (2-wire.md, "Payloads"). */
function inputFor(flow: Flow, step: StepRun): Payload {
  const before =
    flow.orchestration.type === 'PARALLEL' ? undefined : flow.steps[flow.steps.indexOf(step) - 1];
  return before === undefined ? flow.input : (before.output ?? before.input);
}
