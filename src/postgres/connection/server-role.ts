/** What a server is at the moment: primary or standby, and since which promotion. */
import type { Client } from './connection.js';

export interface Role {
  readonly standby: boolean;
  readonly readOnly: boolean;
  /**
   * Goes up by one with each promotion; null: of a standby, or of a server that does not show it.
   */
  readonly timeline: number | null;
}

/** Which sessions are wanted, with libpq's names; `any`: nothing is checked. */
export type SessionAttributes = 'any' | 'primary' | 'read-write';

const ROLE = `SELECT pg_is_in_recovery() AS standby, current_setting('transaction_read_only') = 'on' AS read_only`;
/** Not the timeline of the last checkpoint, which is older for a while after a promotion. */
const TIMELINE = `SELECT ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int AS timeline
  WHERE NOT pg_is_in_recovery()`;

export async function roleOf(query: Client['query']): Promise<Role> {
  // Sent together. Engines that only speak PostgreSQL's protocol have no timeline.
  const [role, timeline] = await Promise.all([
    query(ROLE),
    query(TIMELINE).catch(() => ({ rows: [] })),
  ]);
  const [{ standby, read_only: readOnly } = { standby: false, read_only: false }] = role.rows;
  const number = timeline.rows[0]?.timeline;
  return {
    standby: standby === true,
    readOnly: readOnly === true,
    timeline: typeof number === 'number' ? number : null,
  };
}

/** Why a session on such a server cannot be used; null = it can. */
export function problemOf(
  { standby, readOnly, timeline }: Role,
  wanted: SessionAttributes,
  /** The latest that was seen. */
  latest: number,
): string | null {
  if (wanted === 'any') return null;
  if (standby) return 'it is a standby';
  if (readOnly && wanted === 'read-write') return 'it is read-only';
  return timeline !== null && timeline < latest
    ? `another server was promoted after it (timeline ${timeline}, the latest is ${latest})`
    : null;
}
