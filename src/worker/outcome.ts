/** What came of a command, and the text of the reply (docs/protocol.md, "The message"). */
import { jsonTextOf } from '../json/order.js';
import type { Received } from './command.js';
import { FinalError, UnknownOutcomeError } from './errors.js';

export type Outcome =
  | {
      readonly kind: 'success';
      /** JSON text; null = the reply has no payload. */
      readonly payload: string | null;
      /** Sent on with the DO commands of the steps that follow (rules.md#worker-headers). */
      readonly headers: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'failure';
      readonly message: string;
      readonly code: string | null;
      readonly retryable: boolean;
    }
  /** The effect may be in place. */
  | { readonly kind: 'unknown'; readonly message: string };

export interface Progress {
  /** From 0 to 1; null = not known. */
  readonly fraction: number | null;
  readonly message: string | null;
}

/** What a handler that threw means. */
export function outcomeOf(error: unknown): Outcome {
  const message = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof UnknownOutcomeError) return { kind: 'unknown', message };
  const retryable = !(error instanceof FinalError);
  return { kind: 'failure', message, code: codeOf(error), retryable };
}

/** A code of this kit, or of what threw (`ECONNREFUSED`, `23505`). */
function codeOf(error: unknown): string | null {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && code !== '' ? code : null;
}

/** The headers of a reply beside those of the command. */
export function outcomeHeaders(outcome: Outcome): Readonly<Record<string, unknown>> {
  switch (outcome.kind) {
    case 'success':
      return { ...outcome.headers, status: true };
    case 'failure':
      return {
        status: false,
        errorMessage: outcome.message,
        ...(outcome.code !== null && { errorCode: outcome.code }),
        ...(!outcome.retryable && { retryable: false }),
      };
    case 'unknown':
      // A status that is neither true nor false: the gateway counts the outcome as unknown, and
      // shows this text.
      return { status: `unknown: ${outcome.message}` };
  }
}

/** The reply's record value. */
export function replyText({ echo }: Received, outcome: Outcome): string {
  const { headers, ...status } = { headers: {}, ...splitHeaders(outcome) };
  const payload = outcome.kind === 'success' ? (outcome.payload ?? 'null') : 'null';
  return `{"headers":${jsonTextOf({ ...headers, ...echo, ...status })},"payload":${payload}}`;
}

/** A worker's own headers never replace those of the command. */
function splitHeaders(outcome: Outcome): Readonly<Record<string, unknown>> {
  if (outcome.kind !== 'success') return outcomeHeaders(outcome);
  return { headers: outcome.headers, status: true };
}

/** The record value of a sign of life. */
export function progressText({ echo }: Received, { fraction, message }: Progress): string {
  const headers = {
    ...echo,
    action: 'PROGRESS',
    ...(fraction !== null && { progress: fraction }),
    ...(message !== null && { message }),
  };
  return `{"headers":${jsonTextOf(headers)},"payload":null}`;
}
