/** What the timeline shows about the open command and its answers. */
import { sentIdOf } from '../../saga/attempt-id.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Instant } from '../../saga/flow.js';
import type { Evidence, SeenReply } from './evidence.js';

/** When the command was decided, or last resent; null: before the first of these events. */
export function sentAtOf(
  events: readonly FlowEvent[],
  flowId: string,
  attemptId: string | null,
): Instant | null {
  return events.findLast((event) => sentIdOf(flowId, event) === attemptId)?.at ?? null;
}

/**
 * When the first attempt of that DO, or of that round of UNDO, was sent; null: before the first of
 * these events.
 */
export function firstSentAtOf(
  events: readonly FlowEvent[],
  flowId: string,
  attemptId: string | null,
): Instant | null {
  if (attemptId === null) return null;
  const round = attemptId.slice(0, attemptId.lastIndexOf(':') + 1);
  return events.find((event) => sentIdOf(flowId, event)?.startsWith(round))?.at ?? null;
}

export function quarantinedSince(events: readonly FlowEvent[], since: Instant): SeenReply | null {
  const last = events.findLast(({ type, at }) => type === 'REPLY_QUARANTINED' && at >= since);
  return seenOf(last);
}

/** Codes of late answers. A repeated answer (ALREADY_DONE) is none: its command was answered. */
const IS_LATE: ReadonlySet<string> = new Set(['STALE_ATTEMPT', 'STALE_ROUND']);

export function refusedSince(
  events: readonly FlowEvent[],
  stepName: string,
  since: Instant,
): SeenReply | null {
  const last = events.findLast(
    (event) =>
      event.type === 'REPLY_REFUSED' &&
      event.stepName === stepName &&
      event.at >= since &&
      IS_LATE.has(event.code),
  );
  return seenOf(last);
}

const ENDS: ReadonlySet<string> = new Set([
  'FLOW_COMPLETED',
  'FLOW_UNDONE',
  'FLOW_FAILED',
  'FLOW_CANCELLED',
]);

/**
 * The last answer that came after the flow had ended; a repeated one (ALREADY_DONE) does not count.
 */
export function afterEndOf(events: readonly FlowEvent[]): Evidence['afterEnd'] {
  const end = events.findLastIndex(({ type }) => ENDS.has(type));
  const last = events
    .slice(end + 1)
    .findLast((event) => event.type === 'REPLY_REFUSED' && event.code !== 'ALREADY_DONE');
  const seen = seenOf(last);
  return seen === null || last?.type !== 'REPLY_REFUSED'
    ? null
    : { ...seen, stepName: last.stepName };
}

function seenOf(event: FlowEvent | undefined): SeenReply | null {
  if (event?.type !== 'REPLY_REFUSED' && event?.type !== 'REPLY_QUARANTINED') return null;
  const { code, message, at } = event;
  return { code, message, at };
}
