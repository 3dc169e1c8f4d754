/**
 * The log of one topic: JSON lines in a file, and its records in memory as well. Concurrent appends
 * share one write. A record can be read, and its append resolves, once it is written and synced to
 * the disk, so it survives a crash of this process and of the machine. An incomplete last line
 * after a crash is removed when the file is opened.
 */
import { chmod, mkdir, open, readFile, rename, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PRIVATE_FILE, PRIVATE_FOLDER } from './private-files.js';

/** A stored record; offsets have no gaps. */
export interface LogRecord {
  readonly offset: number;
  /** ms. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

interface Line {
  readonly o: number;
  readonly t: number;
  readonly k: string | null;
  readonly v: string | null;
  readonly h?: Record<string, string>;
  /** Not a record: `o` is the next offset of an emptied log. */
  readonly mark?: boolean;
}

interface Pending {
  readonly record: Omit<LogRecord, 'offset'>;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class LogFile {
  private records: LogRecord[] = [];
  private next = 0;
  /** Bytes of the file up to the end of the last complete line. */
  private good = 0;
  private pending: Pending[] = [];
  private turn: Promise<void> = Promise.resolve();
  private broken = false;
  private bytes = 0;

  private constructor(private readonly path: string) {}

  static async open(path: string): Promise<LogFile> {
    const log = new LogFile(path);
    await mkdir(dirname(path), { recursive: true, mode: PRIVATE_FOLDER });
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    });
    if (bytes === null) await writeFile(path, '', { mode: PRIVATE_FILE });
    else await Promise.all([chmod(path, PRIVATE_FILE), log.read(bytes)]);
    return log;
  }

  get firstOffset(): number {
    return this.records[0]?.offset ?? this.next;
  }

  get nextOffset(): number {
    return this.next;
  }

  /** Bytes on the disk. */
  get size(): number {
    return this.good;
  }

  /** Bytes of the records in memory. */
  get held(): number {
    return this.bytes;
  }

  /** Bytes of the records in memory from this offset on. */
  heldFrom(offset: number): number {
    const index = Math.max(0, offset - this.firstOffset);
    if (index === 0) return this.bytes;
    let bytes = 0;
    for (let at = index; at < this.records.length; at++) bytes += sizeOf(this.records[at]);
    return bytes;
  }

  /** At most `most` records, from the first one at or after this offset. */
  from(offset: number, most: number): readonly LogRecord[] {
    const index = Math.max(0, offset - this.firstOffset);
    return this.records.slice(index, index + most);
  }

  /**
   * Offset of the first record with a timestamp of `ms` or later; the next offset when all are
   * older.
   */
  offsetSince(ms: number): number {
    return this.records.find(({ timestamp }) => timestamp >= ms)?.offset ?? this.next;
  }

  /** Offset from which on the newest records have about this many bytes together. */
  offsetOfLast(bytes: number): number {
    let [left, index] = [bytes, this.records.length];
    while (index > 0 && left > 0) left -= sizeOf(this.records[--index]);
    return this.records[index]?.offset ?? this.next;
  }

  /**
   * Resolves when the record is on the disk; rejects when it could not be written, and then it is
   * never read.
   */
  append(record: Omit<LogRecord, 'offset'>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pending.push({ record, resolve, reject });
      if (this.pending.length === 1) this.turn = this.turn.then(() => this.flush());
    });
  }

  /**
   * Removes the records before this offset. A crash in between leaves the old file or the new one,
   * never a part of one.
   */
  trim(before: number): Promise<void> {
    const done = this.turn.then(() => this.rewrite(before));
    this.turn = done.catch(() => undefined);
    return done;
  }

  /** Resolves when every append has resolved or rejected. */
  close(): Promise<void> {
    return this.turn;
  }

  private async read(bytes: Buffer): Promise<void> {
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, this.good)) {
      const line = parsed(bytes.subarray(this.good, end).toString());
      if (line === null) break;
      if (line.mark !== true) this.keep(recordOf(line));
      this.next = line.mark === true ? line.o : line.o + 1;
      this.good = end + 1;
    }
    if (this.good < bytes.length) await truncate(this.path, this.good);
  }

  private keep(record: LogRecord): void {
    this.records.push(record);
    this.bytes += sizeOf(record);
  }

  private async flush(): Promise<void> {
    const batch = this.pending;
    this.pending = [];
    const records = batch.map(({ record }, index) => ({ ...record, offset: this.next + index }));
    const bytes = Buffer.from(
      records.map((record) => `${JSON.stringify(lineOf(record))}\n`).join(''),
    );
    try {
      await this.write(bytes);
    } catch (error) {
      // A partly written batch is truncated before the next write.
      this.broken = true;
      for (const { reject } of batch) reject(error);
      return;
    }
    this.good += bytes.length;
    for (const record of records) this.keep(record);
    this.next += records.length;
    for (const { resolve } of batch) resolve();
  }

  /** Opens the file for each write: there may be more topics than a process may have open files. */
  private async write(bytes: Buffer): Promise<void> {
    const file = await open(this.path, 'r+');
    try {
      if (this.broken) await file.truncate(this.good);
      this.broken = false;
      for (let done = 0; done < bytes.length; )
        done += (await file.write(bytes, done, bytes.length - done, this.good + done)).bytesWritten;
      await file.datasync();
    } finally {
      await file.close();
    }
  }

  private async rewrite(before: number): Promise<void> {
    const records = this.records.filter(({ offset }) => offset >= before);
    const lines: Line[] =
      records.length === 0
        ? [{ o: this.next, t: 0, k: null, v: null, mark: true }]
        : records.map(lineOf);
    const bytes = Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await writeFile(`${this.path}.new`, bytes, { flush: true, mode: PRIVATE_FILE });
    await rename(`${this.path}.new`, this.path);
    this.records = records;
    this.bytes = records.reduce((sum, record) => sum + sizeOf(record), 0);
    this.good = bytes.length;
    this.broken = false;
  }
}

function sizeOf(record: LogRecord | undefined): number {
  return (record?.key?.length ?? 0) + (record?.value?.length ?? 0) + 50;
}

function parsed(text: string): Line | null {
  try {
    const line: unknown = JSON.parse(text);
    return typeof line === 'object' && line !== null && 'o' in line && Number.isInteger(line.o)
      ? (line as Line)
      : null;
  } catch {
    return null;
  }
}

function recordOf({ o, t, k, v, h }: Line): LogRecord {
  return { offset: o, timestamp: t, key: bytesOf(k), value: bytesOf(v), headers: h ?? {} };
}

function lineOf({ offset, timestamp, key, value, headers }: LogRecord): Line {
  return {
    o: offset,
    t: timestamp,
    k: textOf(key),
    v: textOf(value),
    ...(Object.keys(headers).length > 0 && { h: { ...headers } }),
  };
}

/** `u` + UTF-8 text, or `b` + base64. */
function textOf(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  const text = Buffer.from(bytes).toString('utf8');
  return Buffer.from(text).equals(bytes) ? `u${text}` : `b${Buffer.from(bytes).toString('base64')}`;
}

function bytesOf(text: string | null): Uint8Array | null {
  return text === null ? null : Buffer.from(text.slice(1), text[0] === 'b' ? 'base64' : 'utf8');
}
