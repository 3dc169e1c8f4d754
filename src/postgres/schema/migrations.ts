/**
 * Applies new files of `migrations/`, one gateway at a time, while others run; these are delayed
 * for moments only.
 */
import type { MikroORM } from '@mikro-orm/postgresql';
import type { Log } from '../../observability/log.js';
import { pause } from '../../timing/pause.js';
import type { Client } from '../connection/connection.js';
import type { Parameter } from '../connection/sql.js';
import { checkDatabase } from './fitness.js';
import { MIGRATIONS, migrationsIn, type NamedMigration, type Runner } from './migration-files.js';
import { oldestRunningSchemaVersion } from './running-gateways.js';

/** Number of the advisory lock; no other program should use it. */
const LOCK = 0x6261636b;
const TURN_EVERY_MS = 100;
/** Together some minutes; then a person has to find out which session holds the lock. */
const TRIES = 60;
/**
 * Other sessions are delayed during the short wait for the lock, and not during the longer pause
 * after it.
 */
const PATIENCE_MS = 200;
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 5_000;
/**
 * Autovacuum is cancelled by a session that waits longer than deadlock_timeout (1 s): every fifth
 * try waits that long.
 */
const AUTOVACUUM_PATIENCE_MS = 1_500;
const EVERY = 5;
/** SQLSTATE lock_not_available and deadlock_detected. */
const TRY_AGAIN = new Set(['55P03', '40P01']);

/**
 * The connection that holds the lock; migrations that need to be outside a transaction run on it.
 */
export class Turn implements Runner {
  private client: Client | null = null;
  patienceMs = PATIENCE_MS;
  readonly list: readonly NamedMigration[];

  constructor(folders: readonly URL[] = [MIGRATIONS]) {
    this.list = migrationsIn(folders, this);
  }

  async runOutside(statement: string): Promise<unknown> {
    if (this.client === null) throw new Error('migrations are applied by migrate() only');
    return this.client.query(statement);
  }

  /**
   * Waits for the lock by polling: a statement that waits for it would block CREATE INDEX
   * CONCURRENTLY.
   */
  async take(client: Client): Promise<void> {
    await client.connect();
    while (
      (await client.query('SELECT pg_try_advisory_lock($1) AS mine', [LOCK])).rows[0]?.mine !== true
    )
      await pause(TURN_EVERY_MS);
    this.client = client;
  }

  async end(client: Client): Promise<void> {
    this.client = null;
    await client.end().catch(() => undefined);
  }
}

/**
 * Of several instances that start at once one applies the files, and the others find none left.
 * Each file is committed separately.
 */
export async function migrate(
  orm: MikroORM,
  turn: Turn,
  client: Client,
  log: Log,
): Promise<{ readonly applied: readonly string[] }> {
  // The query that is under way fails as well.
  client.on('error', (error) =>
    log.debug({ err: error }, 'the connection that holds the migration lock broke'),
  );
  try {
    await turn.take(client);
    await client.query('SET statement_timeout = 0');
    // CREATE INDEX CONCURRENTLY has to wait for older transactions, which counts as waiting for a
    // lock; other files set a lock_timeout.
    await client.query('SET lock_timeout = 0');
    bookkeepIn(orm, await checkDatabase(client));
    const pending = (await orm.migrator.getPending()).map(({ name }) => name);
    const applied = pending.slice(0, await countAllowed(pending, turn.list, client));
    if (applied.length > 0) {
      await applyPatiently(orm, applied, turn, log);
      log.info({ applied }, 'the schema is up to date now');
    }
    const later = pending.slice(applied.length);
    if (later.length > 0)
      log.warn(
        { later },
        'an older gateway is still running: what it needs is removed at a later start',
      );
    return { applied };
  } finally {
    await turn.end(client);
  }
}

/**
 * Without the schema in the table name MikroORM looks for its table in one schema and creates it in
 * another one.
 */
function bookkeepIn(orm: MikroORM, schema: string): void {
  const tableName = `${schema}.mikro_orm_migrations`;
  orm.config.set('migrations', { ...orm.config.get('migrations'), tableName });
}

/**
 * How many of these may be applied now: those before the first one that removes what a running
 * gateway may still use.
 */
async function countAllowed(
  pending: readonly string[],
  list: readonly NamedMigration[],
  client: Client,
): Promise<number> {
  const rows = async <R>(text: string, parameters: readonly Parameter[]): Promise<R[]> =>
    (await client.query(text, parameters)).rows as R[];
  const least = await oldestRunningSchemaVersion({ rows });
  const isTooEarly = (name: string): boolean => {
    const needs = list.find((one) => one.name === name)?.needs ?? null;
    return needs !== null && least !== null && least <= list.findIndex((one) => one.name === needs);
  };
  const stop = pending.findIndex(isTooEarly);
  return stop === -1 ? pending.length : stop;
}

async function applyPatiently(
  orm: MikroORM,
  names: readonly string[],
  turn: Turn,
  log: Log,
): Promise<void> {
  for (let tries = 1; ; tries++) {
    turn.patienceMs = tries % EVERY === 0 ? AUTOVACUUM_PATIENCE_MS : PATIENCE_MS;
    try {
      await orm.migrator.up({ migrations: [...names] });
      return;
    } catch (error) {
      if (tries === TRIES || !isInTheWay(error)) throw error;
      if (tries % EVERY === 1)
        log.warn(
          { err: error, tries },
          'another session holds a table that the migration needs; trying again later',
        );
      await pause(Math.min(LONGEST_PAUSE_MS, PAUSE_MS * tries));
    }
  }
}

function isInTheWay(error: unknown): boolean {
  for (
    let cause: unknown = error, depth = 0;
    typeof cause === 'object' && cause !== null && depth < 5;
    depth++
  ) {
    const { code, cause: next }: { code?: unknown; cause?: unknown } = cause;
    if (TRY_AGAIN.has(String(code))) return true;
    cause = next;
  }
  return false;
}
