/** A place in one topic's log that moves on. */
import type { LogFile, LogRecord } from './log-file.js';

const MOST_AT_ONCE = 500;
const LONGEST_PAUSE_MS = 5000;

export interface Reading {
  readonly log: LogFile;
  /** Where to begin. */
  readonly offset: number;
  /** These come again when it rejects. */
  onBatch(records: readonly LogRecord[]): Promise<void>;
  failed(error: unknown, nextTryMs: number): void;
}

/** Reads one topic for one group, batch by batch, until it is stopped. */
export class Reader {
  private offset: number;
  private awake: PromiseWithResolvers<void> = Promise.withResolvers();
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(private readonly reading: Reading) {
    this.offset = reading.offset;
    this.running = this.run();
  }

  /** The next record for this reader. */
  get position(): number {
    return this.offset;
  }

  wake(): void {
    this.awake.resolve();
  }

  /** Resolves when the batch that is under way is finished. */
  stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    return this.running;
  }

  private async run(): Promise<void> {
    for (let failures = 0; !this.stopped; ) {
      // Renewed before looking: a record that comes while we look wakes us.
      this.awake = Promise.withResolvers();
      const batch = this.reading.log.from(this.offset, MOST_AT_ONCE);
      const last = batch.at(-1);
      if (last === undefined) {
        await this.awake.promise;
        continue;
      }
      try {
        await this.reading.onBatch(batch);
        this.offset = last.offset + 1;
        failures = 0;
      } catch (error) {
        if (this.stopped) return;
        const nextTryMs = Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures++);
        this.reading.failed(error, nextTryMs);
        await this.pause(nextTryMs);
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    // A record that comes meanwhile does not shorten it; the end does.
    while (
      !this.stopped &&
      (await Promise.race([promise.then(() => false), this.awake.promise.then(() => true)]))
    )
      this.awake = Promise.withResolvers();
    clearTimeout(timer);
  }
}
