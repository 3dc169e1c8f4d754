/**
 * Which schema versions the running gateways know: each gateway holds a shared advisory lock with
 * the number of its migration files, on the connection it listens with. The lock ends with the
 * connection, whatever happens to the process.
 */
import type { Client } from '../connection/connection.js';
import type { Sql } from '../connection/sql.js';

/** The first number of these advisory locks; no other program should use it. */
const SERVES = 0x73727673;

export async function announceSchemaVersion(client: Client, migrations: number): Promise<void> {
  await client.query('SELECT pg_advisory_lock_shared($1::int, $2::int)', [SERVES, migrations]);
}

/** The lowest version that any running gateway knows; null = none runs. */
export async function oldestRunningSchemaVersion(sql: Sql): Promise<number | null> {
  const text = `SELECT min(l.objid::bigint)::int AS least FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
    WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.classid::bigint = $1::bigint`;
  const [row] = await sql.rows<{ least: unknown }>(text, [SERVES]);
  return typeof row?.least === 'number' ? row.least : null;
}

const LOOK_EVERY_MS = 10_000;

/**
 * Whether every running gateway knows a migration: until then nothing is written that an older
 * gateway would misread (docs/decisions/0008-one-copy-of-a-payload.md). Checked at most every ten
 * seconds; once true it stays true.
 */
export class KnownToAll {
  private yes = false;
  private nextLook = 0;

  /** `files`: number of migration files up to this one. */
  constructor(private readonly files: number) {}

  async look(sql: Sql): Promise<boolean> {
    if (this.yes || performance.now() < this.nextLook) return this.yes;
    const least = await oldestRunningSchemaVersion(sql);
    this.yes = least === null || least >= this.files;
    this.nextLook = performance.now() + LOOK_EVERY_MS;
    return this.yes;
  }
}
