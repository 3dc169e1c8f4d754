/** A place in one topic's log that moves on. */
import type { LogFile, LogRecord } from './log-file.js';

const MOST_AT_ONCE = 500;

/** Reads one topic for one group, batch by batch, until it is stopped. */
export class Reader {
  private waiting: (() => void) | null = null;
  private stopped = false;
  running: Promise<void> = Promise.resolve();

  constructor(
    private readonly log: LogFile,
    private offset: number,
    private readonly onBatch: (records: readonly LogRecord[]) => Promise<void>,
    /** A reader ends at the first error; what it did not finish comes again at the next start. */
    private readonly failed: (error: unknown) => void,
  ) {}

  start(): void {
    this.running = this.run();
  }

  wake(): void {
    this.waiting?.();
  }

  stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    return this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      const batch = this.log.from(this.offset, MOST_AT_ONCE);
      const last = batch.at(-1);
      if (last === undefined) {
        await new Promise<void>((resolve) => {
          this.waiting = resolve;
        });
        continue;
      }
      try {
        await this.onBatch(batch);
      } catch (error) {
        this.failed(error);
        return;
      }
      this.offset = last.offset + 1;
    }
  }
}
