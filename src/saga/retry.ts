/**
 * How long to wait before the next attempt, and when something is due next. Pure: jitter comes from
 * the attemptId (rules.md#time).
 */
import { isUnsent } from './attempt-id.js';
import { type Flow, type Instant, isTerminal, type StepRun } from './flow.js';
import type { Backoff } from './orchestration.js';

/**
 * In [0, 1), from an FNV-1a hash: spread widely enough for jitter, and equal when it is computed
 * again.
 */
export function fractionOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0) / 2 ** 32;
}

/** Milliseconds to wait after the `failures`-th failure of a budget (from 1). */
export function delayAfter(backoff: Backoff, failures: number, attemptId: string): number {
  // Not Infinity: times an initial 0 it would be NaN.
  const growth = Math.min(backoff.factor ** (failures - 1), Number.MAX_VALUE);
  const wait = Math.min(backoff.maxMs, backoff.initialMs * growth);
  return Math.round(backoff.jitter === 'full' ? wait * fractionOf(attemptId) : wait);
}

/** The lease of an outbox row: how long a publisher has it before another one may take it, ms. */
export const OUTBOX_LEASE_MS = 10_000;

/** When the flow needs a TICK: a timeout, a retry, its deadline. Null = never. */
export function dueAt(flow: Flow): Instant | null {
  if (isTerminal(flow.status)) return null;
  const times: number[] = [];
  const stopped = flow.paused || flow.held;
  // A paused orchestration sends no DO, so its retries are not due; whoever resumes it ticks its
  // flows (rules.md#paused-orchestration).
  const noRetry = stopped || (flow.orchestrationPaused && flow.status === 'IN_PROGRESS');
  if (flow.status === 'IN_PROGRESS' && flow.deadline !== null && !stopped)
    times.push(flow.deadline);
  for (const step of flow.steps) {
    if (step.open !== null) times.push(timeoutAt(flow, step, step.open.deadline));
    if (step.nextAttemptAt !== null && !noRetry) times.push(step.nextAttemptAt);
  }
  return times.length === 0 ? null : Math.min(...times);
}

/**
 * A command that waits in the outbox cannot time out: it is looked at again when its lease can have
 * run out, because it may have been published then (rules.md#backoff-and-timeouts,
 * #unpublished-commands).
 */
function timeoutAt(flow: Flow, step: StepRun, deadline: Instant): Instant {
  return deadline <= flow.now && isUnsent(flow, step) ? flow.now + OUTBOX_LEASE_MS : deadline;
}

/** Its next attempt may go now. */
export function isDue(step: StepRun, now: Instant): boolean {
  return step.nextAttemptAt !== null && step.nextAttemptAt <= now;
}
