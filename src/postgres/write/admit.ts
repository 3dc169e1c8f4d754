/**
 * Admits each record and each start once: which records are new, and which starts exist already.
 */
import type {
  ExistingStart,
  RecordPosition,
  RoadTransaction,
  StartKey,
} from '../../engine/ports.js';
import { bigintArray, intArray, textArray } from '../connection/binary-arrays.js';
import { prepared } from '../connection/connection.js';
import { arrayOf, type Sql } from '../connection/sql.js';
import { runPlace } from '../sealing/sealed-columns.js';
import type { Sealer } from '../sealing/sealer.js';

type Admitted = Awaited<ReturnType<RoadTransaction['admit']>>;

export async function admit(
  sql: Sql,
  positions: readonly RecordPosition[],
  starts: readonly StartKey[],
  { replays, sealer }: { readonly replays: readonly string[]; readonly sealer: Sealer },
): Promise<Admitted> {
  const [open, fresh, existing] = await Promise.all([
    replays.length === 0 ? [] : sql.rows<{ id: string }>(LOCK_OPEN, [arrayOf(replays)]),
    positions.length === 0 ? [] : admitRecords(sql, positions),
    starts.length === 0 ? new Map<number, ExistingStart>() : findStarts(sql, starts, sealer),
  ]);
  return { fresh, existing, open: new Set(open.map(({ id }) => id)) };
}

const LOCK_OPEN = prepared(`
SELECT q.id::text AS id FROM orchestration_quarantine q WHERE q.id = ANY ($1::bigint[]) AND q.state = 'OPEN' ORDER BY q.id FOR UPDATE`);

/**
 * One statement locks the rows in the order of the key, keeps their old positions, and moves them
 * on. A second consumer of the partition (an old one after a rebalance) waits here, and then finds
 * its records before `next_offset`.
 */
const MOVE_INBOX = prepared(`
INSERT INTO orchestration_inbox AS i (topic, partition, next_offset, last_timestamp)
SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[]) AS u (topic, partition, next_offset, last_timestamp)
ORDER BY u.topic COLLATE "C", u.partition
ON CONFLICT (topic, partition) DO UPDATE SET
  previous_offset = i.next_offset,
  next_offset = greatest(i.next_offset, excluded.next_offset),
  last_timestamp = CASE WHEN excluded.next_offset > i.next_offset THEN excluded.last_timestamp ELSE i.last_timestamp END
RETURNING topic, partition, previous_offset`);

async function admitRecords(sql: Sql, positions: readonly RecordPosition[]): Promise<boolean[]> {
  const last = new Map<string, RecordPosition>();
  for (const position of positions) {
    const known = last.get(placeOf(position));
    if (known === undefined || position.offset > known.offset)
      last.set(placeOf(position), position);
  }
  const touched = [...last.values()];
  const rows = await sql.rows<{ topic: string; partition: number; previous_offset: string | null }>(
    MOVE_INBOX,
    [
      textArray(touched.map(({ topic }) => topic)),
      intArray(touched.map(({ partition }) => partition)),
      bigintArray(touched.map(({ offset }) => offset + 1n)),
      bigintArray(touched.map(({ timestamp }) => Math.trunc(timestamp))),
    ],
  );
  const next = new Map(
    rows.map((row) => [
      placeOf(row),
      row.previous_offset === null ? 0n : BigInt(row.previous_offset),
    ]),
  );
  const seen = new Set<string>();
  return positions.map((position) => {
    const record = `${placeOf(position)}/${position.offset}`;
    const fresh = position.offset >= (next.get(placeOf(position)) ?? 0n) && !seen.has(record);
    seen.add(record);
    return fresh;
  });
}

function placeOf({
  topic,
  partition,
}: {
  readonly topic: string;
  readonly partition: number;
}): string {
  return `${topic}/${partition}`;
}

/** Locks in the order of the hash, so that two batches never deadlock. Released with the commit. */
const SERIALISE_STARTS = prepared(`
SELECT count(pg_advisory_xact_lock(hash)) FROM (
  SELECT DISTINCT hashtextextended(text, 0) AS hash FROM unnest($1::text[]) AS text ORDER BY hash
) AS sorted`);

/**
 * A statement of its own, so that its snapshot includes what was committed during the wait for the
 * locks.
 */
const FIND_STARTS = prepared(`
SELECT r.flow_id, r.orchestration_name, r.idempotency_key, ${comparable('r.input', 'wanted.most')}
FROM unnest($1::text[], $2::int[]) AS wanted (flow_id, most) JOIN orchestration_run r ON r.flow_id = wanted.flow_id
UNION
SELECT r.flow_id, r.orchestration_name, r.idempotency_key, ${comparable('r.input', 'wanted.most')}
FROM unnest($3::text[], $4::text[], $5::int[]) AS wanted (name, key, most)
JOIN orchestration_run r ON r.orchestration_name = wanted.name AND r.idempotency_key = wanted.key`);

/**
 * A payload longer than `most` bytes cannot equal the one it is compared with, and is not read. One
 * whose stored size is already over that is not even decompressed.
 */
function comparable(column: string, most: string): string {
  const fits = `pg_column_size(${column}) <= ${most} + 100 AND octet_length(${column}::text) <= ${most}`;
  return `CASE WHEN ${fits} THEN ${column}::text END AS input, ${column} IS NOT NULL AND NOT (${fits}) AS longer`;
}

/**
 * Equal payloads differ only in white space and the order of keys, and sealed they are a third
 * longer: by far less than this.
 */
function mostBytes({ payload }: StartKey): number {
  return 3 * Buffer.byteLength(payload ?? '') + 400;
}

function payloadOf(
  { flow_id, input }: { readonly flow_id: string; readonly input: string | null },
  sealer: Sealer,
): string | null {
  return input === null ? null : sealer.open(input, runPlace(flow_id, 'input'));
}

async function findStarts(
  sql: Sql,
  starts: readonly StartKey[],
  sealer: Sealer,
): Promise<Map<number, ExistingStart>> {
  const keyed = starts.filter(({ idempotencyKey }) => idempotencyKey !== null);
  const [, rows] = await Promise.all([
    sql.rows(SERIALISE_STARTS, [textArray(starts.flatMap(locksOf))]),
    sql.rows<{
      flow_id: string;
      orchestration_name: string;
      idempotency_key: string | null;
      input: string | null;
      longer: boolean;
    }>(FIND_STARTS, [
      textArray(starts.map(({ flowId }) => flowId)),
      intArray(starts.map(mostBytes)),
      textArray(keyed.map(({ orchestration }) => orchestration.name)),
      textArray(keyed.map(({ idempotencyKey }) => idempotencyKey)),
      intArray(keyed.map(mostBytes)),
    ]),
  ]);
  const known = new Map<string, ExistingStart>();
  for (const row of rows) {
    const existing = {
      flowId: row.flow_id,
      orchestrationName: row.orchestration_name,
      idempotencyKey: row.idempotency_key,
      payload: row.longer ? undefined : payloadOf(row, sealer),
    };
    // A row may occur twice, with its payload read or not: one that was read is preferred.
    for (const lock of locksFor(row.flow_id, row.orchestration_name, row.idempotency_key))
      if (known.get(lock)?.payload === undefined) known.set(lock, existing);
  }
  return existingAmong(starts, known);
}

function existingAmong(
  starts: readonly StartKey[],
  known: ReadonlyMap<string, ExistingStart>,
): Map<number, ExistingStart> {
  const existing = new Map<number, ExistingStart>();
  starts.forEach((start, index) => {
    for (const lock of locksOf(start).toReversed()) {
      const found = known.get(lock);
      if (found !== undefined) existing.set(index, found);
    }
  });
  return existing;
}

/** The key first, then the flowId. */
function locksOf({ flowId, orchestration, idempotencyKey }: StartKey): string[] {
  return locksFor(flowId, orchestration.name, idempotencyKey);
}

function locksFor(
  flowId: string,
  orchestrationName: string,
  idempotencyKey: string | null,
): string[] {
  return idempotencyKey === null
    ? [`flow ${flowId}`]
    : [`key ${orchestrationName} ${idempotencyKey}`, `flow ${flowId}`];
}
