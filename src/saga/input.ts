/**
 * Everything a flow can be given. Replies are decoded already (wire), and a start has its
 * orchestration.
 */
import type { Action, Payload } from './flow.js';
import type { Orchestration } from './orchestration.js';

/** A start before its orchestration is looked up. */
export interface StartRequest {
  readonly orchestrationName: string;
  /** Null = one is generated. */
  readonly flowId: string | null;
  readonly payload: Payload;
  /** The initiator's own headers; they travel on every command. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly initiator: string | null;
  readonly idempotencyKey: string | null;
}

/**
 * Starts a flow. The engine has looked up the version of the orchestration, and generated `flowId`
 * where none was sent.
 */
export interface StartInput {
  readonly type: 'START';
  readonly flowId: string;
  readonly orchestration: Orchestration;
  readonly payload: Payload;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly initiator: string | null;
  readonly idempotencyKey: string | null;
}

/**
 * What a worker answered. `outcome: unknown` = its status cannot be read, or it is a success that
 * cannot be accepted (docs/protocol.md, "The message").
 */
export interface ReplyInput {
  readonly type: 'REPLY';
  readonly flowId: string;
  readonly stepName: string;
  /**
   * As sent; null when absent: DO, unless the attemptId is the open UNDO's. FAIL_STEP = failure of
   * whatever is in progress.
   */
  readonly action: Action | 'FAIL_STEP' | null;
  readonly outcome: 'success' | 'failure' | 'unknown';
  /** Echoed attemptId, or null from workers that echo nothing. */
  readonly attemptId: string | null;
  readonly payload: Payload;
  readonly errorMessage: string | null;
  readonly errorCode: string | null;
  /** Headers of a success that are not the protocol's; absent = none. */
  readonly headers?: Readonly<Record<string, unknown>> | undefined;
  /** false = final at once; true is the default. */
  readonly retryable: boolean;
}

export interface ProgressInput {
  readonly type: 'PROGRESS';
  readonly flowId: string;
  readonly stepName: string;
  readonly attemptId: string | null;
  /** 0–1, or null. */
  readonly progress: number | null;
  readonly message: string | null;
}

/** Time has passed: what is due is due (timeouts, backoffs, the flow's deadline). */
export interface TickInput {
  readonly type: 'TICK';
  readonly flowId: string;
}

/**
 * A command can never be published (too large, topic deleted): a failed attempt of that command
 * only.
 */
export interface UnpublishableInput {
  readonly type: 'UNPUBLISHABLE';
  readonly flowId: string;
  readonly attemptId: string;
  readonly errorCode: string;
  readonly errorMessage: string;
}

/** A reply for this flow went to quarantine: shown on the timeline, changes nothing. */
export interface QuarantinedInput {
  readonly type: 'QUARANTINED';
  readonly flowId: string;
  readonly stepName: string | null;
  readonly code: string;
  readonly message: string;
}

interface OperatorAction {
  readonly flowId: string;
  readonly actor: string;
  readonly reason: string;
}
interface StepAction extends OperatorAction {
  readonly stepName: string;
}
export type StepActionInput =
  | (StepAction & { readonly type: 'RETRY_STEP' })
  | (StepAction & { readonly type: 'RESEND' })
  | (StepAction & { readonly type: 'SKIP_STEP'; readonly output: Payload });
export type OperatorInput =
  | (OperatorAction & { readonly type: 'CANCEL'; readonly undo: boolean })
  /** `planHash`: refused unless the undo plan still has this hash; null or absent = not checked. */
  | (OperatorAction & { readonly type: 'UNDO_FLOW'; readonly planHash?: string | null })
  | (OperatorAction & { readonly type: 'PAUSE' })
  | (OperatorAction & { readonly type: 'RESUME' })
  | StepActionInput;

export type Input =
  | StartInput
  | ReplyInput
  | ProgressInput
  | TickInput
  | UnpublishableInput
  | QuarantinedInput
  | OperatorInput;
