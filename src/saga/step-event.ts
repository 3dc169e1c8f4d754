/** What can happen to one step of a flow. */
import type { Action, Instant, Payload } from './flow.js';

export type StepEvent =
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
      /** The flow had turned around already (rules.md#late-success). */
      readonly late: boolean;
      /** The reply could not be read. It may have been a success, so the step is undone. */
      readonly assumed: boolean;
      readonly output: Payload;
      /** What it adds to the headers of the DO commands that follow (rules.md#worker-headers). */
      readonly headers?: Readonly<Record<string, unknown>> | undefined;
      /** Its headers are over the limit of added headers: none of them is kept. */
      readonly headersDropped?: true | undefined;
    }
  | {
      readonly type: 'DO_FAILED';
      readonly stepName: string;
      readonly attempt: number;
      readonly errorMessage: string | null;
      readonly errorCode: string | null;
      readonly final: boolean;
      /** It may have happened in spite of this: it timed out, or its reply could not be read. */
      readonly unknown: boolean;
      /** It could never be published: no worker has seen it. */
      readonly unpublished?: true | undefined;
    }
  | {
      readonly type: 'DO_RETRY_SCHEDULED';
      readonly stepName: string;
      readonly attempt: number;
      readonly nextAttemptAt: Instant;
    }
  | { readonly type: 'DO_RETRIES_EXHAUSTED'; readonly stepName: string }
  | { readonly type: 'DO_WITHDRAWN'; readonly stepName: string; readonly attempt: number }
  /** No publisher had the command. Attempt 1: no worker has seen this round. */
  | {
      readonly type: 'UNDO_WITHDRAWN';
      readonly stepName: string;
      readonly attempt: number;
      readonly round: number;
    }
  /** The open command goes out once more, with the same attemptId (rules.md#resend). */
  | {
      readonly type: 'COMMAND_RESENT';
      readonly stepName: string;
      readonly action: Action;
      readonly attempt: number;
      readonly round: number;
      readonly deadline: Instant;
      readonly actor: string;
      readonly reason: string;
    }
  /** No publisher had the second copy; the first one was published. */
  | {
      readonly type: 'RESEND_WITHDRAWN';
      readonly stepName: string;
      readonly action: Action;
      readonly attempt: number;
      readonly round: number;
    }
  /**
   * A reply to an older attempt, or in backoff, could not be read: the step may have happened;
   * nothing else changes.
   */
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
      /** It came after the UNDO had been given up (rules.md#undo-exhausted). */
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
  /** A late success met an UNDO that is open, in backoff or out of rounds: a round is owed. */
  | { readonly type: 'UNDO_ROUND_OWED'; readonly stepName: string; readonly output: Payload }
  | {
      readonly type: 'STEP_PROGRESS';
      readonly stepName: string;
      readonly action: Action;
      readonly attempt: number;
      readonly progress: number | null;
      readonly message: string | null;
      readonly deadline: Instant;
      /** false: within a second of the last one shown. It moves the deadline; no reader gets it. */
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
      /**
       * The scheduled attempt runs now (rules.md#resend); its budget and the rounds are not
       * renewed. Absent in old timelines.
       */
      readonly early?: boolean;
      readonly actor: string;
      readonly reason: string;
    };
