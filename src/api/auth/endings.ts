/**
 * Connections that stay open longer than their principal is valid: each ends when the principal
 * does.
 */
import { expired, Unauthenticated } from './authentication.js';
import type { Principal } from './principal.js';

type Ended = (reason: Unauthenticated) => void;
interface Watched {
  readonly principal: Principal;
  readonly end: Ended;
}

/** A timer cannot wait for longer. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

export class Endings {
  private readonly watched = new Set<Watched>();

  constructor(private readonly now: () => number = Date.now) {}

  watch(principal: Principal, ended: Ended): () => void {
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      this.watched.delete(one);
    };
    const one: Watched = {
      principal,
      end(reason) {
        stop();
        ended(reason);
      },
    };
    const wait = (): void => {
      if (principal.expiresAt === null) return;
      const left = principal.expiresAt - this.now();
      if (left > 0) timer = setTimeout(wait, Math.min(left, LONGEST_WAIT_MS)).unref();
      else one.end(expired());
    };
    this.watched.add(one);
    wait();
    return stop;
  }

  /** Ends those that are not valid any more. */
  endUnless(isValid: (principal: Principal) => boolean, reason: string): void {
    for (const { principal, end } of [...this.watched])
      if (!isValid(principal)) end(new Unauthenticated(reason));
  }
}
