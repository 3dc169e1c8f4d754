/**
 * Removes old flows that have ended, so that the history does not grow for ever. A pass goes from
 * the oldest on in small batches, and pauses after each so that it uses a bounded share of one
 * connection. One instance at a time does it.
 */
import type { Log } from '../../observability/log.js';
import { pause } from '../../timing/pause.js';
import type { EndStatus, Removal, Removed, Store } from '../ports.js';

/** How long ended flows and settled records are kept, ms; null = for ever. */
export interface Keep {
  readonly flows: Readonly<Record<EndStatus, number | null>>;
  readonly quarantined: number | null;
  readonly audit: number | null;
  /** Counters of the monitoring checklist. */
  readonly slo: number | null;
}

export const KEEP_ALL: Keep = {
  flows: { COMPLETED: null, UNDONE: null, CANCELLED: null, FAILED: null },
  quarantined: null,
  audit: null,
  slo: null,
};

export interface RetentionOptions {
  readonly store: Pick<Store, 'removing'>;
  readonly log: Log;
  readonly keep: Keep;
  /** Time from one pass to the next, ms. */
  readonly everyMs: number;
  /** Rows read in one transaction. */
  readonly batchSize: number;
}

/**
 * Pause after a batch, as a multiple of the time it took: retention uses one tenth of one
 * connection's time.
 */
const REST_PER_WORK = 9;
/** The first pass waits until the start of the gateway is over. */
const FIRST_AFTER_MS = 30_000;

type Batch = (removal: Removal, after: string | null, most: number) => Promise<Removed>;

export class Retention {
  private readonly stopping = new AbortController();
  private readonly walks: readonly (readonly [name: string, batch: Batch])[];
  private timer: NodeJS.Timeout | null = null;
  private passing: Promise<void> = Promise.resolve();

  constructor(private readonly options: RetentionOptions) {
    this.walks = walksOf(options.keep);
  }

  /** Does nothing when everything is kept for ever. */
  start(): void {
    if (this.walks.length > 0) this.arm(Math.min(FIRST_AFTER_MS, this.options.everyMs));
  }

  /** Waits for the batch that is under way; no other follows. */
  async stop(): Promise<void> {
    this.stopping.abort();
    if (this.timer !== null) clearTimeout(this.timer);
    await this.passing;
  }

  private arm(inMs: number): void {
    if (this.stopping.signal.aborted) return;
    this.timer = setTimeout(() => {
      this.passing = this.pass().finally(() => this.arm(this.options.everyMs));
    }, inMs);
  }

  private async pass(): Promise<void> {
    const removed: Record<string, number> = {};
    try {
      await this.options.store.removing(async (removal) => {
        for (const [name, batch] of this.walks)
          await this.walk(
            batch,
            removal,
            (count) => (removed[name] = (removed[name] ?? 0) + count),
          );
      });
    } catch (error) {
      this.options.log.warn({ err: error }, 'could not remove what is old; trying again later');
    }
    if (Object.keys(removed).length > 0)
      this.options.log.info({ removed }, 'removed what was older than it is kept');
  }

  private async walk(
    batch: Batch,
    removal: Removal,
    count: (removed: number) => void,
  ): Promise<void> {
    let after: string | null = null;
    while (!this.stopping.signal.aborted) {
      const began = performance.now();
      const { removed, next } = await batch(removal, after, this.options.batchSize);
      if (removed > 0) count(removed);
      if (next === null) return;
      after = next;
      await pause((performance.now() - began) * REST_PER_WORK, this.stopping.signal);
    }
  }
}

function walksOf({ flows, quarantined, audit, slo }: Keep): (readonly [string, Batch])[] {
  const walks = Object.entries(flows).flatMap(([status, ageMs]): (readonly [string, Batch])[] =>
    ageMs === null
      ? []
      : [
          [
            status,
            (removal, after, most) => removal.flows(status as EndStatus, ageMs, after, most),
          ],
        ],
  );
  if (quarantined !== null)
    walks.push([
      'quarantined',
      (removal, after, most) => removal.quarantined(quarantined, after, most),
    ]);
  if (audit !== null)
    walks.push(['audit', (removal, after, most) => removal.audit(audit, after, most)]);
  if (slo !== null) walks.push(['slo', (removal, after, most) => removal.slo(slo, after, most)]);
  return walks;
}
