/**
 * Flows that are due. Several gateways share them: taking a flow moves its wake_at a little, so
 * that the others skip it.
 */
import { prepared } from '../connection/connection.js';
import { instantOf, millisOf, type Sql } from '../connection/sql.js';

/** How long a taken flow is skipped by others, ms; its TICK writes the exact time. */
const TAKEN_FOR_MS = 5_000;

/** Whole milliseconds, so that the value is read back exactly. */
const NOW = `floor(${millisOf('clock_timestamp()')})`;

const TAKE_DUE = prepared(`
UPDATE orchestration_run r SET wake_at = ${instantOf(`(${NOW} + ${TAKEN_FOR_MS})`)}
FROM (
  SELECT d.flow_id FROM orchestration_run d WHERE d.wake_at <= clock_timestamp() ORDER BY d.wake_at LIMIT $1::int FOR UPDATE SKIP LOCKED
) AS due
WHERE r.flow_id = due.flow_id
RETURNING r.flow_id`);

/**
 * Makes the next page of flows of one resumed orchestration due (rules.md#paused-orchestration).
 * Flows are locked in the order of their ids, as the road locks them: a transaction that still saw
 * the pause commits before its flow is woken.
 */
const WAKE = prepared(`
WITH resumed AS (
  SELECT n.name, n.waking FROM orchestration_name n WHERE n.waking IS NOT NULL AND NOT n.paused ORDER BY n.name LIMIT 1 FOR UPDATE SKIP LOCKED
), page AS (
  SELECT r.flow_id, r.started_at FROM resumed n JOIN orchestration_run r ON r.orchestration_name = n.name
  WHERE r.status = 'IN_PROGRESS' AND r.started_at <= (n.waking->>'until')::timestamptz
    AND (r.started_at, r.flow_id) > ((n.waking->>'startedAt')::timestamptz, n.waking->>'flowId' COLLATE "C")
  ORDER BY r.started_at, r.flow_id LIMIT $1::int
), locked AS (
  SELECT r.flow_id FROM orchestration_run r WHERE r.flow_id IN (SELECT page.flow_id FROM page) ORDER BY r.flow_id FOR UPDATE
), woken AS (
  UPDATE orchestration_run r SET wake_at = ${instantOf(NOW)} FROM locked
  WHERE r.flow_id = locked.flow_id AND r.status = 'IN_PROGRESS' AND r.parked IS NULL RETURNING r.flow_id
)
UPDATE orchestration_name n SET waking = (
  SELECT json_build_object('startedAt', last.started_at, 'flowId', last.flow_id, 'until', resumed.waking->>'until') FROM (
    SELECT page.started_at, page.flow_id FROM page ORDER BY page.started_at DESC, page.flow_id DESC LIMIT 1
  ) AS last WHERE (SELECT count(*) FROM page) = $1::int
)
FROM resumed WHERE n.name = resumed.name
RETURNING (SELECT count(*)::int FROM woken) AS woken`);

/**
 * Takes due flows. Flows of a resumed orchestration are woken first, so that they are among them.
 */
export async function due(sql: Sql, most: number): Promise<string[]> {
  await sql.rows<unknown>(WAKE, [most]);
  const rows = await sql.rows<{ flow_id: string }>(TAKE_DUE, [most]);
  return rows.map((row) => row.flow_id);
}

const NEXT_DUE = prepared(`
SELECT ${millisOf('r.wake_at')} - ${millisOf('clock_timestamp()')} AS ms
FROM orchestration_run r WHERE r.wake_at IS NOT NULL ORDER BY r.wake_at LIMIT 1`);

export async function untilNextDue(sql: Sql, most: number): Promise<number> {
  const [next] = await sql.rows<{ ms: number }>(NEXT_DUE, []);
  return next === undefined ? most : Math.min(most, Math.max(0, Math.ceil(next.ms)));
}
