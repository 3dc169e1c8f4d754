/**
 * Removes old rows, on a connection of its own: its advisory lock keeps other instances from
 * removing at the same time, and a removal ends when the connection breaks. Oldest first, by the
 * indexes of the history.
 */
import type { EndStatus, Removal, Removed } from '../../engine/ports.js';
import type { Client, NamedStatements } from '../connection/connection.js';
import { instantOf, millisOf } from '../connection/sql.js';
import { cursorOf, readCursor } from '../read/cursor.js';

/** Number of the advisory lock; no other program should use it. */
const LOCK = 0x72656d76;
/** A batch usually takes milliseconds; one that takes longer is given up. */
const STATEMENT_TIMEOUT_MS = 5_000;

/** Null when another instance is removing. */
export async function removing<T>(
  statements: NamedStatements,
  connection: object,
  work: (removal: Removal) => Promise<T>,
): Promise<T | null> {
  const client = await statements.client({
    ...connection,
    application_name: 'backstep retention',
  });
  // The query that is under way fails as well.
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(`SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    const [turn] = (await client.query('SELECT pg_try_advisory_lock($1) AS mine', [LOCK])).rows;
    return turn?.mine === true ? await work(new PostgresRemoval(client)) : null;
  } finally {
    await client.end().catch(() => undefined);
  }
}

class PostgresRemoval implements Removal {
  constructor(private readonly client: Client) {}

  async flows(
    status: EndStatus,
    ageMs: number,
    after: string | null,
    most: number,
  ): Promise<Removed> {
    const [from, flowId] =
      after === null ? [0, ''] : readCursor<readonly [number, string]>(after, ['number', 'string']);
    return this.transaction(async () => {
      const [looked] = (await this.client.query(lockEnded(status), [ageMs, from, flowId, most]))
        .rows as unknown as Looked[];
      if (looked === undefined) return { removed: 0, next: null };
      const removed =
        looked.ended.length === 0 ? [] : (await this.client.query(REMOVE, [looked.ended])).rows;
      return {
        removed: removed.length,
        next: looked.count < most ? null : cursorOf([looked.started_at, looked.flow_id]),
      };
    });
  }

  async quarantined(ageMs: number, after: string | null, most: number): Promise<Removed> {
    const [id] = after === null ? ['0'] : readCursor<readonly [string]>(after, ['string']);
    const [looked] = (await this.client.query(REMOVE_SETTLED, [ageMs, id, most])).rows;
    const next =
      looked === undefined || Number(looked.count) < most ? null : cursorOf([String(looked.last)]);
    return { removed: Number(looked?.removed ?? 0), next };
  }

  async audit(ageMs: number, after: string | null, most: number): Promise<Removed> {
    const [before] = after === null ? [0] : readCursor<readonly [number]>(after, ['number']);
    const [row] = (await this.client.query(EXPIRE_AUDIT, [ageMs, most])).rows;
    const removed = Number(row?.removed ?? 0);
    return { removed, next: removed < most ? null : cursorOf([before + removed]) };
  }

  async slo(ageMs: number, after: string | null, most: number): Promise<Removed> {
    const [before] = after === null ? [0] : readCursor<readonly [number]>(after, ['number']);
    const { rows } = await this.client.query(EXPIRE_SLO, [ageMs, most]);
    const removed = rows.length;
    return { removed, next: removed < most ? null : cursorOf([before + removed]) };
  }

  private async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.client.query('BEGIN');
    try {
      const result = await work();
      await this.client.query('COMMIT');
      return result;
    } catch (error) {
      await this.client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  }
}

const EXPIRE_SLO = `DELETE FROM orchestration_slo s USING (
    SELECT o.orchestration_name, o.minute FROM orchestration_slo o
    WHERE o.minute < now() - $1::float8 * interval '1 ms' ORDER BY o.minute LIMIT $2::int
  ) AS old WHERE s.orchestration_name = old.orchestration_name AND s.minute = old.minute RETURNING 1`;

/** The only way by which rows of the audit go. */
const EXPIRE_AUDIT = 'SELECT orchestration_audit_expire($1::float8, $2::int) AS removed';

interface Looked {
  readonly count: number;
  readonly started_at: number;
  readonly flow_id: string;
  readonly ended: readonly string[];
}

/**
 * A flow that ended that long ago also started that long ago, and the indexes have the start time.
 * No index has COMPLETED flows by status; nearly all flows are COMPLETED, so they are found among
 * all. A row that another session has locked is skipped.
 */
function lockEnded(status: EndStatus): string {
  const byStatus = status === 'COMPLETED' ? '' : `r.status = '${status}' AND`;
  const old = (column: string): string => `${column} < now() - $1::float8 * interval '1 ms'`;
  return `
WITH looked AS (
  SELECT r.flow_id, r.started_at FROM orchestration_run r
  WHERE ${byStatus} ${old('r.started_at')} AND (r.started_at, r.flow_id) > (${instantOf('$2::float8')}, $3::text)
  ORDER BY r.started_at, r.flow_id LIMIT $4::int
), ended AS (
  SELECT r.flow_id FROM looked JOIN orchestration_run r ON r.flow_id = looked.flow_id
  WHERE r.status = '${status}' AND ${old('r.ended_at')} AND r.parked IS NULL AND r.wake_at IS NULL
  ORDER BY r.flow_id FOR UPDATE OF r SKIP LOCKED
)
SELECT (SELECT count(*)::int FROM looked) AS count, ${millisOf('l.started_at')} AS started_at, l.flow_id, ARRAY(SELECT flow_id FROM ended) AS ended
FROM looked l ORDER BY l.started_at DESC, l.flow_id DESC LIMIT 1`;
}

/**
 * A statement of its own, after the one that locks: its snapshot includes everything committed
 * before the locks, and nothing is added afterwards. In the locking statement, a timeline row that
 * was committed meanwhile would not be seen, and stay.
 */
const REMOVE = `
WITH going AS MATERIALIZED (
  SELECT u.flow_id FROM unnest($1::text[]) AS u (flow_id) WHERE NOT EXISTS (SELECT FROM orchestration_outbox o WHERE o.flow_id = u.flow_id)
), steps AS (
  DELETE FROM orchestration_step_run s USING going WHERE s.flow_id = going.flow_id
), timeline AS (
  DELETE FROM orchestration_timeline t USING going WHERE t.flow_id = going.flow_id
)
DELETE FROM orchestration_run r USING going WHERE r.flow_id = going.flow_id RETURNING r.flow_id`;

/**
 * Ids follow the order in which records came, nearly: after the first record that is too young, the
 * others are as well.
 */
const REMOVE_SETTLED = `
WITH looked AS (
  SELECT q.id, q.state, q.received_at FROM orchestration_quarantine q WHERE q.id > $2::bigint ORDER BY q.id LIMIT $3::int
), old AS (
  SELECT looked.id, looked.state FROM looked WHERE looked.received_at < now() - $1::float8 * interval '1 ms'
), gone AS (
  DELETE FROM orchestration_quarantine q USING old WHERE q.id = old.id AND q.state <> 'OPEN' RETURNING q.id
)
SELECT (SELECT count(*)::int FROM old) AS count, (SELECT max(id)::text FROM old) AS last, (SELECT count(*)::int FROM gone) AS removed`;
