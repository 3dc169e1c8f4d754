/**
 * Audit rows of what changed nothing: mutations that were refused, and the summary of one operator
 * action on many flows. They share transactions, so that many refusals cost the database little.
 * Whoever is refused is refused also while the database is away: the row is in the log then.
 */
import type { Log } from '../../observability/log.js';
import { type AuditRow, Fault, type Store } from '../ports.js';

/** Rows in one transaction. */
const AT_ONCE = 500;
/**
 * Rows that wait: beyond them a refusal is logged only, so that nobody fills the memory with
 * refusals.
 */
const MOST_WAITING = 5_000;

interface Waiting {
  readonly row: AuditRow;
  readonly done: () => void;
}

export class AuditLog {
  private waiting: Waiting[] = [];
  private writing: Promise<void> | null = null;

  constructor(
    private readonly store: Pick<Store, 'audit'>,
    private readonly log: Log,
  ) {}

  /** Resolves when it is stored, or logged because it could not be. Never rejects. */
  add(row: AuditRow): Promise<void> {
    if (this.waiting.length >= MOST_WAITING) {
      this.lost([row], new Fault('OVERLOADED', `${MOST_WAITING} audit rows are waiting already`));
      return Promise.resolve();
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.waiting.push({ row, done: resolve });
    this.writing ??= this.run();
    return promise;
  }

  /** What waits is written, or logged. */
  async stop(): Promise<void> {
    await this.writing;
  }

  private async run(): Promise<void> {
    // A turn of the event loop: what arrives in the same tick shares the transaction.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.waiting.length > 0) await this.write(this.waiting.splice(0, AT_ONCE));
    this.writing = null;
  }

  private async write(batch: readonly Waiting[]): Promise<void> {
    const rows = batch.map(({ row }) => row);
    try {
      await this.store.audit(rows);
    } catch (error) {
      this.lost(rows, error);
    }
    for (const { done } of batch) done();
  }

  private lost(rows: readonly AuditRow[], error: unknown): void {
    for (const audit of rows)
      this.log
        .about({ flowId: audit.flowId, traceId: null })
        .warn({ err: error, audit }, 'an audit row could not be stored; it is here instead');
  }
}
