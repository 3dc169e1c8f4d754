import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BadCursor } from '../../src/engine/ports.js';
import { cursorOf, readCursor } from '../../src/postgres/read/cursor.js';

const shape = ['number', 'string'] as const;
const read = (key: readonly (string | number)[]) =>
  readCursor<readonly [number, string]>(cursorOf(key), shape);

test.each([
  [[1e300, 'x']],
  [[-1, 'x']],
  [[1.5, 'x']],
  [[9e15, 'x']],
  [[1, '\u0000']],
  [[1, 'x'.repeat(301)]],
  [['1', 'x']],
  [[1]],
])('a cursor the database could not take is none of ours (%#)', (key) => {
  expect(() => read(key)).toThrow(BadCursor);
});

test('ours are read back', () => {
  expect(read([1_700_000_000_000, 'flow-1'])).toEqual([1_700_000_000_000, 'flow-1']);
});

test('whatever comes as a cursor, it is read or refused', () => {
  const key = fc.oneof(
    fc.string(),
    fc.array(fc.oneof(fc.double(), fc.string({ unit: 'binary' }), fc.constant(null)), {
      maxLength: 3,
    }),
  );
  fc.assert(
    fc.property(key, (any) => {
      const cursor = typeof any === 'string' ? any : cursorOf(any as (string | number)[]);
      try {
        const [at, id] = readCursor<readonly [number, string]>(cursor, shape);
        expect(Number.isInteger(at) && !id.includes('\u0000')).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(BadCursor);
      }
    }),
    { numRuns: 2000 },
  );
});
