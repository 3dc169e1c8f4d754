/**
 * Hostile batches: whatever bytes stand in the place of compressed records, the client gets records
 * it can hand out.
 */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CODECS, openBatch } from '../../src/kafka/codecs.js';
import { checkRecords, headerBefore, unreadable } from '../../src/kafka/record-batch.js';
import { LIMITS } from '../../src/limits/limits.js';

const BASE = 1000n;

/** A batch as the client holds it: the header, and behind it what was compressed. */
function batchOf(compressed: Buffer, count: number, type: number): Buffer {
  const batch = Buffer.alloc(61 + compressed.length);
  batch.writeBigInt64BE(BASE, 0);
  batch.writeInt32BE(batch.length - 12, 8);
  batch.writeInt8(2, 16);
  batch.writeInt16BE(type, 21);
  batch.writeInt32BE(Math.max(0, count - 1), 23);
  batch.writeInt32BE(count, 57);
  compressed.copy(batch, 61);
  return batch.subarray(61);
}

/** Of records that are made by the module itself: the same form as a producer's. */
const recordsOf = (count: number): Buffer =>
  unreadable(
    { baseOffset: BASE, lastOffset: BASE + BigInt(count - 1), count },
    Buffer.from('x'),
    '',
  );

const real = CODECS.filter(([type]) => type <= 4);

describe.each(real.map(([type, codec]) => [codec.name, type, codec] as const))(
  '%s',
  (_, type, codec) => {
    test('what is compressed opens to the same bytes, whatever their size', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200_000, size: 'max' }), async (bytes) => {
          const compressed = await codec.compress(Buffer.from(bytes));
          const back = await codec.decompress(compressed, 200_000);
          expect(Buffer.compare(back, Buffer.from(bytes))).toBe(0);
        }),
        { numRuns: 30 },
      );
    });

    test('any byte changed, cut off or made up: records come out, as many as there were', async () => {
      const count = 5;
      const good = await codec.compress(recordsOf(count));
      const damage = fc.oneof(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        fc.nat(good.length - 1).map((length) => good.subarray(0, length)),
        fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
          const copy = Buffer.from(good);
          copy[at] = byte;
          return copy;
        }),
      );
      await fc.assert(
        fc.asyncProperty(damage, async (bytes) => {
          checkRecords(await openBatch(codec, batchOf(bytes, count, type)), count);
        }),
        { numRuns: 500 },
      );
    });

    test('what opens to more than the limit is not opened', async () => {
      const most = LIMITS.recordBatchBytes.value;
      const bomb = await codec.compress(Buffer.alloc(most + 1));
      const compressed = batchOf(bomb, 3, type);
      const records = await openBatch(codec, compressed);
      expect(records.length).toBeLessThan(compressed.length + 1000);
      expect(records.includes('cannot be read')).toBe(true);
    });
  },
);

test('a codec that Kafka has not defined is a batch nobody can open', async () => {
  for (const [type, codec] of CODECS.filter(([one]) => one > 4)) {
    const records = await openBatch(codec, batchOf(Buffer.from('abc'), 2, type));
    expect(records.toString()).toContain(
      `from offset 1000 to 1001 cannot be read: type ${type}: compression type ${type} is not known`,
    );
  }
});

test('a count that nobody could hold is an error, not a loop', () => {
  for (const count of [0, -1, 2 ** 31 - 1])
    expect(() =>
      unreadable({ baseOffset: 0n, lastOffset: 1n, count }, Buffer.alloc(1), 'x'),
    ).toThrow(`a batch of ${count} records`);
  expect(() => checkRecords(Buffer.alloc(0), 100_001)).toThrow('at most 100000');
});

test('what does not lie behind the header of a batch has none', () => {
  expect(headerBefore(Buffer.from(new ArrayBuffer(10)))).toBeNull();
  expect(headerBefore(Buffer.from(new ArrayBuffer(200), 61))).toBeNull();
});
