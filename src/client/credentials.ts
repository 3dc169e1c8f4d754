/**
 * Headers that prove who calls: constant, or from a function that is called again when a token has
 * been refused.
 */
import { BackstepError } from './errors.js';

export type Headers = Readonly<Record<string, string>>;

/**
 * `refused`: the gateway did not accept what the last call returned, or it has expired meanwhile;
 * return a new token.
 */
export type HeaderSource = (refused?: BackstepError) => Headers | Promise<Headers>;

export class Credentials {
  /** What a subscription was last refused with; until a connection is accepted. */
  private refused: BackstepError | undefined;
  /** How many connections have been accepted with what these headers proved. */
  accepted = 0;

  constructor(private readonly given: Headers | HeaderSource | undefined) {}

  /** Whether a second call may return something else. */
  get areRenewed(): boolean {
    return typeof this.given === 'function';
  }

  /** For a request or a connection. Rejects with what the function throws. */
  async headers(refused: BackstepError | undefined = this.refused): Promise<Headers> {
    return typeof this.given === 'function' ? this.given(refused) : (this.given ?? {});
  }

  accept(): void {
    this.accepted += 1;
    this.refused = undefined;
  }

  /** True: the same with new headers may succeed. */
  refuse(error: unknown): boolean {
    if (!isUnauthenticated(error) || !this.areRenewed) return false;
    this.refused = error;
    return true;
  }
}

export function isUnauthenticated(error: unknown): error is BackstepError {
  return error instanceof BackstepError && error.code === 'UNAUTHENTICATED';
}
