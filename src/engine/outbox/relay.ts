/**
 * Publishes the outbox. What this instance commits is published from memory right after the commit;
 * rows left over (another instance died, a lease expired, memory was full) are taken from the
 * store, whole flows at a time. A command that can never be published is submitted to the queue as
 * a failed attempt.
 */

import { LIMITS } from '../../limits/limits.js';
import type { Log } from '../../observability/log.js';
import { backoff, pause } from '../../timing/pause.js';
import {
  type Delivery,
  lengthOf,
  type OutboxRow,
  type Publisher,
  type PublishResult,
  type Store,
  type Wire,
} from '../ports.js';
import { logPublishing, logUnpublishable } from './row-lines.js';

export interface RelayOptions {
  readonly store: Pick<Store, 'outboxSent' | 'outboxTake'>;
  readonly publisher: Publisher;
  readonly wire: Pick<Wire, 'flowTrace'>;
  readonly log: Log;
  readonly submit: (deliveries: readonly Delivery[]) => Promise<unknown>;
  /** How long rows belong to the instance that committed them, ms. */
  readonly leaseMs: number;
  /** Most rows kept in memory; beyond it rows are committed without a lease. */
  readonly memoryLimit: number;
  /** How often leftovers are looked for, ms. */
  readonly leftoverMs: number;
}

interface Held {
  readonly row: OutboxRow;
  readonly since: number;
}

const MOST_AT_ONCE = 1000;
const LEFTOVER_FLOWS = 200;
const PAUSES = { firstMs: 100, longestMs: 1000 };

export class Relay {
  private held: Held[] = [];
  private heldBytes = 0;
  private publishing: Promise<void> | null = null;
  private leftovers: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | null = null;
  private readonly stopping = new AbortController();

  constructor(private readonly options: RelayOptions) {}

  /** Number of rows that wait in memory. */
  get waiting(): number {
    return this.held.length;
  }

  get hasCapacity(): boolean {
    return this.held.length < this.options.memoryLimit && this.heldBytes < LIMITS.relayBytes.value;
  }

  start(): void {
    this.timer = setInterval(() => this.takeLeftovers(), this.options.leftoverMs);
    this.takeLeftovers();
  }

  /** Rows this instance has just committed, in their order. */
  give(rows: readonly OutboxRow[]): void {
    const since = performance.now();
    for (const row of rows) {
      this.held.push({ row, since });
      this.heldBytes += lengthOf(row);
    }
    if (this.held.length > 0) this.publishing ??= this.publishAll();
  }

  /**
   * Publishes what is in memory, for at most `boundMs`; another instance publishes the rest when
   * its lease has expired.
   */
  async stop(boundMs: number): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer);
    await this.leftovers;
    const over = setTimeout(() => this.abandon(), boundMs);
    await this.publishing;
    clearTimeout(over);
    this.abandon();
  }

  private abandon(): void {
    this.stopping.abort();
  }

  private async publishAll(): Promise<void> {
    let failures = 0;
    while (this.held.length > 0 && !this.stopping.signal.aborted) {
      this.dropStale();
      const batch = this.takeBatch();
      if (this.options.log.debugs)
        for (const { row } of batch) logPublishing(this.options.log, row, this.options.wire);
      const results = await this.options.publisher.publish(batch.map(({ row }) => row));
      const later = new Set(
        results.filter(({ result }) => result === 'later').map(({ row }) => row),
      );
      const again = batch.filter(({ row }) => later.has(row));
      this.held.unshift(...again);
      for (const { row } of again) this.heldBytes += lengthOf(row);
      await this.settle(results);
      failures = later.size === 0 ? 0 : failures + 1;
      if (failures > 0) await this.waitForBroker(failures, later.size, results);
    }
    this.publishing = null;
  }

  /** The next rows, bounded in number and bytes; at least one. */
  private takeBatch(): Held[] {
    let [count, bytes] = [0, 0];
    for (const { row } of this.held) {
      bytes += lengthOf(row);
      if (count === MOST_AT_ONCE || (count > 0 && bytes > LIMITS.publishBytes.value)) break;
      count++;
    }
    const batch = this.held.splice(0, count);
    for (const { row } of batch) this.heldBytes -= lengthOf(row);
    return batch;
  }

  /**
   * Rows older than half the lease are dropped from memory: after a long stall another instance may
   * be about to publish them.
   */
  private dropStale(): void {
    const oldest = performance.now() - this.options.leaseMs / 2;
    const fresh = this.held.filter(({ since }) => since >= oldest);
    if (fresh.length === this.held.length) return;
    this.options.log.warn(
      { dropped: this.held.length - fresh.length },
      'rows waited too long in memory; the relay will take them',
    );
    this.held = fresh;
    this.heldBytes = fresh.reduce((sum, { row }) => sum + lengthOf(row), 0);
  }

  private async settle(results: readonly PublishResult[]): Promise<void> {
    const never = results.filter(({ result }) => result === 'never');
    for (const result of never) logUnpublishable(this.options.log, result, this.options.wire);
    const failed = never.flatMap((result) =>
      result.row.attemptId === null ? [] : [unpublishable(result, result.row.attemptId)],
    );
    const gone = results.filter(({ result }) => result !== 'later').map(({ row }) => row);
    try {
      if (failed.length > 0) await this.options.submit(failed);
      await this.options.store.outboxSent(gone);
    } catch (error) {
      // The rows stay in the outbox and are published again after their lease: a re-send of the
      // same attempt.
      this.options.log.warn(
        { err: error, rows: gone.length },
        'published, but could not be marked as sent',
      );
    }
  }

  private async waitForBroker(
    failures: number,
    rows: number,
    results: readonly PublishResult[],
  ): Promise<void> {
    const nextTryMs = backoff(failures - 1, PAUSES);
    const why = results.find(({ result }) => result === 'later')?.errorMessage;
    if (failures === 1 || failures % 10 === 0)
      this.options.log.warn(
        { rows, why, nextTryMs },
        'the broker does not take messages; trying again',
      );
    await pause(nextTryMs, this.stopping.signal);
  }

  private takeLeftovers(): void {
    this.leftovers = this.leftovers.then(async () => {
      try {
        if (this.stopping.signal.aborted || !this.hasCapacity) return;
        const rows = await this.options.store.outboxTake(LEFTOVER_FLOWS);
        if (rows.length > 0)
          this.options.log.info({ rows: rows.length }, 'publishing left-over messages');
        this.give(rows);
      } catch (error) {
        this.options.log.debug({ err: error }, 'could not look for left-over messages');
      }
    });
  }
}

function unpublishable(
  { row, errorCode, errorMessage }: PublishResult,
  attemptId: string,
): Delivery {
  const input = {
    type: 'UNPUBLISHABLE' as const,
    flowId: row.flowId,
    attemptId,
    errorCode: errorCode ?? 'UNPUBLISHABLE',
    errorMessage: errorMessage ?? 'the message cannot be published',
  };
  return { from: 'relay', kind: 'input', input };
}
