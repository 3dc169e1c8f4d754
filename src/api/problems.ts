/** The only translation of what went wrong into GraphQL codes and HTTP statuses, and the only mask for the unknown. */
import { GraphQLError } from 'graphql';
import { BadCursor, Fault } from '../engine/ports.js';

/** The caller's mistake, in words for the caller. */
export class BadInput extends Error {
  readonly code = 'BAD_USER_INPUT';
}

export class NotFound extends Error {
  readonly code = 'NOT_FOUND';
}

export interface Told {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly retryable: boolean;
}

/** What may be said about an error; whatever is not known is masked, and belongs into the log. */
export function tell(error: unknown): Told {
  if (error instanceof Fault) {
    const overloaded = error.code === 'OVERLOADED' || error.code === 'STOPPING';
    const message = overloaded ? error.message : 'something the gateway depends on does not answer; nothing was lost, try again';
    return { code: overloaded ? error.code : 'UNAVAILABLE', status: 503, message, retryable: true };
  }
  if (error instanceof BadInput || error instanceof BadCursor)
    return { code: error.code, status: 400, message: error.message, retryable: false };
  if (error instanceof NotFound) return { code: error.code, status: 404, message: error.message, retryable: false };
  if (error instanceof Error && 'code' in error && error.code === 'LAGGED')
    return { code: 'LAGGED', status: 503, message: error.message, retryable: true };
  return { code: 'INTERNAL_SERVER_ERROR', status: 500, message: 'something went wrong here; it is in the log', retryable: false };
}

/** HTTP status of a problem that came back as a value. */
export function statusOf(code: string): number {
  if (code === 'UNKNOWN_ORCHESTRATION' || code === 'UNKNOWN_FLOW') return 404;
  if (code === 'IDEMPOTENCY_KEY_CONFLICT' || code === 'ORCHESTRATION_PAUSED' || code === 'ORCHESTRATION_ARCHIVED') return 409;
  if (code === 'PAYLOAD_TOO_LARGE') return 413;
  if (code === 'OVERLOADED') return 503;
  return 400;
}

export function isKnown(error: unknown): boolean {
  return tell(error).status !== 500;
}

/** For Apollo and graphql-ws: graphql's own errors stay, ours get their code, the rest is masked. */
export function graphqlError(formatted: { readonly message: string }, error: unknown): Record<string, unknown> & { message: string } {
  const original = error instanceof GraphQLError ? error.originalError : error;
  if (original === undefined || original === null || original instanceof GraphQLError) return withoutStack(formatted);
  const told = tell(original);
  const { code, retryable, message } = told;
  const places =
    error instanceof GraphQLError
      ? { ...(error.path && { path: error.path }), ...(error.locations && { locations: error.locations }) }
      : {};
  return { message, ...places, extensions: { code, ...(retryable && { retryable }) } };
}

function withoutStack(formatted: {
  readonly message: string;
  readonly extensions?: Record<string, unknown>;
}): Record<string, unknown> & { message: string } {
  const { stacktrace: _, ...extensions } = formatted.extensions ?? {};
  return { ...formatted, extensions };
}
