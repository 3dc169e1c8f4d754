/**
 * Everything that can happen to a flow, one closed union. State is the fold of these, the timeline their list, commands those
 * of two kinds. Stored as JSON in the order of `number`; `type` is public (docs/protocol.md), so none is ever renamed.
 */
import type { Action, FlowStatus, Instant, Payload, StepStatus } from './flow.js';

/** Why a flow turned around (rule 11). */
export type TurnCause = 'RETRIES_EXHAUSTED' | 'DEADLINE_EXCEEDED' | 'CANCELLED' | 'UNDO_REQUESTED';

export type EventBody =
  | { readonly type: 'FLOW_STARTED' }
  | {
      readonly type: 'DO_SENT';
      readonly stepName: string;
      readonly attempt: number;
      readonly deadline: Instant;
    }
  | {
      readonly type: 'DO_SUCCEEDED';
      readonly stepName: string;
      readonly attempt: number;
      /** The flow had turned around already (rule 10). */
      readonly late: boolean;
      /** It was an unreadable answer that may have been a success, and is taken as one to be undone. */
      readonly assumed: boolean;
      readonly output: Payload;
    }
  | {
      readonly type: 'DO_FAILED';
      readonly stepName: string;
      readonly attempt: number;
      readonly errorMessage: string | null;
      readonly errorCode: string | null;
      readonly final: boolean;
      /** It may have happened all the same: timed out, or answered unreadably. */
      readonly unknown: boolean;
    }
  | {
      readonly type: 'DO_RETRY_SCHEDULED';
      readonly stepName: string;
      readonly attempt: number;
      readonly nextAttemptAt: Instant;
    }
  | { readonly type: 'DO_RETRIES_EXHAUSTED'; readonly stepName: string }
  | { readonly type: 'DO_WITHDRAWN'; readonly stepName: string; readonly attempt: number }
  /** An unreadable answer to an older attempt, or in backoff: the step may have happened; nothing else changes. */
  | {
      readonly type: 'DO_OUTCOME_UNKNOWN';
      readonly stepName: string;
      readonly message: string | null;
    }
  | {
      readonly type: 'UNDO_SENT';
      readonly stepName: string;
      readonly attempt: number;
      readonly round: number;
      readonly deadline: Instant;
    }
  | {
      readonly type: 'UNDO_SUCCEEDED';
      readonly stepName: string;
      readonly attempt: number;
      readonly round: number;
      /** It came after the UNDO had been given up (rule 6). */
      readonly late: boolean;
    }
  | {
      readonly type: 'UNDO_FAILED';
      readonly stepName: string;
      readonly attempt: number;
      readonly round: number;
      readonly errorMessage: string | null;
      readonly errorCode: string | null;
      readonly final: boolean;
    }
  | {
      readonly type: 'UNDO_RETRY_SCHEDULED';
      readonly stepName: string;
      readonly attempt: number;
      readonly round: number;
      readonly nextAttemptAt: Instant;
    }
  | {
      readonly type: 'UNDO_RETRIES_EXHAUSTED';
      readonly stepName: string;
      readonly reason: 'RETRIES' | 'ROUNDS';
    }
  /** A late success met an UNDO that is open, in backoff or out of rounds: the step owes a round. */
  | { readonly type: 'UNDO_ROUND_OWED'; readonly stepName: string; readonly output: Payload }
  | {
      readonly type: 'STEP_PROGRESS';
      readonly stepName: string;
      readonly action: Action;
      readonly attempt: number;
      readonly progress: number | null;
      readonly message: string | null;
      readonly deadline: Instant;
      /** false: within a second of the last one; kept because it moves the deadline, not shown to readers. */
      readonly shown: boolean;
    }
  | {
      readonly type: 'STEP_SKIPPED';
      readonly stepName: string;
      readonly action: Action;
      readonly output: Payload;
      readonly actor: string;
      readonly reason: string;
    }
  | {
      readonly type: 'STEP_RETRIED';
      readonly stepName: string;
      readonly action: Action;
      readonly actor: string;
      readonly reason: string;
    }
  | { readonly type: 'FLOW_HELD'; readonly stepName: string }
  | { readonly type: 'FLOW_RELEASED' }
  | { readonly type: 'FLOW_PAUSED'; readonly actor: string; readonly reason: string }
  | { readonly type: 'FLOW_RESUMED'; readonly actor: string; readonly reason: string }
  | {
      readonly type: 'FLOW_TURNED_AROUND';
      readonly cause: TurnCause;
      readonly stepName: string | null;
      readonly failureReason: string;
      readonly actor: string | null;
    }
  /** A final state was left because of a late answer or an operator: the flow undoes again. */
  | { readonly type: 'FLOW_REOPENED'; readonly actor: string | null; readonly reason: string }
  | { readonly type: 'FLOW_COMPLETED'; readonly output: Payload }
  | { readonly type: 'FLOW_UNDONE' }
  | { readonly type: 'FLOW_FAILED'; readonly failureReason: string }
  | {
      readonly type: 'FLOW_CANCELLED';
      readonly failureReason: string;
      readonly actor: string;
      readonly reason: string;
    }
  /** Believed by nobody: recorded for the reader, changes nothing (rule 9). */
  | {
      readonly type: 'REPLY_REFUSED';
      readonly code: RefusalCode;
      readonly stepName: string | null;
      readonly action: string | null;
      readonly message: string;
    }
  | {
      readonly type: 'REPLY_QUARANTINED';
      readonly code: string;
      readonly stepName: string | null;
      readonly message: string;
    };

/** What the event left behind, so that a reader of the timeline need not fold it. Step fields: null when it names no step. */
export interface EventEnvelope {
  /** From 1, without gaps, per flow: the subscription cursor. */
  readonly number: number;
  readonly at: Instant;
  readonly flowStatus: FlowStatus;
  readonly stepStatus: StepStatus | null;
  readonly stepStatusBefore: StepStatus | null;
}
export type FlowEvent = EventBody & EventEnvelope;
export type EventType = EventBody['type'];

/** Why an input is not believed. Replies: on the timeline. Operators: a problem. Listed in docs/protocol.md. */
export const REFUSALS = {
  UNKNOWN_STEP: 'the orchestration of this flow has no such step',
  STALE_ATTEMPT: 'a failure of an older attempt never counts',
  STALE_ROUND: 'an UNDO success of an older round never counts',
  NOT_SENT: 'no such command was sent',
  WRONG_STATE: 'the step does not wait for this answer',
  ALREADY_DONE: 'the step has this answer already',
  FLOW_ENDED: 'the flow has ended',
  NOT_ALLOWED: 'the flow is not in a state that allows this',
} as const;
export type RefusalCode = keyof typeof REFUSALS;
export interface Refusal {
  readonly code: RefusalCode;
  readonly message: string;
}
