/** What a handler throws, and what the gateway then does (docs/workers.md, "Errors"). */

interface Details extends ErrorOptions {
  /** The reply's errorCode; a step's nonRetryableErrors may list it. */
  readonly code?: string | undefined;
}

class WorkError extends Error {
  readonly code: string | undefined;

  constructor(message: string, { code, ...options }: Details = {}) {
    super(message, options);
    this.code = code;
  }
}

/** No effect is in place, and another attempt may succeed. Any other error means the same. */
export class RetryableError extends WorkError {
  override readonly name = 'RetryableError';
}

/** No effect is in place, and no other attempt can succeed: the gateway does not retry. */
export class FinalError extends WorkError {
  override readonly name = 'FinalError';
}

/**
 * The effect may be in place: the gateway does not retry the DO, and sends the step's UNDO
 * (rules.md#what-is-undone).
 */
export class UnknownOutcomeError extends WorkError {
  override readonly name = 'UnknownOutcomeError';
}
