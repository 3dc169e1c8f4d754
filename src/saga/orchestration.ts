/**
 * Layer 1, the saga. Knows: what a flow is and what follows from a fact. Refuses to know: time
 * passing, storage, topics, text. In: an Orchestration, a Flow, an Input. Out: events or a refusal
 * — values only; nothing here is async or has an effect. This file: the recipe, as a registered
 * version of it is kept.
 */

export type OrchestrationType = 'SEQUENTIAL' | 'PARALLEL';

/**
 * The wait after failure n (from 1): `min(max, initial * factor^(n-1))` milliseconds, then jitter
 * (rules.md#backoff-and-timeouts).
 */
export interface Backoff {
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  /**
   * `full`: a time between 0 and the wait, derived from the attemptId; `none`: exactly the wait.
   */
  readonly jitter: 'none' | 'full';
}

/**
 * `required`: undone when it may have happened; `none`: never undone; `always`: undone whenever its
 * DO was sent (rules.md#what-is-undone).
 */
export type UndoPolicy = 'required' | 'none' | 'always';

export interface StepDefinition {
  readonly seq: number;
  readonly name: string;
  readonly objectType: string | null;
  /** Retries after the first attempt: 3 means up to 4 commands (rules.md#retries-and-numbers). */
  readonly maxRetries: number;
  readonly undoMaxRetries: number;
  readonly timeoutMs: number;
  readonly undoTimeoutMs: number;
  readonly backoff: Backoff;
  readonly undoBackoff: Backoff;
  readonly nonRetryableErrors: readonly string[];
  readonly undo: UndoPolicy;
  /** JSON Schema of the payload of the step's success, kept as given; null = any. */
  readonly payloadSchema: unknown;
  readonly doMethod: string | null;
  readonly undoMethod: string | null;
  readonly handlerClass: string | null;
  readonly handlerMethod: string | null;
  readonly undoHandlerMethod: string | null;
}

/** A registered version. Equal content means equal in every field but `version`. */
export interface Orchestration {
  readonly name: string;
  readonly version: number;
  readonly type: OrchestrationType;
  /** Ascending by seq; seq and name unique; 1–200 of them. */
  readonly steps: readonly StepDefinition[];
  /** Milliseconds from start until the flow turns around (rules.md#turning-around); null = none. */
  readonly deadlineMs: number | null;
  readonly onRetriesExhausted: 'undo' | 'hold';
  readonly onUndoExhausted: 'stop' | 'continue';
  readonly description: string | null;
  readonly labels: Readonly<Record<string, string>>;
  /** JSON Schema of the payload a flow is started with, kept as given; absent = any. */
  readonly payloadSchema?: unknown;
  /**
   * Paths of what not everybody may see in payloads and headers (docs/sensitive-data.md); absent =
   * nothing.
   */
  readonly sensitive?: readonly string[];
  /** Targets of the monitoring checklist (docs/slo.md); absent = those of the checklist. */
  readonly objectives?: Objectives;
  /**
   * Of a flow: the policies that held when it started; `steps` have their values already. Absent =
   * none.
   */
  readonly policies?: readonly PolicyValues[];
}

/** Rates are 0 to 1, times milliseconds; what is absent is as in the checklist. */
export interface Objectives {
  readonly doSuccessRate?: number;
  readonly averageRetryCount?: number;
  readonly undoTriggerRate?: number;
  readonly undoSuccessRate?: number;
  readonly stuckAfter?: number;
  readonly responseTime?: number;
}

/** What an operator sets instead of the document; null = the document's value holds. */
export interface PolicyValues {
  /** Null = every step. */
  readonly stepName: string | null;
  readonly maxRetries: number | null;
  readonly undoMaxRetries: number | null;
  readonly timeoutMs: number | null;
  readonly undoTimeoutMs: number | null;
  /** Of DO and UNDO; absent field = the document's value holds. */
  readonly backoff: Partial<Backoff> | null;
}

/** Values of a step whose document does not give them. */
export interface Defaults {
  readonly maxRetries: number;
  readonly timeoutMs: number;
  readonly backoff: Backoff;
}

/** The defaults of docs/recipe.md. */
export const DEFAULTS = {
  maxRetries: 3,
  timeoutMs: 300_000,
  backoff: { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 'full' } satisfies Backoff,
} as const satisfies Defaults;
