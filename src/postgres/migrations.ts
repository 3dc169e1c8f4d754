/** The schema is written in `migrations/*.sql`, for psql and for us; this applies it, one gateway at a time. */
import { readFile } from 'node:fs/promises';
import { Migration } from '@mikro-orm/migrations';
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Log } from '../observe/log.js';
import type { NamedStatements } from './connection.js';
import { faultOf } from './faults.js';

const FILE = 'migration-do-undo-topics';
/** Each runs the whole file, which is harmless where it changes nothing; the file's own list of them is its last statement. */
const REVISIONS = [FILE, `${FILE}-2`];
/** What follows this line in the file MikroORM does by itself. */
const BOOKKEEPING = '-- ── bookkeeping ──';
/** The same from src/postgres and from dist/postgres: `migrations/` lies beside both and is published. */
const FOLDER = new URL('../../migrations/', import.meta.url);
/** Any number nobody else uses as an advisory lock. */
const LOCK = 0x6261636b;

/** Nobody waits long for a table: what stands behind a lock that waits, waits as well. */
const LOCK_TIMEOUT_MS = 2000;
const TRIES = 10;

class SchemaRevision extends Migration {
  override async up(): Promise<void> {
    const text = await readFile(new URL(`${FILE}.sql`, FOLDER), 'utf8');
    this.addSql(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
    this.addSql(text.slice(0, text.indexOf(BOOKKEEPING)));
  }
}

export const MIGRATIONS = REVISIONS.map((name) => ({ name, class: SchemaRevision }));

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
    const applied = await patiently(async () => (await orm.migrator.up()).map(({ name }) => name), log);
    if (applied.length > 0) log.info({ applied }, 'the schema is up to date now');
    return { applied };
  } finally {
    await turn.end().catch(() => undefined);
  }
}

/** A table that is busy is tried again; in between, whoever waited behind us goes on. */
async function patiently<T>(work: () => Promise<T>, log: Log): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === TRIES || faultOf(error)?.code !== 'DATABASE_BUSY') throw error;
      log.warn({ err: error, tries }, 'the schema can not be changed while a table is busy; trying again');
    }
  }
}
