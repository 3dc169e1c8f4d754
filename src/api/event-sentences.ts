/** What happened, in a sentence for people: one per event type. */
import type { FlowEvent } from '../saga/event.js';

type Sentences = {
  readonly [T in FlowEvent['type']]: (event: FlowEvent & { readonly type: T }) => string;
};

const why = (message: string | null): string => (message === null ? '' : `: ${message}`);
const at = (ms: number): string => new Date(ms).toISOString();

const SENTENCES: Sentences = {
  FLOW_STARTED: () => 'the flow starts',
  DO_SENT: (event) =>
    `DO ${event.stepName} is sent${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}`,
  DO_SUCCEEDED: (event) =>
    `${event.stepName} is done${event.late ? ', after the flow had turned around' : ''}`,
  DO_FAILED: (event) => `DO ${event.stepName} failed${why(event.errorMessage)}`,
  DO_RETRY_SCHEDULED: (event) =>
    `DO ${event.stepName} will be tried again at ${at(event.nextAttemptAt)}`,
  DO_RETRIES_EXHAUSTED: (event) => `${event.stepName} is out of retries`,
  DO_WITHDRAWN: (event) => `DO ${event.stepName} is withdrawn: it was not published`,
  UNDO_WITHDRAWN: (event) => `UNDO ${event.stepName} is withdrawn: it was not published`,
  COMMAND_RESENT: (event) =>
    `${event.action} ${event.stepName} is sent once more${why(event.reason)}`,
  RESEND_WITHDRAWN: (event) =>
    `the second copy of ${event.action} ${event.stepName} is withdrawn: it was not published`,
  DO_OUTCOME_UNKNOWN: (event) =>
    `whether ${event.stepName} was done is unknown${why(event.message)}`,
  UNDO_SENT: (event) =>
    `UNDO ${event.stepName} is sent${event.attempt > 1 ? `, attempt ${event.attempt}` : ''}`,
  UNDO_SUCCEEDED: (event) => `${event.stepName} is undone`,
  UNDO_FAILED: (event) => `UNDO ${event.stepName} failed${why(event.errorMessage)}`,
  UNDO_RETRY_SCHEDULED: (event) =>
    `UNDO ${event.stepName} will be tried again at ${at(event.nextAttemptAt)}`,
  UNDO_RETRIES_EXHAUSTED: (event) =>
    `UNDO ${event.stepName} is out of ${event.reason === 'ROUNDS' ? 'rounds' : 'retries'}`,
  UNDO_ROUND_OWED: (event) =>
    `a late answer reports that ${event.stepName} was done once more: it will be undone once more`,
  STEP_PROGRESS: (event) =>
    `${event.stepName} is at work${event.progress === null ? '' : `, ${Math.round(event.progress * 100)} %`}${why(event.message)}`,
  STEP_SKIPPED: (event) =>
    `${event.action} ${event.stepName} is settled by hand${why(event.reason)}`,
  STEP_RETRIED: (event) =>
    `${event.action} ${event.stepName} is tried again by hand${why(event.reason)}`,
  FLOW_HELD: (event) =>
    `the flow is held: ${event.stepName} is out of retries and an operator decides`,
  FLOW_RELEASED: () => 'the flow is no longer held',
  FLOW_PAUSED: (event) => `the flow is paused${why(event.reason)}`,
  FLOW_RESUMED: (event) => `the flow is resumed${why(event.reason)}`,
  FLOW_TURNED_AROUND: (event) => `the flow turns around${why(event.failureReason)}`,
  FLOW_REOPENED: (event) => `the flow undoes again${why(event.reason)}`,
  FLOW_COMPLETED: () => 'the flow is complete',
  FLOW_UNDONE: () => 'the flow is undone',
  FLOW_FAILED: (event) => `the flow failed${why(event.failureReason)}`,
  FLOW_CANCELLED: (event) => `the flow is cancelled without undo${why(event.reason)}`,
  REPLY_REFUSED: (event) => `a reply does not count (${event.code})${why(event.message)}`,
  REPLY_QUARANTINED: (event) => `a reply went to quarantine (${event.code})${why(event.message)}`,
};

export function sentenceOf(event: FlowEvent): string {
  return (SENTENCES[event.type] as (event: FlowEvent) => string)(event);
}

/** Every type there is; docs/protocol.md lists them. */
export const EVENT_TYPES = Object.keys(SENTENCES) as readonly FlowEvent['type'][];
