/**
 * Errors that are caused by the database and not by the work: they become a Fault, and the caller
 * tries again.
 */
import { Fault } from '../../engine/ports.js';
import { tlsProblem } from '../../names/tls-problems.js';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EAI_AGAIN',
  'ENOENT',
]);
/** The driver's messages without a code when a connection went away or none was free. */
const AWAY =
  /connection (?:terminated|error|ended)|not queryable|after calling end|client was closed|timeout exceeded when trying to connect|query read timeout|timeout expired/i;
/**
 * SQLSTATE classes of wrong values, broken constraints, limits, wrong SQL and server bugs: the work
 * would fail again.
 */
const THE_WORK = /^(?:2[0-3]|42|54|XX|P0)/;
/**
 * Except these: a table, column or function is missing. That is the state of the database, not of
 * the work.
 */
const NOT_READY = new Set(['42P01', '42703', '42883']);
/** As is this: a right is missing. It may be granted later. */
const NO_RIGHT = '42501';

export function faultOf(error: unknown): Fault | null {
  if (error instanceof Fault) return error;
  for (
    let cause: unknown = error, depth = 0;
    typeof cause === 'object' && cause !== null && depth < 5;
    depth++
  ) {
    const {
      code,
      message,
      cause: next,
    }: { code?: unknown; message?: unknown; cause?: unknown } = cause;
    const named = nameOf(String(code ?? ''), String(message ?? ''));
    if (named !== null) {
      const [name, reason] = named;
      return new Fault(name, `${reason}: ${message || code}`, { cause: error, reason });
    }
    cause = next;
  }
  return null;
}

const TLS = {
  authority: 'sslrootcert in DATABASE_URL',
  client: 'sslcert and sslkey in DATABASE_URL',
  off: 'sslmode=disable in DATABASE_URL',
};

function nameOf(code: string, message: string): readonly [string, string] | null {
  const tls = tlsProblem(code, message, TLS);
  if (tls !== null) return ['DATABASE_TLS', `the database cannot be reached by TLS: ${tls}`];
  if (UNREACHABLE.has(code)) return ['DATABASE_AWAY', 'the database does not answer'];
  if (/^[0-9A-Z]{5}$/.test(code) && !UNREACHABLE.has(code)) return nameOfState(code, message);
  return AWAY.test(message) ? ['DATABASE_AWAY', 'the database does not answer'] : null;
}

function nameOfState(code: string, message: string): readonly [string, string] | null {
  if (NOT_READY.has(code))
    return ['DATABASE_SCHEMA', 'the schema is not what this version expects'];
  if (code === NO_RIGHT) return ['DATABASE_RIGHTS', 'the user of the database lacks a right'];
  if (THE_WORK.test(code)) return null;
  if (code.startsWith('28') || code === '3D000')
    return ['DATABASE_REFUSED', 'the database refuses this user or has no such database'];
  if (code === '57P03') return ['DATABASE_STARTING', 'the database is starting up'];
  if (code === '53100') return ['DATABASE_FULL', 'the database has no space left'];
  if (code === '53200') return ['DATABASE_MEMORY', 'the database has too little memory for this'];
  if (code === '57014' && /timeout/.test(message))
    return ['DATABASE_SLOW', 'a statement took too long'];
  if (code.startsWith('53') || code.startsWith('40') || code === '55P03')
    return ['DATABASE_BUSY', 'the database is too busy'];
  if (code === '25006') return ['DATABASE_AWAY', 'the database is read-only'];
  return ['DATABASE_AWAY', 'the database reports an error of its own'];
}

export async function throwingFaults<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw faultOf(error) ?? error;
  }
}
