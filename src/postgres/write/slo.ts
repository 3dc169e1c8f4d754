/**
 * Adds to the counters of the monitoring checklist; they are kept for as long as a window can look
 * back.
 */
import type { SloCounts } from '../../engine/ports.js';
import { arrayOf, instantOf, type Sql } from '../connection/sql.js';

/** In one order everywhere, so that two instances do not wait for each other crosswise. */
const ADD = `INSERT INTO orchestration_slo AS slo (orchestration_name, minute, counts)
  SELECT name, ${instantOf('minute')}, counts::bigint[]
  FROM unnest($1::text[], $2::float8[], $3::text[]) AS added (name, minute, counts) ORDER BY name, minute
  ON CONFLICT (orchestration_name, minute) DO UPDATE SET counts = ARRAY(
    SELECT coalesce(mine, 0) + coalesce(more, 0)
    FROM unnest(slo.counts, excluded.counts) WITH ORDINALITY AS sum (mine, more, place) ORDER BY place)`;

export async function addSlo(sql: Sql, rows: readonly SloCounts[]): Promise<void> {
  await sql.rows<never>(ADD, [
    arrayOf(rows.map(({ orchestrationName }) => orchestrationName)),
    arrayOf(rows.map(({ minute }) => minute)),
    arrayOf(rows.map(({ counts }) => arrayOf(counts))),
  ]);
}
