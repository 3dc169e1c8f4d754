/** The errors that the client throws. */
import type { ProblemDetailsFragment } from './generated/graphql.js';

/**
 * The request was not carried out. `code` is one of docs/protocol.md, "Errors", or `CONNECTION`.
 */
export class BackstepError extends Error {
  override readonly name: string = 'BackstepError';

  constructor(
    readonly code: string,
    message: string,
    readonly details: {
      /** HTTP status; null when there was no answer. */
      readonly status: number | null;
      /** To find the request in the gateway's log; null when there was no answer. */
      readonly requestId: string | null;
      readonly cause?: unknown;
      /** What the gateway reports in `extensions.retryable`; absent = by the code. */
      readonly retryable?: boolean | undefined;
    },
  ) {
    super(message, { cause: details.cause });
  }

  /** The same request may succeed later: the gateway or one of its dependencies was away. */
  get retryable(): boolean {
    return this.details.retryable ?? RETRYABLE.has(this.code);
  }
}

/** Of answers that did not come from the gateway itself, and of gateways that do not report it. */
const RETRYABLE: ReadonlySet<string> = new Set([
  'CONNECTION',
  'UNAVAILABLE',
  'STARTING',
  'STOPPING',
  'OVERLOADED',
  'LAGGED',
]);

/**
 * The gateway understood the request and refused it; `problems` has the reasons, each with a stable
 * code.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(readonly problems: readonly ProblemDetailsFragment[]) {
    super(problems.map(({ code, message }) => `${code}: ${message}`).join('\n'));
  }

  has(code: string): boolean {
    return this.problems.some((problem) => problem.code === code);
  }
}
