/** Flows as the pages of REST show them: no payloads, no steps. */
import type { FlowSummary } from '../../engine/ports.js';
import type { FlowStatus } from '../../saga/flow.js';
import { millis, millisOf } from '../connection/sql.js';
import type { RunRead } from '../rows/flow-rows.js';

/** The columns of a Summary, of the table called `r`. */
export const SUMMARY = `r.flow_id, r.orchestration_name, r.orchestration_version, r.status, ${millisOf('r.started_at')} AS started_at,
  ${millisOf('r.ended_at')} AS ended_at, r.failure_reason`;

export type Summary = Pick<
  RunRead,
  | 'flow_id'
  | 'orchestration_name'
  | 'orchestration_version'
  | 'status'
  | 'started_at'
  | 'ended_at'
  | 'failure_reason'
>;

export function summaryOf(row: Summary): FlowSummary {
  return {
    flowId: row.flow_id,
    orchestrationName: row.orchestration_name,
    orchestrationVersion: row.orchestration_version,
    status: row.status as FlowStatus,
    startedAt: millis(row.started_at),
    endedAt: millis(row.ended_at),
    failureReason: row.failure_reason,
  };
}
