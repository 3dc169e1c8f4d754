/**
 * Left-over messages: rows with an expired lease or without one. Whole flows, in order, are leased
 * to one instance at a time.
 */
import type { OutboxRow } from '../../engine/ports.js';
import { LIMITS } from '../../limits/limits.js';
import { bigintArray, textArray } from '../connection/binary-arrays.js';
import { prepared } from '../connection/connection.js';
import { arrayOf, type Sql } from '../connection/sql.js';
import { type Lease, type OutboxRead, outboxRowOf } from '../rows/outbox-rows.js';
import { runPlace } from '../sealing/sealed-columns.js';
import type { Sealer } from '../sealing/sealer.js';
import { inOrder, type SentRow } from './published-rows.js';

const DELETE_SENT = prepared(`
DELETE FROM orchestration_outbox o USING unnest($1::text[], $2::bigint[]) AS u (flow_id, number)
WHERE o.flow_id = u.flow_id AND o.number = u.number`);

export async function deleteSent(sql: Sql, rows: readonly SentRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql.rows<unknown>(DELETE_SENT, [
    textArray(rows.map(({ flowId }) => flowId)),
    bigintArray(rows.map(({ number }) => number)),
  ]);
}

/** Rows are read for more than the wanted number of flows, because a flow may have several rows. */
const ROWS_PER_FLOW = 8;

/** The lock on a flow's oldest row stands for all its messages: other instances skip the flow. */
const LOCK_OLDEST = prepared(`
SELECT o.flow_id FROM (
    SELECT DISTINCT due.flow_id FROM (
      SELECT c.flow_id FROM orchestration_outbox c WHERE c.leased_until < clock_timestamp() ORDER BY c.leased_until LIMIT $1::int * ${ROWS_PER_FLOW}
    ) AS due LIMIT $1::int
  ) AS waiting
  CROSS JOIN LATERAL (SELECT min(f.number) AS number FROM orchestration_outbox f WHERE f.flow_id = waiting.flow_id) AS first
  JOIN orchestration_outbox o ON o.flow_id = waiting.flow_id AND o.number = first.number
WHERE o.leased_until < clock_timestamp()
FOR UPDATE OF o SKIP LOCKED`);

const SIZES = prepared(`
SELECT o.flow_id, (sum(coalesce(octet_length(o.value), octet_length(o.value_bytes), 0)) +
    count(*) FILTER (WHERE o.payload_of_flow) *
    coalesce((SELECT octet_length(r.input::text) FROM orchestration_run r
      WHERE r.flow_id = o.flow_id), 0))::float8 AS bytes
FROM orchestration_outbox o WHERE o.flow_id = ANY ($1::text[]) GROUP BY o.flow_id`);

/** As many of these flows as fit into memory together; at least one. The others are taken later. */
async function fitting(sql: Sql, flowIds: readonly string[]): Promise<string[]> {
  const rows = await sql.rows<{ flow_id: string; bytes: number }>(SIZES, [arrayOf(flowIds)]);
  const found: string[] = [];
  let bytes = 0;
  for (const row of rows) {
    bytes += Number(row.bytes);
    if (found.length > 0 && bytes > LIMITS.relayBytes.value) break;
    found.push(row.flow_id);
  }
  return found;
}

/** Leases the rows of these flows, up to the first row whose lease has not expired. */
const LEASE = prepared(`
UPDATE orchestration_outbox o SET leased_to = $2, leased_until = clock_timestamp() + $3::float8 * interval '1 ms'
WHERE o.flow_id = ANY ($1::text[]) AND o.leased_until < clock_timestamp()
  AND NOT EXISTS (SELECT FROM orchestration_outbox e WHERE e.flow_id = o.flow_id AND e.number < o.number AND e.leased_until >= clock_timestamp())
RETURNING o.flow_id, o.number, o.topic, o.key, o.value, o.headers::text AS headers, o.attempt_id, o.key_bytes, o.value_bytes, o.payload_of_flow, o.sealed`);

/** Start payloads, read once per flow. */
const START_PAYLOADS = prepared(`
SELECT r.flow_id, r.input::text AS input FROM orchestration_run r WHERE r.flow_id = ANY ($1::text[])`);

/** To be called inside a transaction. */
export async function takeLeftovers(
  sql: Sql,
  flows: number,
  lease: Lease,
  sealer: Sealer,
): Promise<OutboxRow[]> {
  const waiting = await sql.rows<{ flow_id: string }>(LOCK_OLDEST, [flows]);
  if (waiting.length === 0) return [];
  const rows = await sql.rows<OutboxRead>(LEASE, [
    arrayOf(
      await fitting(
        sql,
        waiting.map((row) => row.flow_id),
      ),
    ),
    lease.owner,
    lease.ms,
  ]);
  const payloads = await startPayloads(sql, rows, sealer);
  return rows.map((row) => outboxRowOf(row, payloads.get(row.flow_id), sealer)).sort(inOrder);
}

async function startPayloads(
  sql: Sql,
  rows: readonly OutboxRead[],
  sealer: Sealer,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set(rows.flatMap((row) => (row.payload_of_flow === true ? [row.flow_id] : [])));
  if (ids.size === 0) return new Map();
  const found = await sql.rows<{ flow_id: string; input: string }>(START_PAYLOADS, [
    arrayOf([...ids]),
  ]);
  return new Map(
    found.map(({ flow_id, input }) => [flow_id, sealer.open(input, runPlace(flow_id, 'input'))]),
  );
}
