/**
 * Waits for a database that is away at the start, as for one that goes away later. Errors that
 * waiting cannot fix end the start.
 */

import { Fault } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { backoff, pause } from '../timing/pause.js';

const PAUSES = { firstMs: 100, longestMs: 2_000 };
/**
 * Codes that waiting cannot fix: a wrong password, no such database, missing rights, a schema of
 * another system.
 */
const FOR_GOOD: ReadonlySet<string> = new Set([
  'DATABASE_REFUSED',
  'DATABASE_SCHEMA',
  'DATABASE_TLS',
]);

export interface Waiting {
  readonly log: Log;
  /** Aborts when the process stops. */
  readonly signal: AbortSignal;
  /** Called with each reason. */
  readonly waits: (why: Fault) => void;
}

export async function patiently<T>(work: () => Promise<T>, waiting: Waiting): Promise<T> {
  const { log, signal, waits } = waiting;
  let last = '';
  for (let failures = 0; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Fault) || FOR_GOOD.has(error.code) || signal.aborted) throw error;
      waits(error);
      // Once per reason: a database that is away for an hour does not fill the log.
      if (error.message !== last) log.warn({ err: error }, 'waiting for the database');
      last = error.message;
      await pause(backoff(failures, PAUSES), signal);
      if (signal.aborted) throw error;
    }
  }
}
