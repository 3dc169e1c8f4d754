/**
 * What waits in the whole database, for metrics: one statement, each part bounded and served by an
 * index.
 */
import type { BacklogFigures } from '../../observability/metrics.js';
import { prepared } from '../connection/connection.js';
import { millisOf, type Sql } from '../connection/sql.js';

const MOST_FLOWS = 10_000;
const MOST_STEPS = 1000;
const MOST_MESSAGES = 1000;

const flowsOf = (status: string): string =>
  `(SELECT count(*)::int FROM (SELECT FROM orchestration_run r WHERE r.status = '${status}' LIMIT ${MOST_FLOWS}) AS counted)`;

export const BACKLOG = prepared(`
SELECT ${flowsOf('IN_PROGRESS')} AS in_progress, ${flowsOf('UNDOING')} AS undoing, ${flowsOf('FAILED')} AS failed, (
    SELECT count(*)::int FROM (
      SELECT FROM orchestration_run r JOIN orchestration_step_run s ON s.flow_id = r.flow_id
      WHERE r.status = 'IN_PROGRESS' AND r.started_at < now() - interval '5 minutes'
        AND s.status = 'IN_PROGRESS' AND s.started_at < now() - interval '5 minutes' LIMIT ${MOST_STEPS}
    ) AS stuck
  ) AS stuck, (
    SELECT ${millisOf('clock_timestamp()')} - ${millisOf('r.wake_at')} FROM orchestration_run r
    WHERE r.wake_at IS NOT NULL ORDER BY r.wake_at LIMIT 1
  ) AS overdue, (
    SELECT max(${millisOf('clock_timestamp()')} - ${millisOf('t.at')}) FROM (
      SELECT o.flow_id, o.number FROM orchestration_outbox o ORDER BY o.leased_until LIMIT ${MOST_MESSAGES}
    ) AS unsent JOIN LATERAL (
      SELECT t.at FROM orchestration_timeline t WHERE t.flow_id = unsent.flow_id AND t.first_number <= unsent.number
      ORDER BY t.first_number DESC LIMIT 1
    ) AS t ON true
  ) AS outbox`);

interface Row {
  readonly in_progress: number;
  readonly undoing: number;
  readonly failed: number;
  readonly stuck: number;
  /** ms; null = there is none. */
  readonly overdue: number | null;
  readonly outbox: number | null;
}

export async function readBacklog(sql: Sql): Promise<BacklogFigures> {
  const [row] = await sql.rows<Row>(BACKLOG, []);
  if (row === undefined) throw new Error('the database did not answer with a row');
  return {
    flows: { IN_PROGRESS: row.in_progress, UNDOING: row.undoing, FAILED: row.failed },
    stuckSteps: row.stuck,
    overdueSeconds: secondsOf(row.overdue),
    outboxSeconds: secondsOf(row.outbox),
  };
}

const secondsOf = (ms: number | null): number => Math.max(0, ms ?? 0) / 1000;
