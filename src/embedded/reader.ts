/** Reading the log of one topic, with a position. */
import { backoff, pause } from '../timing/pause.js';
import type { LogFile, LogRecord } from './log-file.js';

const MOST_AT_ONCE = 500;
const PAUSES = { firstMs: 100, longestMs: 5000 };

export interface Reading {
  readonly log: LogFile;
  /** First offset to read. */
  readonly offset: number;
  /** When it rejects, the same records are passed again. */
  onBatch(records: readonly LogRecord[]): Promise<void>;
  failed(error: unknown, nextTryMs: number): void;
}

/** Reads one topic for one group, batch by batch, until it is stopped. */
export class Reader {
  private offset: number;
  private awake: PromiseWithResolvers<void> = Promise.withResolvers();
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;

  constructor(private readonly reading: Reading) {
    this.offset = reading.offset;
    this.running = this.run();
  }

  /** Offset of the next record. */
  get position(): number {
    return this.offset;
  }

  wake(): void {
    this.awake.resolve();
  }

  /** Resolves when the batch that is under way is finished. */
  stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    return this.running;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (let failures = 0; !signal.aborted; ) {
      // Renewed before reading, so that a record appended meanwhile wakes this loop.
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
        if (signal.aborted) return;
        const nextTryMs = backoff(failures++, PAUSES);
        this.reading.failed(error, nextTryMs);
        // A new record does not shorten the pause; stopping does.
        await pause(nextTryMs, signal);
      }
    }
  }
}
