/**
 * A flow's timeline in one line: `a+ b+ c- c? ~b+ ~a+ => UNDONE`. + success, - failure, ? unknown
 * outcome, x withdrawn, ~ UNDO, ! owes a round, (…) refused reply, […] action.
 */
import type { FlowEvent } from '../../saga/event.js';

export function traceOf(events: readonly FlowEvent[]): string {
  const marks = events.flatMap((event) => markOf(event) ?? []);
  const last = events[events.length - 1];
  return [...marks, `=> ${last?.flowStatus ?? 'not started'}`].join(' ');
}

function markOf(event: FlowEvent): string | null {
  switch (event.type) {
    case 'DO_SUCCEEDED':
      return `${event.stepName}${event.assumed ? '?' : '+'}`;
    case 'DO_FAILED':
      return `${event.stepName}${event.unknown ? '?' : '-'}`;
    case 'DO_OUTCOME_UNKNOWN':
      return `${event.stepName}?`;
    case 'DO_WITHDRAWN':
      return `${event.stepName}x`;
    case 'UNDO_SUCCEEDED':
      return `~${event.stepName}+`;
    case 'UNDO_FAILED':
      return `~${event.stepName}-`;
    case 'UNDO_ROUND_OWED':
      return `~${event.stepName}!`;
    case 'REPLY_REFUSED':
      return `(${event.action === 'UNDO' ? '~' : ''}${event.stepName} ${event.code})`;
    default:
      return SHOWN.has(event.type)
        ? `[${event.type}${'stepName' in event && event.stepName ? ` ${event.stepName}` : ''}]`
        : null;
  }
}

/** Actions of operators and of the flow itself that explain the rest. */
const SHOWN = new Set([
  'STEP_SKIPPED',
  'STEP_RETRIED',
  'FLOW_HELD',
  'FLOW_RELEASED',
  'FLOW_PAUSED',
  'FLOW_RESUMED',
  'FLOW_TURNED_AROUND',
  'FLOW_REOPENED',
  'REPLY_QUARANTINED',
]);
