/**
 * Transactions that are open for longer than they should be. They are left alone: the database may
 * be waiting for a standby or a disk, and goes on by itself; but it must be seen.
 */
import type { Store } from './ports.js';

/** From then on a transaction is shown, ms. */
const SLOW_MS = 5_000;

type Counted = Pick<Store, 'outboxSent' | 'outboxTake' | 'due' | 'untilNextDue'>;

export class SlowTransactions {
  /** When each open transaction began, ms. */
  private readonly open = new Set<{ readonly since: number }>();

  constructor(private readonly store: Counted & Pick<Store, 'waits'>) {}

  /** The transactions of the outbox and the timers, with their time counted. */
  readonly counted: Counted = {
    outboxSent: (rows) => this.store.outboxSent(rows),
    outboxTake: (flows) => this.timed(() => this.store.outboxTake(flows)),
    due: (most) => this.timed(() => this.store.due(most)),
    untilNextDue: (most) => this.store.untilNextDue(most),
  };

  /** Runs a transaction, and counts its time. */
  async timed<T>(transaction: () => Promise<T>): Promise<T> {
    const one = { since: performance.now() };
    this.open.add(one);
    try {
      return await transaction();
    } finally {
      this.open.delete(one);
    }
  }

  /** How long the longest transaction has been open, ms; 0 = none is. */
  get longestMs(): number {
    const now = performance.now();
    let longest = 0;
    for (const { since } of this.open) longest = Math.max(longest, now - since);
    return longest;
  }

  /** How long, and what the database is waiting for; null = none is slow. */
  async detail(): Promise<string | null> {
    if (this.longestMs < SLOW_MS) return null;
    const reason = await this.store.waits?.().catch(() => null);
    const { longestMs } = this;
    if (longestMs < SLOW_MS) return null;
    const seconds = Math.floor(longestMs / 1000);
    return `a transaction has been open for ${seconds} s${reason ? `: ${reason}` : ''}`;
  }
}
