/** What distinguishes one database of flows from another: a consumer group is for one of them. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

let one: TestDatabase;
let copy: TestDatabase;
beforeAll(async () => {
  [one, copy] = [await testDatabase(), await testDatabase()];
});
afterAll(() => Promise.all([one.close(), copy.close()]));

test('all gateways of one database have the same id, after a start that migrates nothing as well', async () => {
  const id = await one.open().databaseId();
  const later = one.open();
  await later.migrate();
  expect(await later.databaseId()).toBe(id);
  expect(id).toMatch(/^[0-9a-f]{16}$/);
});

test('a copy of a database has another id', async () => {
  expect(await copy.open().databaseId()).not.toBe(await one.open().databaseId());
});

test('tables of another schema in the same database are another database of flows', async () => {
  await one.sql('CREATE SCHEMA other');
  const url = new URL(one.url);
  url.searchParams.set('options', '-c search_path=other');
  const other = one.open({ url: url.href });
  await other.migrate();
  expect(await other.databaseId()).not.toBe(await one.open().databaseId());
});
