/** Services that registered for each step. */
import { arrayOf, type Sql } from '../connection/sql.js';

const WORKERS = `
SELECT w.orchestration_name || '/' || w.step_name AS step, array_agg(w.service_name ORDER BY w.service_name) AS services
FROM orchestration_worker w WHERE w.orchestration_name = ANY ($1::text[]) GROUP BY w.orchestration_name, w.step_name`;

/** `name/step` → services. */
export async function readWorkersOf(
  sql: Sql,
  names: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const rows = await sql.rows<{ step: string; services: string[] }>(WORKERS, [arrayOf(names)]);
  return new Map(rows.map(({ step, services }) => [step, services]));
}
