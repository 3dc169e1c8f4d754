/**
 * The records inside a compressed batch (record format version 2). A batch that cannot be read must
 * not stop its partition: it is replaced by marked records with the same offsets, so that the
 * consumer puts the batch into quarantine and goes on.
 */
import { randomUUID } from 'node:crypto';

/** Bytes before the compressed records: the header of the batch. */
const HEADER_BYTES = 61;
/**
 * The client passes the records of a batch as arguments of one call: more than this would overflow
 * the stack.
 */
const MOST_RECORDS = 100_000;

/** Random for each process, so that no producer can write it. */
const MARK = `backstep-unreadable-${randomUUID()}`;

export interface BatchHeader {
  readonly baseOffset: bigint;
  readonly lastOffset: bigint;
  readonly count: number;
}

/**
 * The header of the batch. The client passes a view that begins after the header, so it is read
 * from the memory before the view; null = it is none.
 */
export function headerBefore(compressed: Buffer): BatchHeader | null {
  const start = compressed.byteOffset - HEADER_BYTES;
  if (start < 0) return null;
  const header = Buffer.from(compressed.buffer, start, HEADER_BYTES);
  const length = header.readInt32BE(8);
  const isBatch = header.readInt8(16) === 2 && length === HEADER_BYTES - 12 + compressed.length;
  if (!isBatch) return null;
  const baseOffset = header.readBigInt64BE(0);
  const lastOffset = baseOffset + BigInt(header.readInt32BE(23));
  return { baseOffset, lastOffset, count: header.readInt32BE(57) };
}

/** Throws when the client could not read these records safely. */
export function checkRecords(bytes: Buffer, count: number): void {
  if (count > MOST_RECORDS)
    throw new Error(`it has ${count} records, at most ${MOST_RECORDS} are read of one batch`);
  const reader = new Reader(bytes);
  for (let index = 0; index < count; index++) {
    const length = reader.varint();
    const end = reader.at + length;
    if (length < 0 || end > bytes.length) throw new Error('a record is longer than the batch');
    checkRecord(reader);
    if (reader.at > end) throw new Error('a record is longer than it claims to be');
    reader.at = end;
  }
}

function checkRecord(reader: Reader): void {
  reader.skip(1);
  reader.varint();
  reader.varint();
  for (const part of ['key', 'value']) {
    const length = reader.varint();
    if (length < -1) throw new Error(`the ${part} of a record has the length ${length}`);
    reader.skip(Math.max(0, length));
  }
  const headers = reader.varint();
  if (headers < 0) throw new Error(`a record has ${headers} headers`);
  for (let index = 0; index < headers * 2; index++) {
    const length = reader.varint();
    if (length < -1) throw new Error(`a header of a record has the length ${length}`);
    reader.skip(Math.max(0, length));
  }
}

class Reader {
  at = 0;
  constructor(private readonly bytes: Buffer) {}

  /**
   * A zigzag number of up to ten bytes. Numbers beyond 2^53 are not exact; they fail the caller's
   * checks of offsets and lengths.
   */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (let index = 0; index < 10; index++) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error('the records end early');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      scale *= 128;
    }
    throw new Error('a number of a record has no end');
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.bytes.length) throw new Error('the records end early');
  }
}

/**
 * Records in place of those that cannot be read. The last one has the batch and the reason;
 * admitting it moves the inbox past all of them.
 */
export function unreadable(header: BatchHeader, compressed: Buffer, why: string): Buffer {
  const { baseOffset, lastOffset, count } = header;
  // The count is not trusted: memory must not grow with it.
  if (count > MOST_RECORDS || count < 1)
    throw new Error(`a batch of ${count} records at offset ${baseOffset} cannot be read: ${why}`);
  const last = Number(lastOffset - baseOffset);
  const parts: Buffer[] = [];
  for (let index = 0; index < count - 1; index++)
    parts.push(recordOf(Math.min(index, last), null, ''));
  const message = `the records from offset ${baseOffset} to ${lastOffset} cannot be read: ${why}`;
  parts.push(recordOf(last, compressed, message));
  return Buffer.concat(parts);
}

function recordOf(offsetDelta: number, value: Buffer | null, message: string): Buffer {
  const [mark, text] = [Buffer.from(MARK), Buffer.from(message)];
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(offsetDelta),
    varint(-1),
    value === null ? varint(-1) : Buffer.concat([varint(value.length), value]),
    varint(1),
    varint(mark.length),
    mark,
    varint(text.length),
    text,
  ]);
  return Buffer.concat([varint(body.length), body]);
}

function varint(number: number): Buffer {
  const bytes: number[] = [];
  let rest = number < 0 ? -2 * number - 1 : 2 * number;
  while (rest >= 128) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}

/**
 * By the record headers: null = a record of a producer; '' = a record of a batch that cannot be
 * read; the last one of the batch has the reason.
 */
export function unreadableReason(headers: Readonly<Record<string, unknown>>): string | null {
  return Object.hasOwn(headers, MARK) ? String(headers[MARK]) : null;
}
