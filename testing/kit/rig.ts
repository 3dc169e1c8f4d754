/** What a scenario needs of the rig it runs on: the pure core, or the engine over PostgreSQL. */
import type { FlowEvent } from '../../src/saga/event.js';
import type { Action, Flow } from '../../src/saga/flow.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import type { Refusal } from '../../src/saga/refusal.js';
import type { Answer } from './builders.js';

/** A command as a worker receives it. `payload` is parsed JSON, null when absent. */
export interface ReceivedCommand {
  readonly action: Action;
  readonly stepName: string;
  readonly attempt: number;
  /** 0 for DO. */
  readonly round: number;
  readonly attemptId: string;
  readonly payload: unknown;
  /** The initiator's and what workers added; not the protocol's. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** ms since the epoch, by the rig's clock. */
  readonly deadline: number;
}

/** Operator actions, with actor `ada`, reason `because`. */
export type Verb =
  | { readonly type: 'CANCEL'; readonly undo: boolean }
  | { readonly type: 'PAUSE' | 'RESUME' }
  | { readonly type: 'UNDO_FLOW'; readonly planHash?: string | null }
  | { readonly type: 'RETRY_STEP' | 'RESEND'; readonly stepName: string }
  | { readonly type: 'SKIP_STEP'; readonly stepName: string; readonly output: unknown };

/** Which attempt a worker answers, and how. `attemptId` null = it echoes nothing. */
export interface RigReply {
  readonly stepName: string;
  readonly action: Answer['action'];
  readonly attemptId: string | null;
  readonly answer: Answer;
}
export interface RigProgress {
  readonly stepName: string;
  readonly attemptId: string | null;
  readonly progress: number;
  readonly message: string | null;
}

/**
 * One flow of one orchestration. Every method that delivers an input resolves when the flow is
 * settled again, its events are recorded, and its commands are where `commands` finds them.
 */
export interface Rig {
  register(orchestration: Orchestration): Promise<void>;
  /** `payload` undefined = none. `queued` = its orchestration is paused. */
  start(
    payload: unknown,
    queued: boolean,
    headers: Readonly<Record<string, unknown>>,
  ): Promise<void>;
  /** Every command sent since the start, in order. */
  commands(): Promise<readonly ReceivedCommand[]>;
  reply(reply: RigReply): Promise<void>;
  progress(progress: RigProgress): Promise<void>;
  /** The command can never be published. */
  unpublishable(attemptId: string, errorCode: string, errorMessage: string): Promise<void>;
  /**
   * Sets the clock forward; with `ticking`, timers fire in between and at the end as they come due.
   */
  elapse(milliseconds: number, ticking: boolean): Promise<void>;
  /** Null = it was done. */
  operator(verb: Verb): Promise<Refusal | null>;
  /** No new DO while paused (rules.md#paused-orchestration). */
  pauseOrchestration(paused: boolean): Promise<void>;
  /**
   * What happens to outbox rows: sent at once, leased to a publisher that does not get on, or taken
   * by nobody.
   */
  publisher(state: 'sends' | 'stuck' | 'away'): Promise<void>;
  /**
   * Milliseconds until a timer looks at the flow; null = never. Not positive: timers look at it
   * again and again, now.
   */
  untilLook(): Promise<number | null>;
  view(): Promise<{ readonly flow: Flow; readonly events: readonly FlowEvent[] }>;
  close(): Promise<void>;
}

/**
 * A file `rig-<name>.ts` exports `createRig` of this type; the environment's SCENARIO_RIG names it,
 * `pure` by default.
 */
export type CreateRig = () => Promise<Rig>;
