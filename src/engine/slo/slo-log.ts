/**
 * Collects what this instance counts, and adds it to the stored counters once a second: no commit
 * waits for it.
 */
import type { Log } from '../../observability/log.js';
import type { Instant } from '../../saga/flow.js';
import type { Delivery, FlowRecord, SloCounts, Store } from '../ports.js';
import { addTo, noCounts } from './counters.js';
import { type Count, tally } from './tally.js';

const MINUTE_MS = 60_000;
const FLUSH_MS = 1000;
/**
 * Pairs of orchestration and minute that wait while the database is away; what comes beyond them is
 * not counted.
 */
const MOST_WAITING = 10_000;

interface Waiting extends SloCounts {
  readonly counts: number[];
}

export class SloLog {
  private waiting = new Map<string, Waiting>();
  private timer: NodeJS.Timeout | null = null;
  private flushing: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(
    private readonly store: Pick<Store, 'addSlo'>,
    private readonly log: Log,
  ) {}

  committed(records: readonly FlowRecord[], deliveries: readonly Delivery[]): void {
    tally(records, deliveries, (...counted) => this.count(...counted));
    if (!this.stopping) this.arm();
  }

  /** Adds to one counter of the minute of `at`. */
  readonly count: Count = (orchestrationName, at, place, by) => {
    const counts = this.countsOf(orchestrationName, at);
    counts[place] = (counts[place] ?? 0) + by;
  };

  /** Stores what waits. */
  async stop(): Promise<void> {
    this.stopping = true;
    if (this.timer !== null) clearTimeout(this.timer);
    await this.flush();
  }

  private countsOf(orchestrationName: string, at: Instant): number[] {
    const minute = at - (at % MINUTE_MS);
    const key = `${minute} ${orchestrationName}`;
    const known = this.waiting.get(key);
    if (known !== undefined) return known.counts;
    const counts = noCounts();
    if (this.waiting.size < MOST_WAITING)
      this.waiting.set(key, { orchestrationName, minute, counts });
    return counts;
  }

  private arm(): void {
    if (this.waiting.size > 0) this.timer ??= setTimeout(() => this.flushLater(), FLUSH_MS);
  }

  private flushLater(): void {
    this.timer = null;
    this.flushing = this.flush();
  }

  /**
   * Also done by itself, a second after something was counted. Never throws: what could not be
   * stored is added to what comes next.
   */
  async flush(): Promise<void> {
    await this.flushing;
    const rows = [...this.waiting.values()];
    if (rows.length === 0) return;
    this.waiting = new Map();
    try {
      await this.store.addSlo(rows);
    } catch (err) {
      this.log.debug({ err, rows: rows.length }, 'could not store counters; trying again');
      for (const { orchestrationName, minute, counts } of rows)
        addTo(this.countsOf(orchestrationName, minute), counts);
      if (!this.stopping) this.arm();
    }
  }
}
