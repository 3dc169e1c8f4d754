/** The monitoring checklist: sums of counters over a window, and steps that are in progress for too long. */
import type { SloQuery, StuckQuery } from '../../engine/ports.js';
import type { Sql } from '../connection/sql.js';

/** `part` from 0 (oldest); minutes in which nothing happened have no rows. */
const COUNTS = `SELECT part, place, sum(count)::float8 AS sum FROM (
    SELECT least($3::int - 1, greatest(0, floor(extract(epoch FROM slo.minute - since.at) * $3::int / ($2::int * 60))::int)) AS part, slo.counts
    FROM orchestration_slo slo, (SELECT now() - $2::int * interval '1 minute' AS at) since
    WHERE slo.minute > since.at - interval '1 minute' AND ($1::text IS NULL OR slo.orchestration_name = $1)
  ) AS found, unnest(found.counts) WITH ORDINALITY AS counted (count, place)
  GROUP BY part, place`;

/** One list of counts for each part of the window, oldest first. */
export async function readSloCounts(
  sql: Sql,
  { orchestrationName, windowMinutes, parts }: SloQuery,
): Promise<number[][]> {
  const rows = await sql.rows<{ part: number; place: string; sum: number }>(COUNTS, [
    orchestrationName,
    windowMinutes,
    parts,
  ]);
  const sums = Array.from({ length: parts }, (): number[] => []);
  for (const { part, place, sum } of rows) {
    const counts = sums[part];
    if (counts !== undefined) counts[Number(place) - 1] = sum;
  }
  return sums.map((counts) => Array.from(counts, (count) => count ?? 0));
}

/** By the index of flows that have not completed: only flows that are older than the limit are looked at, the oldest first. */
const STUCK = `SELECT count(*)::int AS count FROM (
    SELECT 1 FROM orchestration_run r JOIN orchestration_step_run s ON s.flow_id = r.flow_id
    WHERE r.status IN ('IN_PROGRESS', 'UNDOING') AND r.started_at < now() - $2::float8 * interval '1 ms'
      AND ($1::text IS NULL OR r.orchestration_name = $1)
      AND s.status = 'IN_PROGRESS' AND s.started_at < now() - $2::float8 * interval '1 ms'
    LIMIT $3::int
  ) AS stuck`;

export async function countStuck(
  sql: Sql,
  { orchestrationName, olderThanMs, cap }: StuckQuery,
): Promise<number> {
  const [row] = await sql.rows<{ count: number }>(STUCK, [orchestrationName, olderThanMs, cap]);
  return row?.count ?? 0;
}
