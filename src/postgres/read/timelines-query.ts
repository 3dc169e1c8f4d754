/** Timelines of several flows, in as many statements as for one. */
import type { TimelinePlace } from '../../engine/ports.js';
import { LIMITS } from '../../limits/limits.js';
import type { FlowEvent } from '../../saga/event.js';
import { arrayOf, type Sql } from '../connection/sql.js';
import type { TimelineRead } from '../rows/timeline-rows.js';
import type { Sealer } from '../sealing/sealer.js';
import {
  type Bodies,
  eventsAfter,
  openBodies,
  openEvents,
  ROWS_OF_ONE,
  STEP_BODIES,
  WEIGHT,
} from './timeline-query.js';

const ROWS = `
SELECT p.place::int AS place, t.* FROM unnest($1::text[], $2::bigint[], $3::int[]) WITH ORDINALITY AS p (flow_id, after, most, place)
CROSS JOIN LATERAL (${ROWS_OF_ONE('p.flow_id', 'p.after', 'p.most')}) AS t ORDER BY p.place, t.first_number`;

/** The bodies of flow after flow, until they are larger together than an answer may be. */
const BODIES = `
SELECT w.flow_id, r.output::text AS output, ${STEP_BODIES} AS steps
FROM (SELECT q.flow_id, q.bytes, sum(q.bytes) OVER (ORDER BY q.flow_id) AS so_far
      FROM (SELECT r.flow_id, ${WEIGHT} AS bytes FROM orchestration_run r WHERE r.flow_id = ANY ($1::text[])) AS q) AS w
JOIN orchestration_run r ON r.flow_id = w.flow_id WHERE w.bytes <= $2 AND w.so_far <= $3`;

/** In the order of the places; empty where there is no such flow. */
export async function readTimelines(
  sql: Sql,
  places: readonly TimelinePlace[],
  { wanted, sealer }: { readonly wanted: boolean; readonly sealer: Sealer },
): Promise<FlowEvent[][]> {
  const read = await sql.rows<TimelineRead & { readonly place: number }>(ROWS, [
    arrayOf(places.map(({ flowId }) => flowId)),
    arrayOf(places.map(({ after }) => after)),
    arrayOf(places.map(({ first }) => first)),
  ]);
  const rows = read.map((row) => openEvents(row, places[row.place - 1]?.flowId ?? '', sealer));
  const rowsOf = Map.groupBy(rows, ({ place }) => place - 1);
  const withBodies = places.flatMap(({ flowId }, index) =>
    wanted && rowsOf.get(index)?.some(({ events }) => events.includes('"output":1'))
      ? [flowId]
      : [],
  );
  const bodies = await bodiesOf(sql, withBodies, sealer);
  return places.map((place, index) =>
    eventsAfter(rowsOf.get(index) ?? [], place, bodies.get(place.flowId)),
  );
}

async function bodiesOf(
  sql: Sql,
  flowIds: readonly string[],
  sealer: Sealer,
): Promise<ReadonlyMap<string, Bodies>> {
  if (flowIds.length === 0) return new Map();
  const most = [LIMITS.timelineBytes.value, LIMITS.answerBytes.value] as const;
  const rows = await sql.rows<Bodies & { readonly flow_id: string }>(BODIES, [
    arrayOf([...new Set(flowIds)]),
    ...most,
  ]);
  return new Map(rows.map((row) => [row.flow_id, openBodies(row, row.flow_id, sealer)]));
}
