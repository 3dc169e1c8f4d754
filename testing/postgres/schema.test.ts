import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silent } from '../../src/observability/log.js';
import { openOrm } from '../../src/postgres/database.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';
import { findPsql } from './psql.js';

const REVISIONS = [
  'migration-do-undo-topics',
  'migration-quarantine-settled',
  'migration-retry-policies',
  'migration-standing',
  'migration-start-payloads',
  'migration-start-schema',
  'migration-with-audit',
  'migration-with-objectives',
  'migration-with-sensitive',
  'migration-with-stored-ciphertext',
  'migration-with-who-started',
  'migration-with-whose-open-flows',
];
const FILE = fileURLToPath(
  new URL('../../migrations/migration-do-undo-topics.sql', import.meta.url),
);

/**
 * As the quick reference has it: `psql … -f`. Where no psql is installed, the file's text as one
 * script.
 */
async function runFile(database: TestDatabase): Promise<void> {
  const psql = findPsql();
  if (psql !== null)
    await promisify(execFile)(psql, [
      '-q',
      '-v',
      'ON_ERROR_STOP=1',
      '-d',
      database.url,
      '-f',
      FILE,
    ]);
  else await database.sql((await readFile(FILE, 'utf8')).replace(/^\\.*$/gm, ''));
}

/** Everything a schema consists of, as text; what counts rows or names no object is left out. */
async function schemaOf(database: TestDatabase): Promise<unknown> {
  const tables = await database.sql(
    `SELECT relname, reloptions::text AS options FROM pg_class WHERE relkind IN ('r', 'S') AND relnamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const columns = await database.sql(
    `SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, a.attgenerated::text AS generated, coll.collname,
       pg_get_expr(d.adbin, d.adrelid) AS written
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
     LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum LEFT JOIN pg_collation coll ON coll.oid = a.attcollation
     WHERE a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, 2`,
  );
  const indexes = await database.sql(
    `SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1`,
  );
  const constraints = await database.sql(
    `SELECT conrelid::regclass::text AS relation, conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2, 3`,
  );
  const functions = await database.sql(
    `SELECT proname, pg_get_functiondef(oid) AS definition FROM pg_proc WHERE pronamespace = 'public'::regnamespace ORDER BY 1`,
  );
  const triggers = await database.sql(
    `SELECT tgname, pg_get_triggerdef(oid) AS definition FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
  );
  return { tables, columns, indexes, constraints, functions, triggers };
}

const bookkeeping = (database: TestDatabase) =>
  database.sql('SELECT name FROM mikro_orm_migrations ORDER BY id');

async function difference(database: TestDatabase): Promise<string> {
  const orm = openOrm({
    url: database.url,
    poolSize: 1,
    statementTimeoutMs: 10_000,
    log: silent('postgres'),
  });
  try {
    const found = await orm.schema.getUpdateSchemaSQL({ wrap: false });
    // Entities describe tables; functions and triggers are the migration's alone, and compared
    // above.
    return found.replace(/^drop (?:trigger|function) .*$/gm, '').trim();
  } finally {
    await orm.close(true);
  }
}

describe('the schema', () => {
  let byGateway: TestDatabase;
  let byHand: TestDatabase;
  beforeAll(async () => {
    byGateway = await testDatabase({ empty: true });
    byHand = await testDatabase({ empty: true });
  });
  afterAll(async () => {
    await byGateway?.close();
    await byHand?.close();
  });

  test('is the same by psql and by the gateway, bookkeeping included; doing either again changes nothing', async () => {
    await runFile(byHand);
    expect(await byGateway.open().migrate()).toEqual({ applied: REVISIONS });
    const made = await schemaOf(byGateway);
    expect(await schemaOf(byHand)).toEqual(made);
    await runFile(byHand);
    await runFile(byGateway);
    expect(await byGateway.open().migrate()).toEqual({ applied: [] });
    expect([await schemaOf(byHand), await schemaOf(byGateway)]).toEqual([made, made]);
    const once = REVISIONS.map((name) => ({ name }));
    expect([await bookkeeping(byHand), await bookkeeping(byGateway)]).toEqual([once, once]);
  });

  test('after psql -f the gateway finds nothing to migrate', async () => {
    expect(await byHand.open().migrate()).toEqual({ applied: [] });
  });

  test('is what the entities describe', async () => {
    expect(await difference(byHand)).toBe('');
    await byHand.sql('ALTER TABLE orchestration_outbox DROP COLUMN attempt_id');
    expect(await difference(byHand)).toContain('attempt_id');
  });
});

test('of two instances that migrate at once one applies, the other finds nothing to do', async () => {
  const database = await testDatabase({ empty: true });
  try {
    const applied = await Promise.all(
      ['one', 'two', 'three'].map((instanceId) =>
        database.open({ instanceId, poolSize: 1 }).migrate(),
      ),
    );
    expect(applied.flatMap((one) => one.applied)).toEqual(REVISIONS);
    expect(await bookkeeping(database)).toHaveLength(REVISIONS.length);
  } finally {
    await database.close();
  }
});
