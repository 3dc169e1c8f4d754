/** Subscriptions that end with their client, their connection and their token. */
import { expired, Unauthenticated } from '../auth/authentication.js';
import { isExpired } from '../auth/principal.js';
import type { RequestContext } from '../context.js';

export interface Leaving {
  readonly abort: AbortController;
  readonly context: RequestContext;
}

/** Ends with the subscription, and with its connection. */
export function leaving(context: RequestContext): Leaving & { readonly left: AbortSignal } {
  const abort = new AbortController();
  return { abort, context, left: AbortSignal.any([abort.signal, context.signal]) };
}

/** A generator's return() waits for its pending next(): the abort makes that end. */
export function ending<T, V>(
  source: AsyncIterable<T>,
  { abort, context }: Leaving,
  view: (item: T) => V,
): AsyncIterable<V> {
  const generator = viewed(source, { abort, context }, view);
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => generator.next(),
      return: () => {
        abort.abort();
        return generator.return(undefined);
      },
    }),
  };
}

async function* viewed<T, V>(
  source: AsyncIterable<T>,
  { abort, context: { principal, signal } }: Leaving,
  view: (item: T) => V,
): AsyncGenerator<V> {
  try {
    for await (const item of source) {
      if (isExpired(principal, Date.now())) break;
      yield view(item);
    }
    if (signal.reason instanceof Unauthenticated) throw signal.reason;
    if (isExpired(principal, Date.now())) throw expired();
  } finally {
    abort.abort();
  }
}
