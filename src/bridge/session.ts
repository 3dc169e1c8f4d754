/**
 * One client: a subscription, or one poll. It has as many commands at once as it wants, and gets
 * the next one when it has answered one.
 */
import type { Held, LeasedCommand } from './held.js';

/** What a client wants. */
export interface WorkerWish {
  readonly orchestrationName: string;
  readonly stepNames: readonly string[];
  readonly group: string;
  /** Commands at once. */
  readonly concurrency: number;
  /** Under whom its leases count. */
  readonly caller: string;
}

interface Handed {
  readonly held: Held;
  readonly leased: LeasedCommand;
}

export class Session {
  readonly leases = new Set<Held>();
  /** Commands that are checked for it at the moment. */
  reserved = 0;
  private readonly handed: Handed[] = [];
  private arrived = Promise.withResolvers<void>();
  private hasEnded = false;

  constructor(
    readonly wish: WorkerWish,
    /** It may have more. */
    readonly freed: () => void,
  ) {}

  get isOpen(): boolean {
    return !this.hasEnded;
  }

  get free(): number {
    return this.hasEnded ? 0 : this.wish.concurrency - this.leases.size - this.reserved;
  }

  /** A command that it may have from now on. */
  hand(held: Held, leased: LeasedCommand): void {
    this.leases.add(held);
    this.handed.push({ held, leased });
    this.arrived.resolve();
  }

  /** The lease has ended, or the command was answered. */
  release(held: Held): void {
    if (!this.leases.delete(held)) return;
    const at = this.handed.findIndex((one) => one.held === held);
    if (at >= 0) this.handed.splice(at, 1);
    this.freed();
  }

  /** The next command; null = the session has ended. */
  async next(): Promise<LeasedCommand | null> {
    for (;;) {
      const first = this.handed.shift();
      if (first !== undefined) return first.leased;
      if (this.hasEnded) return null;
      this.arrived = Promise.withResolvers();
      await this.arrived.promise;
    }
  }

  /** What was handed and not taken yet. */
  takeAll(): LeasedCommand[] {
    return this.handed.splice(0).map(({ leased }) => leased);
  }

  /** What was handed and never taken is returned: its client has not seen it. */
  end(): Held[] {
    this.hasEnded = true;
    this.arrived.resolve();
    return this.handed.splice(0).map(({ held }) => held);
  }
}
