/** One topic of the broker in this process: its log, who reads it, and how much of it is kept. One partition: the order is everybody's. */
import type { Log } from '../observability/log.js';
import { LogFile, type LogRecord } from './log-file.js';
import { Reader } from './reader.js';

/** What late comers still find of what all others have read. */
const KEPT_RECORDS = 1000;
/** Unread records go as well when they are this many times more than what is tidied up. */
const UNREAD_TIMES = 8;

export interface TopicOptions {
  readonly name: string;
  readonly path: string;
  /** A file larger than this is tidied up. */
  readonly trimBytes: number;
  readonly log: Log;
  /** All its readers have read what is before this; null = nobody reads it. */
  read(): number | null;
}

export class Topic {
  private readonly readers = new Set<Reader>();
  private trimAt: number;
  private trimming: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: TopicOptions,
    readonly log: LogFile,
  ) {
    this.trimAt = options.trimBytes;
  }

  static async open(options: TopicOptions): Promise<Topic> {
    return new Topic(options, await LogFile.open(options.path));
  }

  /** Resolves once it is on the disk and can be read. */
  async append(record: Omit<LogRecord, 'offset' | 'timestamp'>): Promise<void> {
    await this.log.append({ ...record, timestamp: Date.now() });
    for (const reader of this.readers) reader.wake();
    if (this.log.size > this.trimAt) {
      this.trimAt = Number.POSITIVE_INFINITY;
      this.trimming = this.trim();
    }
  }

  reads(offset: number, onBatch: (records: readonly LogRecord[]) => Promise<void>): Reader {
    const { name, log } = this.options;
    const failed = (error: unknown, nextTryMs: number): void =>
      log.warn(
        { topic: name, err: error, nextTryMs },
        'records could not be taken; they come again',
      );
    const reader = new Reader({ log: this.log, offset, onBatch, failed });
    this.readers.add(reader);
    return reader;
  }

  async leave(reader: Reader): Promise<void> {
    await reader.stop();
    this.readers.delete(reader);
  }

  async close(): Promise<void> {
    await Promise.all([...this.readers].map((reader) => this.leave(reader)));
    await this.trimming;
    await this.log.close();
  }

  private async trim(): Promise<void> {
    const { name, trimBytes, log } = this.options;
    const { log: file } = this;
    const read = Math.min(this.options.read() ?? file.nextOffset, file.nextOffset - KEPT_RECORDS);
    const most = file.offsetOfLast(trimBytes * UNREAD_TIMES);
    try {
      if (most > read)
        log.warn(
          { topic: name, before: most },
          'nobody has read these records, and there are too many: the oldest go',
        );
      const before = Math.max(read, most);
      if (before > file.firstOffset) await file.trim(before);
    } catch (error) {
      log.warn({ topic: name, err: error }, 'what has been read could not be tidied up');
    }
    this.trimAt = Math.max(trimBytes, 2 * file.size);
  }
}
