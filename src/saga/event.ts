/**
 * Everything that can happen to a flow, one closed union. The state is the fold of these events,
 * the timeline their list; commands follow from three of them. Stored as JSON in the order of
 * `number`; `type` is public (docs/protocol.md), so none is ever renamed.
 */
import type { FlowStatus, Instant, Payload, StepStatus } from './flow.js';
import type { RefusalCode } from './refusal.js';
import type { StepEvent } from './step-event.js';

/** Why a flow turned around (rules.md#turning-around). */
export type TurnCause = 'RETRIES_EXHAUSTED' | 'DEADLINE_EXCEEDED' | 'CANCELLED' | 'UNDO_REQUESTED';

export type EventBody =
  | StepEvent
  | { readonly type: 'FLOW_STARTED' }
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
  | {
      readonly type: 'FLOW_REOPENED';
      /**
       * The step it is reopened for; null: undoFlow, which renews every UNDO that was given up.
       * Absent in old timelines.
       */
      readonly stepName?: string | null;
      readonly actor: string | null;
      readonly reason: string;
    }
  | { readonly type: 'FLOW_COMPLETED'; readonly output: Payload }
  | { readonly type: 'FLOW_UNDONE' }
  | { readonly type: 'FLOW_FAILED'; readonly failureReason: string }
  | {
      readonly type: 'FLOW_CANCELLED';
      readonly failureReason: string;
      readonly actor: string;
      readonly reason: string;
    }
  /**
   * The reply does not count: recorded for readers of the timeline, changes nothing
   * (rules.md#quarantine-and-stale-replies).
   */
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

/**
 * The statuses after the event, so that a reader of the timeline need not compute them. Step
 * fields: null when it names no step.
 */
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
