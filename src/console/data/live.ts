/**
 * One subscription to every step change, shared by the whole page, and whether the gateway can be
 * reached.
 */
import { useEffect, useState } from 'preact/hooks';
import type { StepChange } from '../../client/index.js';
import { gateway } from './gateway.js';

export type Connection = 'live' | 'lost';
type Listener = (change: StepChange | null) => void;

const listeners = new Set<Listener>();
const watchers = new Set<(connection: Connection) => void>();
let connection: Connection = 'live';
/** How often a lost gateway is looked for, in milliseconds. */
const LOOK_AGAIN = 1000;

/** Begins to listen; called once. */
export async function listen(): Promise<void> {
  try {
    for await (const change of gateway.stepChanges({}, { onReconnect: () => lost() }))
      for (const listener of listeners) listener(change);
  } catch {
    // Not allowed, or signed out: pages still load, and show their own errors.
  }
}

function set(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const watcher of watchers) watcher(next);
  // Changes meanwhile are not repeated: whoever shows something reads it again.
  if (next === 'live') for (const listener of listeners) listener(null);
}

function lost(): void {
  if (connection === 'lost') return;
  set('lost');
  const look = async (): Promise<void> => {
    const answer = await fetch('/readyz').catch(() => null);
    if (answer?.ok) set('live');
    else setTimeout(look, LOOK_AGAIN);
  };
  setTimeout(look, LOOK_AGAIN / 4);
}

export function useConnection(): Connection {
  const [now, setNow] = useState(connection);
  useEffect(() => {
    watchers.add(setNow);
    return () => void watchers.delete(setNow);
  }, []);
  return now;
}

export interface Interest {
  readonly flowId?: string | undefined;
  readonly orchestrationName?: string | undefined;
}

/**
 * Calls `act` soon after a change that fits, at most once per `everyMs`; also when the gateway is
 * back.
 */
export function useChanges(act: () => void, everyMs: number, interest: Interest = {}): void {
  const { flowId, orchestrationName } = interest;
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let last = 0;
    const run = (): void => {
      timer = undefined;
      last = Date.now();
      act();
    };
    const listener: Listener = (change) => {
      if (change && flowId !== undefined && change.flowId !== flowId) return;
      if (change && orchestrationName && change.orchestrationName !== orchestrationName) return;
      timer ??= setTimeout(run, Math.max(0, last + everyMs - Date.now()));
    };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      clearTimeout(timer);
    };
  }, [act, everyMs, flowId, orchestrationName]);
}
