/** Records in a table of the worker's own PostgreSQL database. */
import { RetryableError } from '../errors.js';
import type { StepRecord } from '../step-record.js';
import type { RecordStore } from './store.js';

/** A `Pool` of the package `pg`, or anything with its `query`. */
export interface PostgresClient {
  query(
    text: string,
    values?: unknown[],
  ): Promise<{ readonly rows: readonly unknown[]; readonly rowCount: number | null }>;
}

interface PostgresStoreOptions {
  /** Name of the table, with its schema if needed. Default `backstep_step_record`. */
  readonly table?: string | undefined;
  /** Create the table when it does not exist. Default true. */
  readonly createTable?: boolean | undefined;
}

const TABLE = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/;

/** It keeps records for ever: delete old rows by `changed_at` only with `forgets` in mind. */
export function postgresStore(
  client: PostgresClient,
  { table = 'backstep_step_record', createTable = true }: PostgresStoreOptions = {},
): RecordStore {
  if (!TABLE.test(table))
    throw new TypeError(
      `postgresStore: the table ${JSON.stringify(table)} cannot be used; expected lower-case letters, digits and "_", optionally with a schema: workers.step_record`,
    );
  return {
    complete: true,
    async open() {
      if (createTable) await client.query(tableOf(table));
      await client.query(`select 1 from ${table} limit 1`);
    },
    async read(key) {
      const { rows } = await client.query(
        `select record, version::text from ${table} where key = $1`,
        [key],
      );
      const row = rows[0] as { record: string; version: string } | undefined;
      if (row === undefined) return null;
      return { record: parsed(key, row.record), version: Number(row.version) };
    },
    async write(key, record, expected) {
      const values = [key, JSON.stringify(record), expected];
      const { rowCount } = await client.query(
        expected === 0 ? insertInto(table) : update(table),
        values.slice(0, expected === 0 ? 2 : 3),
      );
      return rowCount === 1;
    },
  };
}

/** Text, not jsonb, which would change numbers and the order of fields. */
function tableOf(table: string): string {
  return `create table if not exists ${table} (
  key text primary key,
  record text not null,
  version bigint not null,
  changed_at timestamptz not null default now()
)`;
}

function insertInto(table: string): string {
  return `insert into ${table} (key, record, version) values ($1, $2, 1) on conflict do nothing`;
}

function update(table: string): string {
  return `update ${table} set record = $2, version = version + 1, changed_at = now() where key = $1 and version = $3`;
}

function parsed(key: string, text: string): StepRecord {
  try {
    return JSON.parse(text) as StepRecord;
  } catch (cause) {
    throw new RetryableError(`the stored record of ${key} is not JSON`, { cause });
  }
}
