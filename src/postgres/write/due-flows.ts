/** What is due. Several gateways share it: taking a flow pushes its time a little, so that the others pass it by. */
import { prepared } from '../connection/connection.js';
import { instantOf, millisOf, type Sql } from '../connection/sql.js';

/** How long a taken flow is left alone by others, ms; the tick writes its true time. */
const TAKEN_FOR_MS = 5_000;

/** Whole milliseconds: what is written comes back as it went in. */
const NOW = `floor(${millisOf('clock_timestamp()')})`;

const TAKE_DUE = prepared(`
UPDATE orchestration_run r SET wake_at = ${instantOf(`(${NOW} + ${TAKEN_FOR_MS})`)}
FROM (
  SELECT d.flow_id FROM orchestration_run d WHERE d.wake_at <= clock_timestamp() ORDER BY d.wake_at LIMIT $1::int FOR UPDATE SKIP LOCKED
) AS due
WHERE r.flow_id = due.flow_id
RETURNING r.flow_id`);

export async function due(sql: Sql, most: number): Promise<string[]> {
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
