/**
 * Subscriptions as server-sent events, for networks that do not let WebSockets through. The library
 * is loaded when it is needed.
 */
import type { HttpOptions } from './http.js';
import type { Subscriptions } from './subscribe.js';

type Library = typeof import('graphql-sse');
type Source = AsyncIterableIterator<never>;

export function eventStreams(http: HttpOptions): Subscriptions {
  const open = new Set<() => void>();
  return {
    iterate<T>(request: { query: string; variables: Record<string, unknown> }) {
      const refused: { errors?: unknown } = {};
      const begun = begin(http, request, refused);
      begun.then(
        ({ dispose }) => open.add(dispose),
        () => undefined,
      );
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        async next() {
          return nextOf<{ data?: T }>(begun, refused);
        },
        async return() {
          const { source, dispose } = await begun;
          open.delete(dispose);
          await source.return?.();
          return { done: true, value: undefined };
        },
      };
    },
    dispose() {
      for (const end of open) end();
    },
  };
}

async function nextOf<T>(
  begun: ReturnType<typeof begin>,
  refused: { readonly errors?: unknown },
): Promise<IteratorResult<T, undefined>> {
  try {
    return (await (await begun).source.next()) as IteratorResult<T, undefined>;
  } catch (error) {
    throw Array.isArray(refused.errors) ? refused.errors : error;
  }
}

/** `refused` receives the errors of an answer that is not a stream. */
async function begin(
  { url, credentials, fetch }: HttpOptions,
  request: { query: string },
  refused: { errors?: unknown },
) {
  const { createClient }: Library = await import('graphql-sse');
  const client = createClient({
    url,
    headers: async () => ({ ...(await credentials.headers()) }),
    // `resuming` reconnects: a retry of the library would subscribe with the old cursor.
    retryAttempts: 0,
    fetchFn: async (...call: Parameters<typeof globalThis.fetch>) => {
      const response = await fetch(...call);
      if (response.ok) credentials.accept();
      else Object.assign(refused, await response.json().catch(() => null));
      return response;
    },
  });
  return { source: client.iterate(request) as Source, dispose: client.dispose };
}
