/** How many flows under way count under a caller, by their index. */
import { prepared } from '../connection/connection.js';
import type { Sql } from '../connection/sql.js';

export const OPEN_FLOWS = prepared(`
SELECT count(*)::int AS open FROM (
  SELECT FROM orchestration_run r WHERE r.started_by = $1 AND r.ended_at IS NULL LIMIT $2::int
) AS counted`);

export async function countOpenFlows(sql: Sql, startedBy: string, cap: number): Promise<number> {
  const [row] = await sql.rows<{ open: number }>(OPEN_FLOWS, [startedBy, cap + 1]);
  return row?.open ?? 0;
}
