/**
 * The facts of a diagnosis, read before it is decided. Plain values: the decision is a function of
 * them.
 */
import type { Action, FlowStatus, Instant } from '../../saga/flow.js';
import type { Inspection } from '../ports.js';

/** A reply that was refused or quarantined, as the timeline shows it. */
export interface SeenReply {
  readonly code: string;
  readonly message: string;
  readonly at: Instant;
}

/** The open command of a step. */
export interface OpenEvidence {
  readonly stepName: string;
  readonly action: Action;
  readonly attempt: number;
  /** When it was decided, or last resent. */
  readonly sentAt: Instant;
  readonly deadline: Instant;
  readonly timeoutMs: number;
  /** The broker has not acknowledged it. */
  readonly unsent: boolean;
  /** The worker reported progress of this attempt. */
  readonly progressAt: Instant | null;
  /** An answer of this flow that went to quarantine since its first attempt was sent. */
  readonly quarantined: SeenReply | null;
  /** An answer for this step that was refused as late since its first attempt was sent. */
  readonly refused: SeenReply | null;
  /**
   * Whether a worker had answered this step and action in another flow, or an earlier attempt,
   * before.
   */
  readonly answeredBefore: boolean;
  /** When a worker last answered it, in any of the newest flows; null = in none. */
  readonly lastAnswerAt: Instant | null;
  /** Services that registered as its worker. */
  readonly workers: readonly string[];
  readonly topic: string;
  readonly broker: Inspection;
}

/** A step between two attempts. */
export interface BackoffEvidence {
  readonly stepName: string;
  readonly action: Action;
  /** Number of the next attempt, and of the last one allowed. */
  readonly attempt: number;
  readonly attempts: number;
  readonly nextAttemptAt: Instant;
  readonly error: string | null;
  readonly topic: string;
  readonly broker: Inspection;
}

export interface Evidence {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly now: Instant;
  readonly status: FlowStatus;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly failureReason: string | null;
  /** Why it is parked; null = it is not. */
  readonly parked: string | null;
  /** Paused by an operator: why. Null = it is not. */
  readonly paused: string | null;
  /** Held: these steps are out of retries and an operator decides. */
  readonly held: readonly string[];
  /** Its orchestration is paused: by whom and why. */
  readonly orchestrationPaused: string | null;
  /** Steps whose UNDO was given up, with their last error. */
  readonly undoExhausted: readonly {
    readonly stepName: string;
    readonly error: string | null;
  }[];
  /** An answer that came after the flow had ended. */
  readonly afterEnd: (SeenReply & { readonly stepName: string | null }) | null;
  /** The oldest first. */
  readonly open: readonly OpenEvidence[];
  readonly backoff: readonly BackoffEvidence[];
}
