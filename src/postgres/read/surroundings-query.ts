/**
 * What is stored about a flow outside of its own rows, for a diagnosis. One statement, bounded by
 * the newest flows of its orchestration.
 */
import type { FlowSurroundings } from '../../engine/ports.js';
import type { FlowStatus } from '../../saga/flow.js';
import { millis, millisOf, type Sql } from '../connection/sql.js';

/** In how many of the newest flows answers of workers are looked for. */
const NEWEST = 500;

/** Steps that a worker has answered: not those that timed out, or that an operator settled. */
const ANSWERED_DO = `s.ended_at IS NOT NULL AND NOT coalesce((s.state->>'skipped')::boolean, false)
  AND (s.status NOT IN ('IN_PROGRESS', 'DO_FAIL', 'RETRY_EXHAUSTED') OR s.error_code IS DISTINCT FROM 'TIMEOUT')`;
const ANSWERED_UNDO = `s.undone_at IS NOT NULL AND NOT coalesce((s.state->>'skipped')::boolean, false)`;

const SURROUNDINGS = `
SELECT floor(${millisOf('clock_timestamp()')}) AS now, r.orchestration_name, r.status, ${millisOf('r.started_at')} AS started_at, r.parked, (
    SELECT json_agg(o.attempt_id) FROM orchestration_outbox o WHERE o.flow_id = r.flow_id AND o.attempt_id IS NOT NULL
  )::text AS unsent, (
    SELECT json_agg(json_build_array(answered.name, answered.first, answered.last)) FROM (
      SELECT s.step_name || '/DO' AS name, ${millisOf('min(s.ended_at)')} AS first, ${millisOf('max(s.ended_at)')} AS last
      FROM newest n JOIN orchestration_step_run s ON s.flow_id = n.flow_id WHERE ${ANSWERED_DO} GROUP BY s.step_name
      UNION ALL
      SELECT s.step_name || '/UNDO', ${millisOf('min(s.undone_at)')}, ${millisOf('max(s.undone_at)')}
      FROM newest n JOIN orchestration_step_run s ON s.flow_id = n.flow_id WHERE ${ANSWERED_UNDO} GROUP BY s.step_name
    ) AS answered
  )::text AS answers
FROM orchestration_run r WHERE r.flow_id = $1`;

const NEWEST_FLOWS = `WITH newest AS MATERIALIZED (
  SELECT n.flow_id FROM orchestration_run n WHERE n.orchestration_name = (SELECT f.orchestration_name FROM orchestration_run f WHERE f.flow_id = $1)
  ORDER BY n.started_at DESC, n.flow_id DESC LIMIT ${NEWEST}
)`;

interface Read {
  readonly now: number;
  readonly orchestration_name: string;
  readonly status: string;
  readonly started_at: number;
  readonly parked: string | null;
  readonly unsent: string | null;
  readonly answers: string | null;
}

export async function readSurroundings(sql: Sql, flowId: string): Promise<FlowSurroundings | null> {
  const [row] = await sql.rows<Read>(`${NEWEST_FLOWS} ${SURROUNDINGS}`, [flowId]);
  if (row === undefined) return null;
  const answers: readonly (readonly [string, number, number])[] = JSON.parse(row.answers ?? '[]');
  return {
    now: Number(row.now),
    orchestrationName: row.orchestration_name,
    status: row.status as FlowStatus,
    startedAt: millis(row.started_at),
    parked: row.parked,
    unsent: JSON.parse(row.unsent ?? '[]'),
    answers: new Map(answers.map(([name, first, last]) => [name, { first, last }])),
  };
}
