/**
 * The monitoring checklist: sums of counters over a window, and steps that are in progress for too
 * long.
 */
import type { SloQuery, StuckQuery } from '../../engine/ports.js';
import type { Sql } from '../connection/sql.js';
import { Bindings, nameWithin } from './flow-filter.js';

/**
 * One list of counts for each part of the window, oldest first; minutes in which nothing happened
 * have no rows.
 */
export async function readSloCounts(
  sql: Sql,
  { orchestrationName, within, windowMinutes, parts }: SloQuery,
): Promise<number[][]> {
  const { bind, parameters } = new Bindings();
  const [minutes, all] = [`${bind(windowMinutes)}::int`, `${bind(parts)}::int`];
  const names = namesOf('slo.orchestration_name', bind, { orchestrationName, within });
  const rows = await sql.rows<{ part: number; place: string; sum: number }>(
    `SELECT part, place, sum(count)::float8 AS sum FROM (
      SELECT least(${all} - 1, greatest(0, floor(extract(epoch FROM slo.minute - since.at) * ${all} / (${minutes} * 60))::int)) AS part, slo.counts
      FROM orchestration_slo slo, (SELECT now() - ${minutes} * interval '1 minute' AS at) since
      WHERE slo.minute > since.at - interval '1 minute'${names}
    ) AS found, unnest(found.counts) WITH ORDINALITY AS counted (count, place)
    GROUP BY part, place`,
    parameters,
  );
  const sums = Array.from({ length: parts }, (): number[] => []);
  for (const { part, place, sum } of rows) {
    const counts = sums[part];
    if (counts !== undefined) counts[Number(place) - 1] = sum;
  }
  return sums.map((counts) => Array.from(counts, (count) => count ?? 0));
}

/**
 * By the index of flows that have not completed: only flows that are older than the limit are
 * looked at.
 */
export async function countStuck(
  sql: Sql,
  { orchestrationName, within, olderThanMs, cap }: StuckQuery,
): Promise<number> {
  const { bind, parameters } = new Bindings();
  const before = `now() - ${bind(olderThanMs)}::float8 * interval '1 ms'`;
  const names = namesOf('r.orchestration_name', bind, { orchestrationName, within });
  const [row] = await sql.rows<{ count: number }>(
    `SELECT count(*)::int AS count FROM (
      SELECT 1 FROM orchestration_run r JOIN orchestration_step_run s ON s.flow_id = r.flow_id
      WHERE r.status IN ('IN_PROGRESS', 'UNDOING') AND r.started_at < ${before}${names}
        AND s.status = 'IN_PROGRESS' AND s.started_at < ${before}
      LIMIT ${bind(cap)}::int
    ) AS stuck`,
    parameters,
  );
  return row?.count ?? 0;
}

function namesOf(
  column: string,
  bind: Bindings['bind'],
  { orchestrationName, within }: Pick<SloQuery, 'orchestrationName' | 'within'>,
): string {
  const one = orchestrationName === null ? '' : ` AND ${column} = ${bind(orchestrationName)}`;
  return within === undefined ? one : `${one} AND ${nameWithin(column, bind, within)}`;
}
