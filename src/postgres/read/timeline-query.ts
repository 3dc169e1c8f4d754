/**
 * A flow's timeline, read from one row per commit. Payload bodies, which are stored with the steps,
 * are put back into the events.
 */
import { LIMITS } from '../../limits/limits.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Payload } from '../../saga/flow.js';
import { millisOf, type Sql } from '../connection/sql.js';
import { eventsOf, type TimelineRead } from '../rows/timeline-rows.js';
import { runPlace, stepPlace, timelinePlace } from '../sealing/sealed-columns.js';
import type { Sealer } from '../sealing/sealer.js';

/**
 * The rows from the one that contains event `after` + 1, which may begin with earlier events. All
 * arguments are SQL expressions.
 */
export const ROWS_OF_ONE = (flowId: string, after: string, most: string): string => `
SELECT t.first_number, ${millisOf('t.at')} AS at, t.events::text AS events FROM orchestration_timeline t
WHERE t.flow_id = ${flowId} AND t.first_number >= coalesce(
    (SELECT max(b.first_number) FROM orchestration_timeline b WHERE b.flow_id = ${flowId} AND b.first_number <= ${after} + 1), 0)
  AND t.last_number > ${after}
ORDER BY t.first_number LIMIT ${most}`;

const ROWS = ROWS_OF_ONE('$1', '$2::bigint', '$3::int');

export interface Bodies {
  readonly output: string | null;
  /** Output of a step by name, and the number of the event that gave it. */
  readonly steps: Readonly<
    Record<string, readonly [output: string | null, event: number | null, seq: number]>
  > | null;
}

/** Two expressions on the flow `r`: the outputs of its steps, and the bytes of all its outputs. */
export const STEP_BODIES = `(
    SELECT json_object_agg(s.step_name, json_build_array(s.output::text, (s.state->>'outputEvent')::int, s.seq))
    FROM orchestration_step_run s WHERE s.flow_id = r.flow_id AND s.output IS NOT NULL
  )`;
export const WEIGHT = `coalesce(octet_length(r.output::text), 0) + (
    SELECT coalesce(sum(octet_length(s.output::text)), 0) FROM orchestration_step_run s WHERE s.flow_id = r.flow_id
  )`;

const BODIES = `
SELECT r.output::text AS output, ${STEP_BODIES} AS steps FROM orchestration_run r WHERE r.flow_id = $1 AND $2 >= ${WEIGHT}`;

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
  sealer: Sealer,
): Promise<FlowEvent[] | null> {
  const read = await sql.rows<TimelineRead>(ROWS, [flowId, after, first]);
  const rows = read.map((row) => openEvents(row, flowId, sealer));
  if (rows.length === 0) return (await exists(sql, flowId)) ? [] : null;
  const shown = wanted && rows.some(({ events }) => events.includes('"output":1'));
  const [bodies] = shown
    ? await sql.rows<Bodies>(BODIES, [flowId, LIMITS.timelineBytes.value])
    : [];
  return eventsAfter(rows, { after, first }, bodies && openBodies(bodies, flowId, sealer));
}

export function openEvents<R extends TimelineRead>(row: R, flowId: string, sealer: Sealer): R {
  return { ...row, events: sealer.open(row.events, timelinePlace(flowId)) };
}

export function openBodies({ output, steps }: Bodies, flowId: string, sealer: Sealer): Bodies {
  const opened = Object.entries(steps ?? {}).map(([name, [text, event, seq]]) => {
    const place = stepPlace(flowId, seq, 'output');
    return [name, [text === null ? null : sealer.open(text, place), event, seq]] as const;
  });
  return {
    output: output === null ? null : sealer.open(output, runPlace(flowId, 'output')),
    steps: Object.fromEntries(opened),
  };
}

/** The events of a page from these rows. */
export function eventsAfter(
  rows: readonly TimelineRead[],
  { after, first }: Pick<TimelinePage, 'after' | 'first'>,
  bodies: Bodies | undefined,
): FlowEvent[] {
  const body = (event: Record<string, unknown>, number: number): Payload =>
    bodyOf(bodies, event, number);
  return rows
    .flatMap((row) => eventsOf(row, body))
    .filter(({ number }) => number > after)
    .slice(0, first);
}

/**
 * Only the last event that gave a step an output has a body; the outputs of earlier events are not
 * stored.
 */
function bodyOf(
  bodies: Bodies | undefined,
  event: Record<string, unknown>,
  number: number,
): Payload {
  if (event.type === 'FLOW_COMPLETED') return bodies?.output ?? null;
  const [output, from] = bodies?.steps?.[String(event.stepName)] ?? [null, null, 0];
  return from === number ? output : null;
}

async function exists(sql: Sql, flowId: string): Promise<boolean> {
  return (
    (await sql.rows<unknown>('SELECT FROM orchestration_run r WHERE r.flow_id = $1', [flowId]))
      .length > 0
  );
}
