/** Checks that a database can be used, before anything is created in it. */
import type { Client } from '../connection/connection.js';

/** Tables whose names another system may use, each with a column that only ours has. */
const OURS = [
  ['orchestration', 'on_retries_exhausted'],
  ['orchestration_run', 'last_event_number'],
  ['orchestration_step_run', 'state'],
] as const;

/**
 * Throws an error that describes what is wrong with this database and what to do. Returns the
 * schema of our tables, present or future.
 */
export async function checkDatabase(client: Client): Promise<string> {
  const { rows } = await client.query(FACTS);
  const { database, encoding, schema, owner } = rows[0] as unknown as Facts;
  if (encoding !== 'UTF8')
    throw new Error(
      `the database ${database} stores text as ${encoding}, which cannot hold every character; use one that is UTF8: CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0`,
    );
  for (const [table, column] of OURS) {
    const found = await client.query(COLUMNS, [table]);
    const columns = found.rows.map((row) => String(row.column));
    if (columns.length > 0 && !columns.includes(column))
      throw new Error(
        `the database ${database} has a table ${table} of another system (the Java orchestrator uses the same names); Backstep needs a database of its own: create one and name it in DATABASE_URL`,
      );
  }
  const home = owner ?? schema;
  if (home === null)
    throw new Error(
      `no schema of the search_path exists in the database ${database}: create one, or name another one (DATABASE_URL?options=-c search_path=…)`,
    );
  return home;
}

interface Facts {
  readonly database: string;
  readonly encoding: string;
  /** Where new tables go. */
  readonly schema: string | null;
  /** Where our tables are already. */
  readonly owner: string | null;
}

const FACTS = `SELECT current_database() AS database, current_setting('server_encoding') AS encoding, current_schema()::text AS schema,
  (SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('orchestration_run')) AS owner`;

const COLUMNS = `SELECT a.attname::text AS column FROM pg_attribute a
  WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`;
