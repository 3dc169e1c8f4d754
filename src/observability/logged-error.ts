/**
 * An error as a line shows it: what went wrong and where, and its causes. Nothing else that a
 * library hangs on an error is logged: PostgreSQL's `detail` is the row, and a parser's message
 * repeats the text that it could not read.
 */

import { types } from 'node:util';

const MOST_CAUSES = 5;
/** What V8 repeats of the text, shortened or whole. */
const REPEATED = /(?:\.\.\.)?"[\s\S]*"(?:\.\.\.)? is not valid JSON/;

interface Logged {
  readonly type: string;
  readonly message: string;
  readonly stack?: string | undefined;
  readonly code?: string | number | undefined;
  /** Of a GraphQL error: the field. */
  readonly path?: readonly (string | number)[] | undefined;
  readonly cause?: Logged | undefined;
}

export function loggedError(error: unknown): unknown {
  return isError(error) ? logged(error, 0) : error;
}

/** Also one of another realm. */
const isError = (value: unknown): value is Error =>
  value instanceof Error || types.isNativeError(value);

function logged(error: Error, depth: number): Logged {
  const { code, path, originalError } = error as Hung;
  const cause = error.cause ?? originalError;
  const { message, stack } = textsOf(error);
  return {
    type: error.constructor.name,
    message,
    stack,
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(Array.isArray(path) && { path }),
    ...(isError(cause) && depth < MOST_CAUSES && { cause: logged(cause, depth + 1) }),
  };
}

/** What libraries hang on errors, as far as it is shown. */
interface Hung {
  readonly code?: unknown;
  readonly path?: unknown;
  readonly originalError?: unknown;
  readonly errors?: readonly unknown[];
}

function textsOf(error: Error & Pick<Hung, 'errors'>): Pick<Logged, 'message' | 'stack'> {
  const { stack, errors = [] } = error;
  // Of several addresses none answers: the error itself has no message.
  const message = error.message || errors.map((one) => String(one)).join('; ');
  if (!REPEATED.test(message)) return { message, stack };
  const safe = message.replace(REPEATED, 'the text is not valid JSON');
  return { message: safe, stack: stack?.replaceAll(message, safe) };
}
