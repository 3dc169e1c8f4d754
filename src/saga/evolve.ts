/** The only function that makes a new flow: the fold of its events. Nothing is decided here. */
import type { EventBody } from './event.js';
import { evolveStep } from './evolve-step.js';
import { AGAIN } from './evolve-undo.js';
import type { Flow, Instant, StepRun } from './flow.js';
import { canResume } from './undo.js';

/** `at` is the event's time; `flow.now` plays no part in the fold. */
export function evolve(flow: Flow, event: EventBody, at: Instant): Flow {
  return evolveFlow(
    'stepName' in event && event.stepName !== null
      ? withStep(flow, event.stepName, event, at)
      : flow,
    event,
    at,
  );
}

function withStep(flow: Flow, stepName: string, event: EventBody, at: Instant): Flow {
  const before = flow.steps.find((step) => step.definition.name === stepName);
  if (before === undefined) return flow;
  const after = evolveStep(flow, before, event, at);
  return after === before
    ? flow
    : { ...flow, steps: flow.steps.map((step) => (step === before ? after : step)) };
}

function evolveFlow(flow: Flow, event: EventBody, at: Instant): Flow {
  switch (event.type) {
    case 'FLOW_HELD':
      return moveDeadline({ ...flow, held: true }, at);
    case 'FLOW_RELEASED':
      return moveDeadline({ ...flow, held: false }, at);
    case 'FLOW_PAUSED':
      return moveDeadline({ ...flow, paused: true, pausedAt: at, pauseReason: event.reason }, at);
    case 'FLOW_RESUMED':
      return moveDeadline(resumed(flow), at);
    case 'FLOW_TURNED_AROUND':
      return turned(event.actor === null ? flow : resumed(flow), event.failureReason, at);
    case 'FLOW_REOPENED':
      return reopened(flow, event);
    case 'UNDO_RETRIES_EXHAUSTED':
      return flow.orchestration.onUndoExhausted === 'stop' ? { ...flow, halted: true } : flow;
    case 'UNDO_SUCCEEDED':
      return {
        ...flow,
        halted: flow.status === 'FAILED' ? !canResume(flow.steps) : flow.halted && !event.late,
      };
    case 'STEP_SKIPPED':
      return afterStepAction(flow);
    case 'STEP_RETRIED':
      return event.early ? flow : afterStepAction(flow);
    default:
      return evolveEnd(flow, event, at);
  }
}

const resumed = (flow: Flow): Flow => ({ ...flow, ...unpaused });

function evolveEnd(flow: Flow, event: EventBody, at: Instant): Flow {
  switch (event.type) {
    case 'FLOW_COMPLETED':
      return { ...ended(flow, at), status: 'COMPLETED', output: event.output };
    case 'FLOW_UNDONE':
      return { ...ended(flow, at), status: 'UNDONE' };
    case 'FLOW_FAILED':
      return {
        ...ended(flow, at),
        status: 'FAILED',
        halted: true,
        failureReason: event.failureReason,
      };
    case 'FLOW_CANCELLED':
      return {
        ...ended(flow, at),
        status: 'CANCELLED',
        steps: flow.steps.map(withoutRetry),
        failureReason: event.failureReason,
      };
    default:
      return flow;
  }
}

const unpaused = { paused: false, pausedAt: null, pauseReason: null } as const;

/** Time paused or held is added to the deadline afterwards (rules.md#hold, #pause-and-skip). */
function moveDeadline(flow: Flow, at: Instant): Flow {
  if (flow.paused || flow.held) return { ...flow, deadlineStoppedAt: flow.deadlineStoppedAt ?? at };
  const stoodStill = flow.deadlineStoppedAt === null ? 0 : at - flow.deadlineStoppedAt;
  return {
    ...flow,
    deadlineStoppedAt: null,
    deadline: flow.deadline === null ? null : flow.deadline + stoodStill,
  };
}

function turned(flow: Flow, failureReason: string, at: Instant): Flow {
  const steps = flow.steps.map(withoutRetry);
  return moveDeadline(
    { ...flow, status: 'UNDOING', held: false, halted: false, endedAt: null, failureReason, steps },
    at,
  );
}

/** undoFlow renews all UNDOs given up; a step action only its own (rules.md#undo-exhausted). */
function reopened(flow: Flow, event: EventBody & { readonly type: 'FLOW_REOPENED' }): Flow {
  const all = event.actor !== null && (event.stepName ?? null) === null;
  return {
    ...flow,
    status: 'UNDOING',
    endedAt: null,
    halted: false,
    failureReason: causeOf(flow.failureReason),
    steps: all ? flow.steps.map(renewed) : flow.steps,
  };
}

/** An operator acted on a step: the chain goes on, with fresh rounds for all. */
function afterStepAction(flow: Flow): Flow {
  const halted = flow.status === 'FAILED' && !canResume(flow.steps);
  return { ...flow, halted, steps: flow.steps.map(withFreshRounds) };
}

/** Why it turned around, without what FLOW_FAILED added about UNDOs: these are tried again. */
function causeOf(failureReason: string | null): string {
  return String(failureReason).replace(/ · UNDO of .*$/s, '');
}

/** Cancels the next attempt. */
function withoutRetry(step: StepRun): StepRun {
  return step.nextAttemptAt === null ? step : { ...step, nextAttemptAt: null };
}

/** All final UNDO_FAILs get a round that `stop` does not halt; every step its rounds. */
function renewed(step: StepRun): StepRun {
  return { ...withFreshRounds(step), ...(step.undoExhausted && AGAIN) };
}

/** Rounds of every step count since the last operator action (rules.md#late-success). */
function withFreshRounds(step: StepRun): StepRun {
  return { ...step, roundBase: step.round };
}

function ended(flow: Flow, at: Instant): Flow {
  return { ...flow, ...unpaused, held: false, deadlineStoppedAt: null, endedAt: at };
}
