/**
 * Timeouts, retries and deadlines. The store's `wake_at` is authoritative, and shared by all
 * instances; for its own commits this instance sets a timer, so that they need not wait for the
 * next poll. A stored `wake_at` may be too early: a TICK that finds nothing due stores the exact
 * time.
 */
import type { Log } from '../../observability/log.js';
import type { Delivery, FlowRecord, Store } from '../ports.js';

export interface TimersOptions {
  readonly store: Pick<Store, 'due' | 'untilNextDue'>;
  readonly log: Log;
  readonly submit: (deliveries: readonly Delivery[]) => Promise<unknown>;
  /** Longest time between two polls of the store, ms. */
  readonly lookMs: number;
  /** Whether timers may fire now: the replies that waited for this instance are processed first. */
  readonly ready: () => boolean;
}

const MOST_AT_ONCE = 500;

export class Timers {
  private timer: NodeJS.Timeout | null = null;
  private firesAt = Number.POSITIVE_INFINITY;
  private looking: Promise<void> = Promise.resolve();
  private stopped = true;

  constructor(private readonly options: TimersOptions) {}

  start(): void {
    this.stopped = false;
    this.arm(0);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.looking;
  }

  /**
   * Commits that may be due before the next poll. The clocks of both machines may differ, so the
   * wait is counted from the transaction's `now`.
   */
  noted(records: readonly FlowRecord[]): void {
    for (const { wakeAt, after } of records) if (wakeAt !== null) this.arm(wakeAt - after.now);
  }

  /** Polls now: flows became due by a change outside of the road. */
  lookNow(): void {
    this.arm(0);
  }

  private arm(inMs: number): void {
    if (this.stopped) return;
    const firesAt = performance.now() + Math.max(0, inMs);
    if (firesAt >= this.firesAt) return;
    if (this.timer !== null) clearTimeout(this.timer);
    this.firesAt = firesAt;
    this.timer = setTimeout(
      () => this.fire(),
      Math.min(Math.max(0, inMs) + 1, this.options.lookMs),
    );
  }

  private fire(): void {
    this.timer = null;
    this.firesAt = Number.POSITIVE_INFINITY;
    this.looking = this.looking.then(() => this.look());
  }

  private async look(): Promise<void> {
    let next = this.options.lookMs;
    try {
      if (this.options.ready()) {
        const due = await this.options.store.due(MOST_AT_ONCE);
        if (due.length > 0) await this.options.submit(due.map(tick));
        next =
          due.length === MOST_AT_ONCE
            ? 0
            : await this.options.store.untilNextDue(this.options.lookMs);
      }
    } catch (error) {
      this.options.log.warn({ err: error }, 'could not look for what is due; trying again');
    }
    this.arm(next);
  }
}

export function tick(flowId: string): Delivery {
  return { from: 'timer', kind: 'input', input: { type: 'TICK', flowId } };
}
