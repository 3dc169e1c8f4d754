/**
 * One run of an orchestration: the aggregate, and the unit that is locked. All but its last four
 * fields is the fold of its events.
 */
import type { Orchestration, StepDefinition } from './orchestration.js';

export const FLOW_STATUSES = [
  'IN_PROGRESS',
  'COMPLETED',
  'UNDOING',
  'UNDONE',
  'FAILED',
  'CANCELLED',
] as const;
export type FlowStatus = (typeof FLOW_STATUSES)[number];
export const STEP_STATUSES = [
  'PENDING',
  'IN_PROGRESS',
  'DO_SUCCESS',
  'DO_FAIL',
  'RETRY_EXHAUSTED',
  'UNDOING',
  'UNDO_SUCCESS',
  'UNDO_FAIL',
] as const;
export type StepStatus = (typeof STEP_STATUSES)[number];
export type Action = 'DO' | 'UNDO';

/** JSON text, carried and never read, so that big numbers survive. null = absent. */
export type Payload = string | null;

/** Milliseconds since the epoch, by the database's clock. */
export type Instant = number;

/** The command a step waits for an answer to. */
export interface OpenCommand {
  readonly action: Action;
  readonly attempt: number;
  /** 0 for DO, from 1 for UNDO. */
  readonly round: number;
  readonly deadline: Instant;
  /** Resent by an operator: the first copy was published, even if the second is in the outbox. */
  readonly resent?: true;
}

export interface StepRun {
  readonly definition: StepDefinition;
  readonly status: StepStatus;
  readonly open: OpenCommand | null;
  /** When the next attempt is due, while in backoff; else null. */
  readonly nextAttemptAt: Instant | null;
  /** Number of the last DO decided; 0 = none. Never restarts (rules.md#retries-and-numbers). */
  readonly attempt: number;
  /** `attempt` when an operator last renewed the DO budget; 0 = never. */
  readonly attemptBase: number;
  /** Number of the current UNDO round; 0 = none. Never restarts. */
  readonly round: number;
  /** `round` at the last operator action; bounds the rounds (rules.md#late-success). */
  readonly roundBase: number;
  /** Number of the last UNDO decided in the current round. */
  readonly undoAttempt: number;
  /** A DO timed out or its reply was unreadable: it may have happened (rules.md#what-is-undone). */
  readonly unknown: boolean;
  /** No DO of it could be published (rules.md#what-is-undone). */
  readonly neverSent: boolean;
  /** No retry: `retryable: false`, a code of nonRetryableErrors, or an unreadable reply. */
  readonly final: boolean;
  /** UNDO_FAIL for good: its budget is spent (rules.md#undo-exhausted). */
  readonly undoExhausted: boolean;
  /** A success came after its UNDO began: one more round is due (rules.md#late-success). */
  readonly roundOwed: boolean;
  /** The round of an operator has not begun; `stop` does not halt it (rules.md#undo-exhausted). */
  readonly undoRequested: boolean;
  /** Settled by an operator's skipStep; never undone afterwards (rules.md#pause-and-skip). */
  readonly skipped: boolean;
  readonly input: Payload;
  readonly output: Payload;
  /** Headers for the DO commands that follow (rules.md#worker-headers); null = nothing. */
  readonly addedHeaders: Readonly<Record<string, unknown>> | null;
  readonly errorMessage: string | null;
  readonly errorCode: string | null;
  readonly progress: number | null;
  readonly progressMessage: string | null;
  readonly progressAt: Instant | null;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly undoneAt: Instant | null;
}

export interface Flow {
  readonly flowId: string;
  /** The version it started with. */
  readonly orchestration: Orchestration;
  readonly status: FlowStatus;
  /** In the order of `orchestration.steps`. */
  readonly steps: readonly StepRun[];
  readonly input: Payload;
  readonly output: Payload;
  /** The initiator's own headers; they travel on every command. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly initiator: string | null;
  readonly idempotencyKey: string | null;
  readonly failureReason: string | null;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  /** When the flow turns around by itself; null = never. Time paused or held is added. */
  readonly deadline: Instant | null;
  /** Since when the deadline stands still; null = it runs. */
  readonly deadlineStoppedAt: Instant | null;
  /** Paused by an operator (rules.md#pause-and-skip). */
  readonly paused: boolean;
  readonly pausedAt: Instant | null;
  readonly pauseReason: string | null;
  /** A DO is exhausted and an operator decides (rules.md#hold). */
  readonly held: boolean;
  /** Halted by `onUndoExhausted: stop`: an operator must act (rules.md#undo-exhausted). */
  readonly halted: boolean;
  /** Number of the last event; the subscription cursor. */
  readonly lastEventNumber: number;

  // Not part of the fold: what the unit of work knows when it passes the flow in.
  /** The time in the transaction. */
  readonly now: Instant;
  /** attemptIds of outbox rows that can still be withdrawn (rules.md#what-is-undone). */
  readonly withdrawable: readonly string[];
  /**
   * attemptIds of commands still in the outbox: they cannot time out
   * (rules.md#backoff-and-timeouts). Known for a TICK only.
   */
  readonly unsent: readonly string[];
  /** The orchestration is paused: no new DO (rules.md#paused-orchestration). */
  readonly orchestrationPaused: boolean;
}

/** DO retries used. UNDO does not count: the Java system’s retry-rate SQL reads this number. */
export function retryCountOf(step: StepRun): number {
  return Math.max(0, step.attempt - 1);
}

/** UNDO retries used in the current round. */
export function undoRetryCountOf(step: StepRun): number {
  return Math.max(0, step.undoAttempt - 1);
}

export function isTerminal(status: FlowStatus): boolean {
  return status !== 'IN_PROGRESS' && status !== 'UNDOING';
}
