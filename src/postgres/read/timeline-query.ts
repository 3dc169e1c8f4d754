/** A flow's timeline from the rows of its commits, payload bodies put back where they still exist. */

import { LIMITS } from '../../limits/limits.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Payload } from '../../saga/flow.js';
import { millisOf, type Sql } from '../connection/sql.js';
import { eventsOf, type TimelineRead } from '../rows/timeline-rows.js';

/** From the commit that holds event `$2 + 1`, which may begin before it. */
const ROWS = `
SELECT t.first_number, ${millisOf('t.at')} AS at, t.events::text AS events FROM orchestration_timeline t
WHERE t.flow_id = $1 AND t.first_number >= coalesce(
    (SELECT max(b.first_number) FROM orchestration_timeline b WHERE b.flow_id = $1 AND b.first_number <= $2::int + 1), 0)
  AND t.last_number > $2::int
ORDER BY t.first_number LIMIT $3::int`;

interface Bodies {
  readonly output: string | null;
  /** Output of a step by name, and the number of the event that gave it. */
  readonly steps: Readonly<
    Record<string, readonly [output: string | null, event: number | null]>
  > | null;
}

const BODIES = `
SELECT r.output::text AS output, (
    SELECT json_object_agg(s.step_name, json_build_array(s.output::text, (s.state->>'outputEvent')::int))
    FROM orchestration_step_run s WHERE s.flow_id = r.flow_id AND s.output IS NOT NULL
  ) AS steps
FROM orchestration_run r WHERE r.flow_id = $1 AND $2 >= coalesce(octet_length(r.output::text), 0) + (
    SELECT coalesce(sum(octet_length(s.output::text)), 0) FROM orchestration_step_run s WHERE s.flow_id = r.flow_id
  )`;

export interface TimelinePage {
  readonly flowId: string;
  readonly after: number;
  readonly first: number;
  /** Whether step outputs are wanted. */
  readonly bodies: boolean;
}

/** Events with number > `after`, at most `first`; null = no such flow. */
export async function readTimeline(
  sql: Sql,
  { flowId, after, first, bodies: wanted }: TimelinePage,
): Promise<FlowEvent[] | null> {
  const rows = await sql.rows<TimelineRead>(ROWS, [flowId, after, first]);
  if (rows.length === 0) return (await exists(sql, flowId)) ? [] : null;
  const shown = wanted && rows.some(({ events }) => events.includes('"output":1'));
  const [bodies] = shown
    ? await sql.rows<Bodies>(BODIES, [flowId, LIMITS.timelineBytes.value])
    : [];
  const body = (event: Record<string, unknown>, number: number): Payload =>
    bodyOf(bodies, event, number);
  return rows
    .flatMap((row) => eventsOf(row, body))
    .filter(({ number }) => number > after)
    .slice(0, first);
}

/** A step's output is that of the last event that gave it one; of an earlier event it is not kept. */
function bodyOf(
  bodies: Bodies | undefined,
  event: Record<string, unknown>,
  number: number,
): Payload {
  if (event.type === 'FLOW_COMPLETED') return bodies?.output ?? null;
  const [output, from] = bodies?.steps?.[String(event.stepName)] ?? [null, null];
  return from === number ? output : null;
}

async function exists(sql: Sql, flowId: string): Promise<boolean> {
  return (
    (await sql.rows<unknown>('SELECT FROM orchestration_run r WHERE r.flow_id = $1', [flowId]))
      .length > 0
  );
}
