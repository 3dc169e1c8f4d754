/**
 * Reading something for a page: what is shown while it loads, when it failed, and when it is read
 * again.
 */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { mayPass } from './gateway.js';

/** After a failure that may pass it is read again, in milliseconds. */
const AGAIN = 2000;

export interface Loaded<T> {
  /** Null until it was read for the first time. */
  readonly data: T | null;
  /** Of the last attempt; what was read before stays. */
  readonly error: unknown;
  readonly reload: () => void;
}

interface State<T> {
  readonly key: string;
  readonly data: T | null;
  readonly error: unknown;
}

/**
 * Reads when `key` changes, and on `reload`. An answer that comes after a newer question is
 * dropped.
 */
export function useLoaded<T>(key: string, read: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<State<T>>({ key, data: null, error: null });
  const latest = useRef({ read, key, under: null as AbortController | null });
  latest.current.read = read;
  latest.current.key = key;
  const reload = useCallback(() => {
    const now = latest.current;
    now.under?.abort();
    const under = new AbortController();
    now.under = under;
    const { key: about } = now;
    now.read(under.signal).then(
      (data) => under.signal.aborted || setState({ key: about, data, error: null }),
      (error: unknown) =>
        under.signal.aborted ||
        setState((before) => ({
          key: about,
          data: before.key === about ? before.data : null,
          error,
        })),
    );
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another key is read again
  useEffect(() => {
    reload();
    return () => latest.current.under?.abort();
  }, [key, reload]);
  useRetry(state.error, reload);
  const mine = state.key === key;
  return { data: mine ? state.data : null, error: mine ? state.error : null, reload };
}

function useRetry(error: unknown, reload: () => void): void {
  useEffect(() => {
    if (!mayPass(error)) return undefined;
    const timer = setTimeout(reload, AGAIN);
    return () => clearTimeout(timer);
  }, [error, reload]);
}

/** The time, renewed each `everyMs` while `active`. */
export function useNow(active: boolean, everyMs = 500): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!active) return undefined;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [active, everyMs]);
  return now;
}
