/** Everything that can happen to a flow. A reply is already understood (wire); a start already knows its orchestration. */
import type { Action, Payload } from './flow.js';
import type { Orchestration } from './orchestration.js';

/** What a start wants, before its orchestration was looked up. */
export interface StartRequest {
  readonly orchestrationName: string;
  /** Null = one is made. */
  readonly flowId: string | null;
  readonly payload: Payload;
  /** The initiator's own headers; they travel on every command. */
  readonly headers: Readonly<Record<string, unknown>>;
  readonly initiator: string | null;
  readonly idempotencyKey: string | null;
}

/** Starts a flow. The engine resolves name → version; `flowId` is made or kept before. */
export interface StartInput {
  readonly type: 'START';
  readonly flowId: string;
  readonly orchestration: Orchestration;
  readonly payload: Payload;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly initiator: string | null;
  readonly idempotencyKey: string | null;
}

/** What a worker answered. `outcome: unknown` = unreadable status, or a success we cannot accept (docs/protocol.md, "The message"). */
export interface ReplyInput {
  readonly type: 'REPLY';
  readonly flowId: string;
  readonly stepName: string;
  /** As sent; null when absent: DO, unless the attemptId is the open UNDO's. FAIL_STEP = failure of whatever is in progress. */
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

/** A command could not be published and never will be (too large, topic gone): a failed attempt of that command only. */
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
  /** `planHash`: it is refused unless the plan of that hash is still true. */
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
