/**
 * Two flows are one state when nothing that decides differs: times are due or far, texts and
 * payloads are left out.
 */
import { type Flow, type OpenCommand, STEP_STATUSES, type StepRun } from '../../src/saga/flow.js';
import { FAR, NOW } from './inputs.js';

export function canonical(flow: Flow): Flow {
  return {
    ...flow,
    now: NOW,
    lastEventNumber: 0,
    endedAt: flow.endedAt === null ? null : NOW,
    output: null,
    failureReason: flow.failureReason === null ? null : 'why',
    deadline: flow.deadline === null ? null : FAR,
    deadlineStoppedAt: flow.deadlineStoppedAt === null ? null : NOW,
    withdrawable: [],
    unsent: [],
    steps: flow.steps.map(canonicalStep),
  };
}

/** Come, or far away. */
function canonicalTime(at: number | null): number | null {
  if (at === null) return null;
  return at <= NOW ? NOW : FAR;
}

function canonicalStep(step: StepRun): StepRun {
  return {
    ...step,
    open: step.open === null ? null : canonicalOpen(step.open),
    nextAttemptAt: canonicalTime(step.nextAttemptAt),
    output: null,
    errorMessage: null,
    errorCode: null,
    progressAt: null,
    startedAt: null,
    endedAt: null,
    undoneAt: null,
  };
}

/**
 * That it was resent matters only while the second copy waits in the outbox, which no state keeps.
 */
function canonicalOpen({ action, attempt, round }: OpenCommand): OpenCommand {
  return { action, attempt, round, deadline: FAR };
}

export function keyOf(flow: Flow): string {
  const { status, paused, held, halted, orchestrationPaused, deadlineStoppedAt } = flow;
  const flags = [paused, held, halted, orchestrationPaused, deadlineStoppedAt !== null]
    .map(Number)
    .join('');
  const steps = flow.steps.map(keyOfStep);
  // Steps of a parallel flow that are defined alike may change places.
  return [status, flags, ...(flow.orchestration.type === 'PARALLEL' ? steps.sort() : steps)].join(
    '|',
  );
}

function keyOfStep(step: StepRun): string {
  const { attempt, attemptBase, round, roundBase, undoAttempt, open } = step;
  const flags =
    (step.unknown ? 1 : 0) +
    (step.final ? 2 : 0) +
    (step.undoExhausted ? 4 : 0) +
    (step.roundOwed ? 8 : 0) +
    (step.skipped ? 16 : 0) +
    (step.undoRequested ? 32 : 0) +
    (step.neverSent ? 64 : 0);
  const next = { [NOW]: 'n', [FAR]: 'f' }[canonicalTime(step.nextAttemptAt) ?? 0] ?? '-';
  const timers = `${open === null ? '-' : open.action}${next}`;
  return `${step.definition.undo[0]}${STEP_STATUSES.indexOf(step.status)}${timers}${attempt},${attemptBase},${round},${roundBase},${undoAttempt},${flags}`;
}

/** As transitions.md writes it: `DO_FAIL→next`. */
export function labelOf(step: StepRun): string {
  return `${step.status}${step.nextAttemptAt === null ? '' : '→next'}`;
}
