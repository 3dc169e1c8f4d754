/** What a limit remembers of each caller. */

/** Callers that are remembered; one that is forgotten is like a new one. */
const MOST_CALLERS = 10_000;
const SECOND_MS = 1000;

/** By key; the one that was seen least lately is forgotten first. */
export class Callers<T> {
  private readonly known = new Map<string, { readonly about: T; notedAt: number }>();

  constructor(private readonly now: () => number) {}

  /** `fresh` makes what is known of a caller that is new, or was forgotten. */
  seen(key: string, fresh: () => T): T {
    const caller = this.known.get(key) ?? { about: fresh(), notedAt: Number.NEGATIVE_INFINITY };
    this.known.delete(key);
    this.known.set(key, caller);
    const [oldest] = this.known.keys();
    if (this.known.size > MOST_CALLERS && oldest !== undefined) this.known.delete(oldest);
    return caller.about;
  }

  /**
   * True once a second for each caller: one refusal is worth a row, thousands would be work that
   * the limit is there to prevent.
   */
  isWorthNoting(key: string): boolean {
    const caller = this.known.get(key);
    if (caller === undefined) return true;
    const now = this.now();
    if (now - caller.notedAt < SECOND_MS) return false;
    caller.notedAt = now;
    return true;
  }
}
