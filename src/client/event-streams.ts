/** Subscriptions as server-sent events, for networks that do not let WebSockets through. The library is loaded when it is needed. */
import type { HttpOptions } from './http.js';
import type { Subscriptions } from './subscribe.js';

type Library = typeof import('graphql-sse');
type Source = AsyncIterableIterator<never>;

export function eventStreams({ url, headers, fetch }: HttpOptions): Subscriptions {
  const open = new Set<() => void>();
  const begin = async (request: { query: string }, refused: { errors?: unknown }) => {
    const { createClient }: Library = await import('graphql-sse');
    const client = createClient({
      url,
      headers: () => ({ ...headers() }),
      // Reconnecting is ours: a plain retry would subscribe with the old cursor.
      retryAttempts: 0,
      fetchFn: async (...call: Parameters<typeof globalThis.fetch>) => {
        const response = await fetch(...call);
        if (!response.ok) Object.assign(refused, await response.json().catch(() => null));
        return response;
      },
    });
    open.add(client.dispose);
    return { source: client.iterate(request) as Source, end: () => open.delete(client.dispose) };
  };
  return {
    iterate<T>(request: { query: string; variables: Record<string, unknown> }) {
      const refused: { errors?: unknown } = {};
      const begun = begin(request, refused);
      return {
        [Symbol.asyncIterator]() {
          return this;
        },
        async next() {
          try {
            return (await (await begun).source.next()) as IteratorResult<{ data?: T }, undefined>;
          } catch (error) {
            throw Array.isArray(refused.errors) ? refused.errors : error;
          }
        },
        async return() {
          const { source, end } = await begun;
          end();
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
