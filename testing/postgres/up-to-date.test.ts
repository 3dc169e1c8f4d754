/** Gateways that leave the schema as it is (MIGRATIONS=wait) know whether it is what they need. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MIGRATIONS } from '../../src/postgres/schema/migration-files.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const V2 = new URL('../fixtures/upgrade/', import.meta.url);
const CONTRACT = 'migration-z2-c-contract';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase({ empty: true });
});
afterEach(() => database?.close());

const tables = () =>
  database.sql(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`);

test('an empty database is reported and stays empty; a migrated one is not reported', async () => {
  const gateway = database.open();
  await expect(gateway.checkSchema()).rejects.toMatchObject({
    code: 'DATABASE_BEHIND',
    message: expect.stringMatching(/--migrate.*missing are migration-do-undo-topics, /),
    // What any client may see has no names of the database.
    reason: expect.not.stringContaining('migration-'),
  });
  expect(await tables()).toEqual([]);
  await gateway.migrate();
  await gateway.checkSchema();
});

test('only what this version needs is missed: a removal may come later', async () => {
  await database.open().migrate();
  const newer = database.open({ instanceId: 'new', migrations: [MIGRATIONS, V2] });
  await expect(newer.checkSchema()).rejects.toThrow(
    /missing are migration-z2-a-region, migration-z2-b-region-index$/,
  );
  await newer.migrate();
  await database.sql('DELETE FROM mikro_orm_migrations WHERE name = $1', [CONTRACT]);
  await newer.checkSchema();
});

test('in a schema of its own it looks there', async () => {
  await database.sql('CREATE SCHEMA "Own"');
  const url = new URL(database.url);
  url.searchParams.set('options', '-c search_path="Own"');
  const gateway = database.open({ url: url.href });
  await expect(gateway.checkSchema()).rejects.toMatchObject({ code: 'DATABASE_BEHIND' });
  await gateway.migrate();
  await gateway.checkSchema();
});
