/**
 * Waiting. Knows: milliseconds. Refuses to know: what is waited for. In: a time and a signal. Out:
 * a promise. It uses the global setTimeout, not node:timers/promises: the simulation (testing/sim)
 * replaces the globals.
 */

/**
 * Resolves after `ms`, or as soon as `signal` aborts. It does not throw: the caller checks the
 * signal.
 */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener('abort', end);
    if (signal?.aborted) end();
  });
}

export interface Backoff {
  /** The wait after the first failure. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Milliseconds to wait when `failures` attempts failed before the last one: twice as long each
 * time, up to the longest.
 */
export function backoff(failures: number, { firstMs, longestMs }: Backoff): number {
  return Math.min(longestMs, firstMs * 2 ** failures);
}
