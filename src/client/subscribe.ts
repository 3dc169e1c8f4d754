/** Subscriptions: one attempt, and one that reconnects and continues. */
import type { Credentials } from './credentials.js';
import { BackstepError } from './errors.js';
import { reasonOf, type TypedDocument } from './http.js';

/** The transport of subscriptions: WebSocket or event streams. */
export interface Subscriptions {
  iterate<T>(request: {
    readonly query: string;
    readonly variables: Record<string, unknown>;
  }): AsyncIterableIterator<{
    readonly data?: T | null | undefined;
    readonly errors?: readonly unknown[] | undefined;
  }>;
  dispose(): void | Promise<void>;
}

/** One subscription, until it completes. Throws BackstepError when it ends in another way. */
export async function* subscribe<T, V extends Record<string, unknown>>(
  subscriptions: Subscriptions,
  document: TypedDocument<T, V>,
  variables: V,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, void, undefined> {
  const source = subscriptions.iterate<T>({ query: document.toString(), variables });
  const stop = (): void => void source.return?.();
  signal?.addEventListener('abort', stop);
  try {
    for await (const { data, errors } of source) {
      if (errors !== undefined) throw errors;
      if (data) yield data;
    }
    signal?.throwIfAborted();
  } catch (error) {
    signal?.throwIfAborted();
    throw subscriptionError(error);
  } finally {
    signal?.removeEventListener('abort', stop);
    stop();
  }
}

/** A transport throws a list of GraphQL errors, a close event, or an Error. */
function subscriptionError(error: unknown): BackstepError {
  if (error instanceof BackstepError) return error;
  const nothing = { status: null, requestId: null, cause: error };
  if (Array.isArray(error)) {
    const [first] = error as {
      message: string;
      extensions?: { code?: string; retryable?: boolean };
    }[];
    return new BackstepError(
      first?.extensions?.code ?? 'INTERNAL_SERVER_ERROR',
      first?.message ?? 'the subscription ended with an error',
      { ...nothing, retryable: first?.extensions?.retryable },
    );
  }
  const { code, reason } = error as { code?: unknown; reason?: unknown };
  if (typeof code !== 'number') return new BackstepError('CONNECTION', reasonOf(error), nothing);
  const text = `the connection was closed (${code}${reason ? ` ${reason}` : ''})`;
  return new BackstepError(codeOfClose(code), text, nothing);
}

/**
 * Close codes 44xx of graphql-ws are errors of the client, except 4408, with which the gateway ends
 * slow clients.
 */
function codeOfClose(code: number): string {
  if (code === 4401) return 'UNAUTHENTICATED';
  if (code === 4403) return 'FORBIDDEN';
  return code >= 4400 && code < 4500 && code !== 4408 ? 'BAD_REQUEST' : 'CONNECTION';
}

export interface ResumeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called before each new attempt to connect, with the reason and the wait in milliseconds. */
  readonly onReconnect?: ((error: BackstepError, waitMs: number) => void) | undefined;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5000;

/**
 * Runs `attempt` again and again while it fails in a way that may pass; the wait doubles from 100
 * ms to 5 s and starts over once an attempt has delivered something. `attempt` continues where the
 * last one stopped. A token that expired or was refused is such a failure once; again when a
 * connection was accepted meanwhile.
 */
export async function* resuming<T>(
  attempt: () => AsyncGenerator<T, void, undefined>,
  { signal, onReconnect }: ResumeOptions,
  credentials: Credentials,
): AsyncGenerator<T, void, undefined> {
  let refusedAt = -1;
  for (let failures = 0; ; ) {
    try {
      for await (const item of attempt()) {
        failures = 0;
        yield item;
      }
      return;
    } catch (error) {
      const mayRenew = refusedAt < credentials.accepted && credentials.refuse(error);
      if (mayRenew) refusedAt = credentials.accepted;
      if (!(error instanceof BackstepError) || !(mayRenew || error.retryable)) throw error;
      const waitMs = Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS);
      failures += 1;
      onReconnect?.(error, waitMs);
      await pause(waitMs, signal);
    }
  }
}

/** Rejects with the signal's reason when it aborts. */
export function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}
