/**
 * The only translation of what went wrong into GraphQL codes and HTTP statuses, and the only mask
 * for the unknown.
 */
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { BadCursor, Fault } from '../engine/ports.js';
import { Unauthenticated } from './auth/authentication.js';
import { Forbidden } from './auth/policy.js';

/** More of something than this caller may have just now. */
export const RATE_LIMITED = 'RATE_LIMITED';
export const TOO_MANY_OPEN_FLOWS = 'TOO_MANY_OPEN_FLOWS';

/** The same request may be accepted in a second: the answer has Retry-After. */
export function isForLater(code: string): boolean {
  return code === RATE_LIMITED || code === TOO_MANY_OPEN_FLOWS;
}

/** The caller's mistake, with a message for the caller. */
export class BadInput extends Error {
  constructor(
    message: string,
    readonly code: string = 'BAD_USER_INPUT',
  ) {
    super(message);
  }
}

export class NotFound extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface PublicError {
  readonly code: string;
  readonly status: number;
  readonly message: string;
  readonly retryable: boolean;
}

/** Faults whose message is written here and names no host, path or table. */
const OWN_FAULTS: ReadonlySet<string> = new Set(['OVERLOADED', 'STARTING', 'STOPPING']);
const CANNOT_RECORD =
  'the database answers, but it cannot record this: it is too large; send a smaller payload';
const TOO_SLOW =
  'the database did not finish this in time; request less, with a filter by orchestration, status or time';
const UNAVAILABLE = 'something the gateway depends on does not answer; nothing was lost, try again';
export const INTERNAL = 'INTERNAL_SERVER_ERROR';

/** What a caller gets of an error; whatever is not known is masked, and belongs in the log. */
export function toPublicError(error: unknown): PublicError {
  if (error instanceof Fault) return ofFault(error);
  if (error instanceof Unauthenticated)
    return { code: error.code, status: 401, message: error.message, retryable: false };
  if (error instanceof Forbidden)
    return { code: error.code, status: 403, message: error.message, retryable: false };
  if (error instanceof BadInput)
    return { code: error.code, status: 400, message: error.message, retryable: false };
  if (error instanceof BadCursor) {
    const message =
      'after is not a cursor of this list; take it from endCursor or an edge, and leave it out for the first page';
    return { code: error.code, status: 400, message, retryable: false };
  }
  if (error instanceof Error && 'code' in error && error.code === 'CANNOT_RECORD')
    return { code: error.code, status: 413, message: CANNOT_RECORD, retryable: false };
  if (error instanceof NotFound)
    return { code: error.code, status: 404, message: error.message, retryable: false };
  if (error instanceof Error && 'code' in error && error.code === 'LAGGED')
    return { code: 'LAGGED', status: 503, message: error.message, retryable: true };
  return {
    code: INTERNAL,
    status: 500,
    message: 'something went wrong here; it is in the log',
    retryable: false,
  };
}

function ofFault({ code, message }: Fault): PublicError {
  if (OWN_FAULTS.has(code)) return { code, status: 503, message, retryable: true };
  if (code === 'DATABASE_SLOW')
    return { code: 'READ_TOO_SLOW', status: 503, message: TOO_SLOW, retryable: true };
  return { code: 'UNAVAILABLE', status: 503, message: UNAVAILABLE, retryable: true };
}

const STATUSES: Readonly<Record<string, number>> = {
  UNKNOWN_ORCHESTRATION: 404,
  UNKNOWN_FLOW: 404,
  UNKNOWN_LEASE: 404,
  IDEMPOTENCY_KEY_CONFLICT: 409,
  ORCHESTRATION_PAUSED: 409,
  ORCHESTRATION_ARCHIVED: 409,
  PAYLOAD_TOO_LARGE: 413,
  FAN_OUT_TOO_LARGE: 413,
  CANNOT_RECORD: 413,
  [RATE_LIMITED]: 429,
  [TOO_MANY_OPEN_FLOWS]: 429,
  OVERLOADED: 503,
  BROKER_FULL: 503,
};

/** HTTP status of a problem that came back as a value. */
export function statusOf(code: string): number {
  return STATUSES[code] ?? 400;
}

/**
 * What a client gets of an error: graphql's own errors as they are, known ones with their code,
 * others masked. `unknown`: log it.
 */
export function graphqlError(
  formatted: GraphQLFormattedError,
  error: unknown,
): { readonly answer: GraphQLFormattedError; readonly unknown: boolean } {
  const original = originalOf(error);
  if (original === null) return ownOf(formatted);
  const { code, retryable, message } = toPublicError(original);
  const { path, locations } = formatted;
  const answer = {
    message,
    ...(locations && { locations }),
    ...(path && { path }),
    extensions: { code, ...(retryable && { retryable }) },
  };
  return { answer, unknown: code === INTERNAL };
}

/** What a resolver threw; null when graphql itself complains. */
function originalOf(error: unknown): unknown {
  let original: unknown = error;
  while (original instanceof GraphQLError) original = original.originalError ?? null;
  return original ?? null;
}

/**
 * graphql's own: about the document or its variables, unless a resolver answered what the schema
 * forbids.
 */
function ownOf(formatted: GraphQLFormattedError): {
  readonly answer: GraphQLFormattedError;
  readonly unknown: boolean;
} {
  const code =
    formatted.extensions?.code ??
    (formatted.path === undefined ? 'GRAPHQL_VALIDATION_FAILED' : INTERNAL);
  const { message, locations, path } = formatted;
  const unknown = code === INTERNAL;
  const shown = unknown ? toPublicError(null).message : ownMessage(message);
  return {
    answer: {
      message: shown,
      ...(locations && { locations }),
      ...(path && { path }),
      extensions: { code },
    },
    unknown,
  };
}

/** Maps codes of the server's library to codes of docs/protocol.md. */
function ownMessage(message: string): string {
  return message.startsWith('This operation has been blocked as a potential')
    ? 'a GET request needs the header Apollo-Require-Preflight: true, which no form of a foreign page can send'
    : message;
}

/** Without names of the schema, for clients that may not read it. */
export function withoutSuggestions(answer: GraphQLFormattedError): GraphQLFormattedError {
  return { ...answer, message: answer.message.replace(/ ?Did you mean .+\?$/s, '') };
}
