/** Sends one operation over HTTP. */
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
import { type Credentials, isUnauthenticated } from './credentials.js';
import { BackstepError } from './errors.js';

export interface HttpOptions {
  /** The GraphQL endpoint, for example `https://backstep.example.com/graphql`. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly fetch: typeof globalThis.fetch;
}

export interface Signal {
  /** Ends the call; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An operation as text, with the types of its result and variables as code generators write them.
 */
export type TypedDocument<T, V> = DocumentTypeDecoration<T, V> & { toString(): string };

export type Send = <T, V>(
  document: TypedDocument<T, V>,
  variables: V,
  options?: Signal,
) => Promise<T>;

interface Answer<T> {
  readonly data?: T | null;
  /** Of problem JSON, when it is no answer of GraphQL. */
  readonly detail?: string;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: { readonly code?: string; readonly retryable?: boolean };
  }[];
}

/**
 * Resolves with the data; throws BackstepError when there is none, or with an error beside it. A
 * request whose token was refused was not carried out, so it is safe to send it once more with a
 * new one.
 */
export async function request<T, V>(
  http: HttpOptions,
  document: TypedDocument<T, V>,
  variables: V,
  signal: AbortSignal | undefined,
): Promise<T> {
  const body = JSON.stringify({ query: document.toString(), variables });
  try {
    return await post<T>(http, body, { signal });
  } catch (error) {
    if (!isUnauthenticated(error) || !http.credentials.areRenewed) throw error;
    return post<T>(http, body, { signal, refused: error });
  }
}

interface Attempt extends Signal {
  /** What the last one was refused with. */
  readonly refused?: BackstepError;
}

async function post<T>(
  { url, credentials, fetch }: HttpOptions,
  body: string,
  { signal, refused }: Attempt,
): Promise<T> {
  const headers = await credentials.headers(refused);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: ACCEPT, ...headers },
    body,
    ...(signal !== undefined && { signal }),
  }).catch((cause: unknown) => {
    if (signal?.aborted) throw signal.reason;
    throw new BackstepError('CONNECTION', `${url} cannot be reached: ${reasonOf(cause)}`, {
      status: null,
      requestId: null,
      cause,
    });
  });
  return answerOf<T>(url, response);
}

async function answerOf<T>(url: string, response: Response): Promise<T> {
  const { status } = response;
  const requestId = response.headers.get('x-request-id');
  const answer = (await response.json().catch(() => null)) as Answer<T> | null;
  const error = answer?.errors?.[0];
  if (error === undefined && answer?.data) return answer.data;
  const code = error?.extensions?.code ?? (status === 503 ? 'UNAVAILABLE' : 'CONNECTION');
  const detail = answer?.detail === undefined ? ' and no GraphQL result' : `: ${answer.detail}`;
  const message = error?.message ?? `${url} answered ${status}${detail}`;
  const { retryable } = error?.extensions ?? {};
  throw new BackstepError(code, message, { status, requestId, retryable });
}

const ACCEPT = 'application/graphql-response+json, application/json';

/** The deepest cause is what the operating system reported. */
export function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  // A WebSocket reports an event with a message, not an Error.
  const { cause, code, message } = error as Readonly<Record<string, unknown>>;
  if (cause !== undefined && cause !== null) return reasonOf(cause);
  const reason = String(message || code || 'the connection failed');
  return UNKNOWN_AUTHORITY.has(code) ? `${reason}; ${TRUST}` : reason;
}

const UNKNOWN_AUTHORITY: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
const TRUST =
  'name the file of the authority that issued the certificate with NODE_EXTRA_CA_CERTS, on the command line with --ca';
