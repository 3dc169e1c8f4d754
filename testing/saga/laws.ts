/**
 * The laws of the core, for the exhaustive walk and for random flows alike. Each returns what is
 * broken, or null.
 */
import type { FlowEvent } from '../../src/saga/event.js';
import { evolve } from '../../src/saga/evolve.js';
import { type Flow, isTerminal, type StepRun } from '../../src/saga/flow.js';
import { next } from '../../src/saga/next.js';
import { dueAt } from '../../src/saga/retry.js';
import { mayUndo, needsUndo } from '../../src/saga/undo.js';

type Law = (flow: Flow) => string | null;

export const STATE_LAWS: Readonly<Record<string, Law>> = {
  settled: (flow) => {
    const event = next(flow);
    return event === null ? null : `${event.type} follows`;
  },
  'no dead end': (flow) => {
    if (isTerminal(flow.status) || flow.paused || flow.held) return null;
    if (flow.steps.some((step) => step.open !== null || step.nextAttemptAt !== null)) return null;
    return flow.orchestrationPaused && flow.status === 'IN_PROGRESS'
      ? null
      : 'nothing is open and no timer runs';
  },
  'time is watched': (flow) => {
    const timers = flow.steps.some((step) => step.open !== null);
    return timers && !isTerminal(flow.status) && dueAt(flow) === null
      ? 'a command is open and nothing is due, ever'
      : null;
  },
  'UNDONE is clean': (flow) =>
    flow.status === 'UNDONE' &&
    flow.steps.some(
      (step) =>
        needsUndo(step) || step.open !== null || step.undoExhausted || step.nextAttemptAt !== null,
    )
      ? 'something is left to undo'
      : null,
  'COMPLETED is done': (flow) =>
    flow.status === 'COMPLETED' && flow.steps.some((step) => step.status !== 'DO_SUCCESS')
      ? 'a step is not done'
      : null,
  'no action of an operator is dropped': (flow) =>
    isTerminal(flow.status) &&
    flow.status !== 'CANCELLED' &&
    flow.steps.some((step) => step.undoRequested)
      ? 'an UNDO that an operator requested never began'
      : null,
  'FAILED has a reason': (flow) =>
    flow.status === 'FAILED' && !flow.steps.some((step) => step.undoExhausted)
      ? 'no UNDO was given up'
      : null,
  'ended flows wait for nothing': (flow) =>
    isTerminal(flow.status) &&
    flow.status !== 'CANCELLED' &&
    flow.steps.some((step) => step.open !== null || step.nextAttemptAt !== null)
      ? 'a command is open'
      : null,
  'one at a time': (flow) =>
    flow.orchestration.type === 'SEQUENTIAL' &&
    flow.steps.filter((step) => step.open !== null).length > 1
      ? 'two commands are open'
      : null,
  'bounded attempts': (flow) => flow.steps.map(bounded).find((broken) => broken !== null) ?? null,
  consistent: (flow) =>
    flow.steps.map((step) => consistent(flow, step)).find((broken) => broken !== null) ??
    flags(flow),
};

function bounded(step: StepRun): string | null {
  const { definition, attempt, attemptBase, round, roundBase, undoAttempt } = step;
  if (attempt - attemptBase > definition.maxRetries + 1)
    return `${attempt - attemptBase} DOs of one budget`;
  if (undoAttempt > definition.undoMaxRetries + 1) return `${undoAttempt} UNDOs in one round`;
  return round - roundBase > Math.max(definition.undoMaxRetries, 2) + 1
    ? `${round - roundBase} rounds`
    : null;
}

const OPEN_ACTIONS: Readonly<Record<string, string>> = { IN_PROGRESS: 'DO', UNDOING: 'UNDO' };

function consistent({ status: flow }: Flow, step: StepRun): string | null {
  const { status, open, nextAttemptAt } = step;
  const place = `${step.definition.name} ${status} in ${flow}`;
  const wantsOpen = OPEN_ACTIONS[status] ?? null;
  if ((open?.action ?? null) !== wantsOpen) return `${place}: open ${open?.action ?? 'nothing'}`;
  if (
    open !== null &&
    (open.attempt !== (open.action === 'DO' ? step.attempt : step.undoAttempt) ||
      (open.action === 'UNDO' && open.round !== step.round))
  )
    return `${place}: the open command is not the last one`;
  if (nextAttemptAt !== null && status !== 'DO_FAIL' && status !== 'UNDO_FAIL')
    return `${place}: a retry waits`;
  if (step.undoExhausted && (status !== 'UNDO_FAIL' || nextAttemptAt !== null))
    return `${place}: given up`;
  if (
    status === 'UNDO_FAIL' &&
    !step.undoExhausted &&
    nextAttemptAt === null &&
    flow !== 'CANCELLED'
  )
    return `${place}: neither retried nor given up`;
  if (status === 'DO_FAIL' && nextAttemptAt === null && flow === 'IN_PROGRESS')
    return `${place}: neither retried nor exhausted`;
  if (status === 'PENDING' && (step.round > 0 || (flow === 'IN_PROGRESS' && step.attempt > 0)))
    return `${place}: it was sent`;
  if ((status === 'UNDO_SUCCESS' || status === 'PENDING') && step.roundOwed)
    return `${place}: owes a round`;
  const undone = status === 'UNDOING' || status === 'UNDO_FAIL' || status === 'UNDO_SUCCESS';
  return undone && (flow === 'IN_PROGRESS' || flow === 'COMPLETED') ? place : null;
}

function flags(flow: Flow): string | null {
  if (isTerminal(flow.status) !== (flow.endedAt !== null))
    return 'endedAt and the status contradict each other';
  if (flow.held && flow.status !== 'IN_PROGRESS') return `held in ${flow.status}`;
  if (
    flow.held !==
    (flow.status === 'IN_PROGRESS' && flow.steps.some((step) => step.status === 'RETRY_EXHAUSTED'))
  )
    return 'held and exhausted differ';
  if (flow.paused && isTerminal(flow.status)) return 'paused at the end';
  return (flow.paused || flow.held) === (flow.deadlineStoppedAt !== null)
    ? null
    : 'the deadline runs when it should stand, or stands';
}

/** One event at a time: `before` is the flow it happened to. */
export function brokenByEvent(before: Flow, event: FlowEvent): string | null {
  if (event.type === 'DO_SENT') return brokenByDo(before, event.stepName);
  if (event.type === 'UNDO_SENT') return brokenByUndo(before, event);
  if (ENDS.has(event.type) && before.paused) return `${event.type} of a paused flow`;
  return null;
}

/** What a flow comes to by itself; FLOW_CANCELLED is an operator's. */
const ENDS: ReadonlySet<string> = new Set(['FLOW_COMPLETED', 'FLOW_UNDONE', 'FLOW_FAILED']);

function brokenByDo(flow: Flow, stepName: string): string | null {
  if (flow.status !== 'IN_PROGRESS' || flow.paused || flow.held || flow.orchestrationPaused)
    return `DO ${stepName} where none may be sent`;
  const index = flow.steps.findIndex((step) => step.definition.name === stepName);
  const below = flow.orchestration.type === 'SEQUENTIAL' ? flow.steps.slice(0, index) : [];
  return below.every((step) => step.status === 'DO_SUCCESS')
    ? null
    : `DO ${stepName} before its turn`;
}

function brokenByUndo(
  flow: Flow,
  event: FlowEvent & { readonly type: 'UNDO_SENT' },
): string | null {
  const { stepName } = event;
  if (flow.status !== 'UNDOING' || flow.paused) return `UNDO ${stepName} where none may be sent`;
  const index = flow.steps.findIndex((step) => step.definition.name === stepName);
  const step = flow.steps[index];
  if (step === undefined || step.attempt === 0) return `UNDO ${stepName} without a DO`;
  if (step.skipped || step.definition.undo === 'none')
    return `UNDO ${stepName} that must not be undone`;
  if (event.attempt > 1)
    return event.round === step.round ? null : `UNDO ${stepName} again, in another round`;
  if (event.round !== step.round + 1)
    return `UNDO ${stepName} round ${event.round} after ${step.round}`;
  if (!needsUndo(step)) return `UNDO ${stepName} although every DO was answered with a failure`;
  if (flow.halted && !step.undoRequested) return `UNDO ${stepName} although stop took effect`;
  const waiting =
    flow.orchestration.type === 'SEQUENTIAL' &&
    flow.steps.slice(index + 1).some((later) => mayUndo(flow, later));
  return waiting ? `UNDO ${stepName} before a later step` : null;
}

/**
 * Folding the events onto the flow before gives the flow after, whatever the clock or the outbox
 * are (I11).
 */
export function foldOf(before: Flow, events: readonly FlowEvent[]): Flow {
  const elsewhere: Flow = {
    ...before,
    now: -1,
    withdrawable: [],
    unsent: [],
    orchestrationPaused: false,
  };
  return events.reduce(
    (flow, event) => ({ ...evolve(flow, event, event.at), lastEventNumber: event.number }),
    elsewhere,
  );
}

/** What the timeline does not contain. */
const NOT_FOLDED: ReadonlySet<string> = new Set([
  'now',
  'withdrawable',
  'unsent',
  'orchestrationPaused',
  'orchestration',
]);

/** Whether two flows are the same but for what the timeline does not contain. */
export function foldedAlike(one: Flow, other: Flow): boolean {
  return alike(one, other, NOT_FOLDED);
}

/** Millions of flows are compared: what is one object in both is not looked into. */
function alike(one: unknown, other: unknown, but: ReadonlySet<string> = NOTHING): boolean {
  if (one === other) return true;
  if (Array.isArray(one))
    return (
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((item, index) => alike(item, other[index]))
    );
  if (!isObject(one) || !isObject(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every(
      (name) => but.has(name) || (Object.hasOwn(other, name) && alike(one[name], other[name])),
    )
  );
}

const NOTHING: ReadonlySet<string> = new Set();

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** As text, without what the timeline does not contain: for comparisons that show what differs. */
export function foldable(flow: Flow): string {
  const steps = flow.steps.map(({ definition, ...run }) => run);
  return JSON.stringify({
    ...flow,
    steps,
    now: 0,
    withdrawable: [],
    unsent: [],
    orchestrationPaused: false,
    orchestration: null,
  });
}
