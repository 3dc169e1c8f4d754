/** The schema is written in `migrations/*.sql`, for psql and for us; this applies it, one gateway at a time. */
import { readFile } from 'node:fs/promises';
import { Migration } from '@mikro-orm/migrations';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Log } from '../observe/log.js';
import type { NamedStatements } from './connection.js';

export const MIGRATION_NAME = 'migration-do-undo-topics';
/** What follows this line in the file MikroORM does by itself. */
const BOOKKEEPING = '-- ── bookkeeping ──';
/** The same from src/postgres and from dist/postgres: `migrations/` lies beside both and is published. */
const FOLDER = new URL('../../migrations/', import.meta.url);
/** Any number nobody else uses as an advisory lock. */
const LOCK = 0x6261636b;

export class MigrationDoUndoTopics extends Migration {
  override async up(): Promise<void> {
    const text = await readFile(new URL(`${MIGRATION_NAME}.sql`, FOLDER), 'utf8');
    this.addSql(text.slice(0, text.indexOf(BOOKKEEPING)));
  }
}

/** Waits for its turn: of several instances that start at once one applies, the others find nothing left to do. */
export async function migrate(
  orm: MikroORM,
  statements: NamedStatements,
  connection: object,
  log: Log,
): Promise<{ readonly applied: readonly string[] }> {
  const turn = statements.client({ ...connection, statement_timeout: 0 });
  // A connection that breaks says so to the query under way, too.
  turn.on('error', (error) => log.debug({ err: error }, 'the connection that holds the migration lock broke'));
  try {
    await turn.connect();
    await turn.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const applied = (await orm.migrator.up()).map(({ name }) => name);
    if (applied.length > 0) log.info({ applied }, 'the schema is up to date now');
    return { applied };
  } finally {
    await turn.end().catch(() => undefined);
  }
}
