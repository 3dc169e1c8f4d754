/**
 * For gateways that may not change the schema (MIGRATIONS=wait): is it what this version needs? It
 * is only read, so the user of the database needs no right to create or alter anything.
 */
import { Fault } from '../../engine/ports.js';
import type { Client } from '../connection/connection.js';
import { checkDatabase } from './fitness.js';
import type { NamedMigration } from './migration-files.js';

const TABLE = `SELECT to_regclass(quote_ident($1) || '.mikro_orm_migrations') IS NOT NULL AS found`;

/** Throws a Fault that waiting can fix, with the migrations that are missing. */
export async function checkUpToDate(
  client: Client,
  list: readonly NamedMigration[],
): Promise<void> {
  client.on('error', () => undefined);
  try {
    await client.connect();
    const schema = await checkDatabase(client);
    const missing = missingOf(list, await appliedIn(schema, client));
    if (missing.length === 0) return;
    const why =
      'the schema is not up to date, and MIGRATIONS=wait leaves that to the flag --migrate';
    throw new Fault('DATABASE_BEHIND', `${why}: missing are ${missing.join(', ')}`, {
      reason: why,
    });
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function appliedIn(schema: string, client: Client): Promise<ReadonlySet<string>> {
  const [table] = (await client.query(TABLE, [schema])).rows;
  if (table?.found !== true) return new Set();
  const quoted = `"${schema.replaceAll('"', '""')}"`;
  const { rows } = await client.query(`SELECT name FROM ${quoted}.mikro_orm_migrations`);
  return new Set(rows.map(({ name }) => String(name)));
}

/** Those that only remove what older gateways used are not needed. */
function missingOf(list: readonly NamedMigration[], applied: ReadonlySet<string>): string[] {
  return list
    .filter(({ name, needs }) => needs === null && !applied.has(name))
    .map(({ name }) => name);
}
