/**
 * Waits for a database that is away at the start, as for one that goes away later. Errors that
 * waiting cannot fix end the start.
 */
import type { Config } from '../config/config.js';
import { Fault } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { backoff, pause } from '../timing/pause.js';
import type { Opened } from './opened.js';

const PAUSES = { firstMs: 100, longestMs: 2_000 };
/** Codes that waiting cannot fix: a wrong password, no such database, missing rights or columns. */
const FOR_GOOD: ReadonlySet<string> = new Set([
  'DATABASE_REFUSED',
  'DATABASE_SCHEMA',
  'DATABASE_RIGHTS',
  'DATABASE_TLS',
]);
/**
 * With MIGRATIONS=wait somebody else makes the tables and then grants the rights on them: between
 * the two the gateway has none.
 */
const GRANTED_LATER = 'DATABASE_RIGHTS';

export interface Waiting {
  readonly log: Log;
  /** Aborts when the process stops. */
  readonly signal: AbortSignal;
  /** Called with each reason. */
  readonly waits: (why: Fault) => void;
  /** Somebody else prepares the database. */
  readonly isPreparedElsewhere?: boolean;
}

export function waitingOf(
  { migrations }: Config,
  { signal }: Opened,
  log: Log,
  waits: Waiting['waits'],
): Waiting {
  return { log, signal, waits, isPreparedElsewhere: migrations === 'wait' };
}

export async function patiently<T>(work: () => Promise<T>, waiting: Waiting): Promise<T> {
  const { log, signal, waits } = waiting;
  let last = '';
  for (let failures = 0; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Fault) || isForGood(error, waiting) || signal.aborted) throw error;
      waits(error);
      // Once per reason: a database that is away for an hour does not fill the log.
      if (error.message !== last) log.warn({ err: error }, 'waiting for the database');
      last = error.message;
      await pause(backoff(failures, PAUSES), signal);
      if (signal.aborted) throw error;
    }
  }
}

function isForGood({ code }: Fault, { isPreparedElsewhere = false }: Waiting): boolean {
  return FOR_GOOD.has(code) && !(isPreparedElsewhere && code === GRANTED_LATER);
}
