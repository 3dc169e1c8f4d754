/**
 * Which gateways serve on this schema, and how much of it they know: each holds a shared advisory lock with the number of its migration files,
 * on the connection it listens with. Gone with the connection, whatever happens to the process.
 */
import type { Client } from '../connection/connection.js';

/** Any number nobody else uses as the first half of an advisory lock. */
const SERVES = 0x73727673;

export async function sayWhatItKnows(client: Client, migrations: number): Promise<void> {
  await client.query('SELECT pg_advisory_lock_shared($1::int, $2::int)', [SERVES, migrations]);
}

/** The least that any gateway that serves knows; null = none serves. */
export async function leastKnown(client: Client): Promise<number | null> {
  const text = `SELECT min(l.objid::bigint)::int AS least FROM pg_locks l JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()
    WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.classid::bigint = $1::bigint`;
  const [row] = (await client.query(text, [SERVES])).rows;
  return typeof row?.least === 'number' ? row.least : null;
}
