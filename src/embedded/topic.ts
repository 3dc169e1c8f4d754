/** One topic of the broker in this process: its log, who reads it, and how much of it is kept. One partition: the order is everybody's. */
import type { Log } from '../observability/log.js';
import { LogFile, type LogRecord } from './log-file.js';
import { Reader } from './reader.js';

/** What late comers still find of what all others have read: so many records, and no more than this part of what is tidied up. */
const KEPT_RECORDS = 1000;
const KEPT_PART = 1 / 8;

export interface TopicOptions {
  readonly name: string;
  readonly path: string;
  /** A file larger than this is tidied up. */
  readonly trimBytes: number;
  readonly log: Log;
  /** All its readers have read what is before this; null = nobody ever will. */
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

  /** Bytes that somebody has still to read. */
  get unread(): number {
    return this.log.heldFrom(this.readUpTo);
  }

  private get readUpTo(): number {
    return this.options.read() ?? this.log.nextOffset;
  }

  private async trim(): Promise<void> {
    const { name, trimBytes, log } = this.options;
    const { log: file } = this;
    // What somebody has still to read is never thrown away; the broker is full first.
    const kept = Math.max(file.nextOffset - KEPT_RECORDS, file.offsetOfLast(trimBytes * KEPT_PART));
    const before = Math.min(this.readUpTo, kept);
    try {
      if (before > file.firstOffset) await file.trim(before);
    } catch (error) {
      log.warn({ topic: name, err: error }, 'what has been read could not be tidied up');
    }
    this.trimAt = Math.max(trimBytes, 2 * file.size);
  }
}
