/** Snappy blocks that the library would read for hours, and those it may read. */
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import snappy from 'snappyjs';
import { checkSnappyBlock } from '../../src/kafka/snappy-block.js';

test('a block made by the library is taken', () => {
  for (const bytes of [
    Buffer.alloc(0),
    Buffer.from('a'),
    Buffer.from('abcabcabc'.repeat(5000)),
    randomBytes(70_000),
    Buffer.concat([randomBytes(300), Buffer.alloc(100_000, 7), randomBytes(300)]),
  ]) {
    const block = Buffer.from(snappy.compress(bytes));
    expect(() => checkSnappyBlock(block)).not.toThrow();
    expect(snappy.uncompress(block, 200_000).equals(bytes)).toBe(true);
  }
});

describe('is refused before the library sees it', () => {
  test.each([
    ['a literal of more than 2^31 bytes', [10, 0xfc, 0, 0, 0, 0x80, 1, 2, 3]],
    ['a literal longer than the block', [10, 0x24, 1, 2]],
    ['a copy from before the beginning', [10, 0x00, 1, 0x09, 5]],
    ['a copy from nowhere', [10, 0x00, 1, 0x09, 0]],
    ['a copy from more than 2^31 bytes back', [10, 0x00, 1, 0x07, 0, 0, 0, 0x80]],
    ['more than it declares', [1, 0x04, 1, 2]],
    ['less than it declares', [9, 0x04, 1, 2]],
    ['a length without an end', [255, 255, 255, 255, 255, 255]],
    ['nothing', []],
  ])('%s', (_, bytes) => {
    expect(() => checkSnappyBlock(Buffer.from(bytes))).toThrow();
  });
});

test('what is taken, the library opens', () => {
  const text = Buffer.from(
    'the quick brown fox jumps over the lazy dog, the quick fox. '.repeat(9),
  );
  const good = Buffer.from(snappy.compress(text));
  fc.assert(
    fc.property(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 }), (at, value) => {
      const block = Buffer.from(good);
      block[at] = value;
      try {
        checkSnappyBlock(block);
      } catch {
        return;
      }
      expect(snappy.uncompress(block, 200_000).length).toBeGreaterThan(0);
    }),
    { numRuns: 3000 },
  );
});
