/**
 * One topic of the broker in this process: its log, its readers, and how much of it is kept. It has
 * one partition.
 */
import type { Log } from '../observability/log.js';
import { LogFile, type LogRecord } from './log-file.js';
import { Reader } from './reader.js';

/**
 * How much that all readers have read is kept for a new group: so many records, and at most this
 * part of `trimBytes`.
 */
const KEPT_RECORDS = 1000;
const KEPT_PART = 1 / 8;

export interface TopicOptions {
  readonly name: string;
  readonly path: string;
  /** A file larger than this is trimmed. */
  readonly trimBytes: number;
  readonly log: Log;
  /** Offset up to which all readers have read; null = the topic has no readers. */
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

  /** Resolves when the record is on the disk and can be read. */
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

  /** Bytes that not all readers have read. */
  get unread(): number {
    return this.log.heldFrom(this.readUpTo);
  }

  private get readUpTo(): number {
    return this.options.read() ?? this.log.nextOffset;
  }

  private async trim(): Promise<void> {
    const { name, trimBytes, log } = this.options;
    const { log: file } = this;
    // Unread records are never removed: when there are too many, the broker refuses new work
    // (fullness.ts).
    const kept = Math.max(file.nextOffset - KEPT_RECORDS, file.offsetOfLast(trimBytes * KEPT_PART));
    const before = Math.min(this.readUpTo, kept);
    try {
      if (before > file.firstOffset) await file.trim(before);
    } catch (error) {
      log.warn({ topic: name, err: error }, 'read records could not be removed');
    }
    this.trimAt = Math.max(trimBytes, 2 * file.size);
  }
}
