/** One topic's log: JSON lines in a file, kept in memory as well. A line cut short by a crash is cut off at the next opening. */
import { appendFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A record as it is kept; its offset is its place. Texts that are not UTF-8 are base64. */
export interface LogRecord {
  readonly offset: number;
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
}

export class LogFile {
  records: LogRecord[] = [];
  private next = 0;
  private pending: string[] = [];
  private writing: Promise<void> = Promise.resolve();
  private scheduled = false;

  private constructor(private readonly path: string) {}

  static async open(path: string): Promise<LogFile> {
    const log = new LogFile(path);
    await mkdir(dirname(path), { recursive: true });
    const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    let good = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, good)) {
      const line = parsed(bytes.subarray(good, end).toString());
      if (line === null) break;
      log.keep(line);
      good = end + 1;
    }
    if (good < bytes.length) await truncate(path, good);
    if (bytes.length === 0) await writeFile(path, '', { flag: 'a' });
    return log;
  }

  get firstOffset(): number {
    return this.records[0]?.offset ?? this.next;
  }

  get nextOffset(): number {
    return this.next;
  }

  from(offset: number, most: number): LogRecord[] {
    const index = Math.max(0, offset - this.firstOffset);
    return this.records.slice(index, index + most);
  }

  /** Resolves when the line has been handed to the operating system: it survives the end of this process, not of the machine. */
  append(record: Omit<LogRecord, 'offset'>): Promise<void> {
    const full = { ...record, offset: this.next };
    this.records.push(full);
    this.next++;
    this.pending.push(`${JSON.stringify(lineOf(full))}\n`);
    return this.flush();
  }

  /** Forgets what is before this offset; the file is written anew. */
  async trim(before: number): Promise<void> {
    this.records = this.records.filter((record) => record.offset >= before);
    const marker = `${JSON.stringify({ o: this.next, t: 0, k: null, v: null, mark: true })}\n`;
    const text = this.records.map((record) => `${JSON.stringify(lineOf(record))}\n`).join('');
    await this.writing;
    await writeFile(this.path, this.records.length === 0 ? marker : text);
  }

  async close(): Promise<void> {
    await this.flush();
    await this.writing;
  }

  private keep(line: Line & { readonly mark?: boolean }): void {
    if (line.mark !== true) {
      this.records.push({ offset: line.o, timestamp: line.t, key: bytesOf(line.k), value: bytesOf(line.v), headers: line.h ?? {} });
    }
    this.next = line.mark === true ? line.o : line.o + 1;
  }

  private flush(): Promise<void> {
    if (!this.scheduled) {
      this.scheduled = true;
      this.writing = this.writing.then(async () => {
        this.scheduled = false;
        const text = this.pending.join('');
        this.pending = [];
        if (text !== '') await appendFile(this.path, text);
      });
    }
    return this.writing;
  }
}

function parsed(text: string): Line | null {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return null;
  }
}

function lineOf({ offset, timestamp, key, value, headers }: LogRecord): Line {
  return { o: offset, t: timestamp, k: textOf(key), v: textOf(value), ...(Object.keys(headers).length > 0 && { h: { ...headers } }) };
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
