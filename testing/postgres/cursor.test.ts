import { expect, test } from '@jest/globals';
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
