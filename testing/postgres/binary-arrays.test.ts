/** Arrays in PostgreSQL's binary form arrive as they were given. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  binaryArray,
  type Elements,
  type ElementType,
} from '../../src/postgres/connection/binary-arrays.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

/** As JSON text, because the driver reads a bigint[] as texts. */
async function stored<T extends ElementType>(
  type: T,
  values: readonly (Elements[T] | null)[],
): Promise<unknown> {
  const text = `SELECT array_to_json($1::${type}[])::text AS json, cardinality($1::${type}[]) AS count`;
  const [row] = await database.sql(text, [binaryArray(type, values)]);
  expect(row?.count).toBe(values.length);
  return JSON.parse(String(row?.json));
}

const withNulls = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<(T | null)[]> =>
  fc.array(fc.option(one), { maxLength: 20 });
const RUNS = { numRuns: 50 };

test('texts: any character but NUL, quotes and backslashes included', async () => {
  const text = fc.string({ unit: 'grapheme' }).map((one) => one.replaceAll('\u0000', '"\\'));
  await fc.assert(
    fc.asyncProperty(withNulls(text), async (values) => {
      expect(await stored('text', values)).toEqual(values);
    }),
    RUNS,
  );
});

test('an empty array, empty texts, and the text NULL', async () => {
  expect(await stored('text', [])).toEqual([]);
  expect(await stored('text', ['', null, 'NULL', '{}'])).toEqual(['', null, 'NULL', '{}']);
});

test('texts larger than the buffer, with others before and after them', async () => {
  const long = 'é'.repeat(200_000);
  const values = ['before', long, null, `${long}1`, 'after'];
  expect(await stored('text', values)).toEqual(values);
  expect(await stored('text', ['small'])).toEqual(['small']);
});

test('more elements than the buffer holds', async () => {
  const many = Array.from({ length: 50_000 }, (_, index) => index);
  expect(await stored('bigint', many)).toEqual(many);
});

test('whole numbers, up to the largest of each type', async () => {
  const int = withNulls(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }));
  const safe = withNulls(fc.maxSafeInteger());
  await fc.assert(
    fc.asyncProperty(int, safe, async (ints, bigints) => {
      expect(await stored('int', ints)).toEqual(ints);
      expect(await stored('bigint', bigints)).toEqual(bigints);
    }),
    RUNS,
  );
  const text = 'SELECT $1::bigint[]::text AS all';
  const largest = [2n ** 63n - 1n, -(2n ** 63n), null];
  const [row] = await database.sql(text, [binaryArray('bigint', largest)]);
  expect(row?.all).toBe('{9223372036854775807,-9223372036854775808,NULL}');
});

test('doubles keep every bit', async () => {
  const double = withNulls(fc.double({ noDefaultInfinity: true, noNaN: true }));
  await fc.assert(
    fc.asyncProperty(double, async (values) => {
      expect(await stored('float8', values)).toEqual(values);
    }),
    RUNS,
  );
});
