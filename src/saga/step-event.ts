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
      /** It was an unreadable answer that may have been a success, and is taken as one to be undone. */
      readonly assumed: boolean;
      readonly output: Payload;
      /** What it adds to the headers of the DO commands that follow (rules.md#worker-headers). */
      readonly headers?: Readonly<Record<string, unknown>> | undefined;
      /** It added more headers than travel on commands: none of them does. */
      readonly headersDropped?: true | undefined;
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
  /** As for a DO: no publisher had it. Attempt 1: the round did not begin as far as any worker knows. */
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
  /** The second copy had not left; the first one had. */
  | {
      readonly type: 'RESEND_WITHDRAWN';
      readonly stepName: string;
      readonly action: Action;
      readonly attempt: number;
      readonly round: number;
    }
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
      /** The scheduled attempt runs now (rules.md#resend); its budget and the rounds are not renewed. Absent in old timelines. */
      readonly early?: boolean;
      readonly actor: string;
      readonly reason: string;
    };
