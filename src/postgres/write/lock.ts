/**
 * Locks flows in id order and loads them. Statements that are sent together: the snapshot of the
 * last, which reads the steps, is taken after the locks.
 */
import type { EntityManager } from '@mikro-orm/postgresql';
import { Fault, type LockedFlows, TooMuchAtOnce } from '../../engine/ports.js';
import { LIMITS } from '../../limits/limits.js';
import type { Flow, Instant } from '../../saga/flow.js';
import { textArray } from '../connection/binary-arrays.js';
import { prepared } from '../connection/connection.js';
import { millis, millisOf, type Sql } from '../connection/sql.js';
import type { Definitions } from '../rows/definition-cache.js';
import {
  type Context,
  flowOf,
  RUN_COLUMNS,
  type RunRead,
  refOf,
  STEP_COLUMNS,
  type StepRead,
} from '../rows/flow-rows.js';
import type { Sealer } from '../sealing/sealer.js';

interface LockedRun extends RunRead {
  readonly wake_at: number | null;
  readonly parked: string | null;
}

const LOCK_RUNS = prepared(`
SELECT ${RUN_COLUMNS}, ${millisOf('r.wake_at')} AS wake_at, r.parked
FROM orchestration_run r WHERE r.flow_id = ANY ($1::text[]) ORDER BY r.flow_id FOR UPDATE`);

/** Up to this number, flows are read without checking their size first. */
const FEW = 12;

/**
 * A value that is stored uncompressed is not read for its size. The cast fails when there are more
 * than $2 bytes: the statements behind it, which are sent with it, are then not run.
 */
const SIZE = prepared(`
SELECT CASE WHEN bytes > $2::float8 THEN (bytes || ' bytes at once')::int END AS none FROM (
  SELECT sum(${bytesOf('r.input')} + ${bytesOf('r.output')} + coalesce((
      SELECT sum(${bytesOf('s.input')} + ${bytesOf('s.output')}) FROM orchestration_step_run s WHERE s.flow_id = r.flow_id
    ), 0)) AS bytes
  FROM orchestration_run r WHERE r.flow_id = ANY ($1::text[])
) AS size`);
const OVER_THE_LIMIT = /"(\d+) bytes at once"/;

function bytesOf(column: string): string {
  const compressed = `octet_length(${column}::text)`;
  return `coalesce(CASE WHEN pg_column_compression(${column}) IS NULL THEN pg_column_size(${column}) ELSE ${compressed} END, 0)`;
}

/**
 * Rejects when these flows are too large for the memory of this process: nothing is read then, and
 * the batch is halved.
 */
async function checkSize(sql: Sql, flowIds: readonly string[], ids: Uint8Array): Promise<void> {
  if (flowIds.length <= FEW) return;
  try {
    await sql.rows(SIZE, [ids, LIMITS.batchBytesRead.value]);
  } catch (error) {
    const [, bytes] = OVER_THE_LIMIT.exec(error instanceof Error ? error.message : '') ?? [];
    if (bytes === undefined) throw error;
    throw new TooMuchAtOnce(`${flowIds.length} flows of ${bytes} bytes`);
  }
}

interface Around {
  readonly now: Instant;
  /** The outbox rows are locked; a row that a relay is taking at the moment is skipped. */
  readonly withdrawable: readonly (readonly [flowId: string, attemptId: string])[];
  readonly unsent: readonly (readonly [flowId: string, number: number, attemptId: string])[];
  /** Names of paused orchestrations. */
  readonly paused: readonly string[];
}

/** The first row has the context of the flows as JSON, the others are their steps. */
const LOAD_STEPS = prepared(`
SELECT NULL AS flow_id, 0 AS seq, json_build_object(
    'now', floor(${millisOf('clock_timestamp()')}),
    'withdrawable', array_to_json(ARRAY(SELECT array_to_json(ARRAY[o.flow_id, o.attempt_id]) FROM orchestration_outbox o
      WHERE o.flow_id = ANY ($1::text[]) AND o.leased_to IS NULL AND o.attempt_id IS NOT NULL FOR UPDATE SKIP LOCKED)),
    'unsent', array_to_json(ARRAY(SELECT json_build_array(o.flow_id, o.number, o.attempt_id) FROM orchestration_outbox o
      WHERE o.flow_id = ANY ($2::text[]) AND o.attempt_id IS NOT NULL)),
    'paused', array_to_json(ARRAY(SELECT n.name FROM orchestration_name n WHERE n.paused))
  )::text AS status, 0 AS attempt, NULL AS error_message, NULL AS error_code, NULL AS input, NULL AS output,
  NULL::float8 AS started_at, NULL::float8 AS ended_at, NULL::float8 AS undone_at, NULL AS state, NULL AS input_of_flow
UNION ALL
SELECT s.flow_id, ${STEP_COLUMNS} FROM orchestration_step_run s WHERE s.flow_id = ANY ($3::text[])`);

export interface Locked extends LockedFlows {
  /** wake_at of the locked flows as it is stored. */
  readonly wakeAt: ReadonlyMap<string, Instant | null>;
}

export interface LockSources {
  readonly sql: Sql;
  readonly em: EntityManager;
  readonly definitions: Definitions;
  readonly sealer: Sealer;
  /** Outbox rows that are acknowledged and not deleted yet. */
  readonly isSent: (flowId: string, number: number) => boolean;
}

async function read(
  sql: Sql,
  flowIds: readonly string[],
  ticking: readonly string[],
): Promise<readonly [LockedRun[], (StepRead & { flow_id: string | null })[]]> {
  const ids = textArray(flowIds);
  const checked = checkSize(sql, flowIds, ids);
  const reading = Promise.all([
    flowIds.length === 0 ? [] : sql.rows<LockedRun>(LOCK_RUNS, [ids]),
    sql.rows<StepRead & { flow_id: string | null }>(LOAD_STEPS, [ids, textArray(ticking), ids]),
  ]);
  // When the check fails, these fail as well, with less to show.
  reading.catch(() => undefined);
  await checked;
  return reading;
}

export async function lock(
  { sql, em, definitions, isSent, sealer }: LockSources,
  flowIds: readonly string[],
  ticking: readonly string[],
): Promise<Locked> {
  const [runs, rows] = await read(sql, flowIds, ticking);
  const going = runs.filter((run) => run.parked === null);
  const around: Around = JSON.parse(rows.find((row) => row.flow_id === null)?.status ?? '{}');
  const stepsOf = Map.groupBy(rows, (row) => row.flow_id);
  const definitionOf = await definitions.of(em, going.map(refOf));
  const contextOf = contexts(around, isSent);
  const flows = new Map<string, Flow>();
  const parked = parkedOf(runs);
  for (const run of going) {
    try {
      const steps = stepsOf.get(run.flow_id) ?? [];
      const context = contextOf(run);
      flows.set(run.flow_id, flowOf(run, definitionOf(refOf(run)), steps, { context, sealer }));
    } catch (error) {
      // A missing key (a Fault) is not the flow's. Else its rows contradict each other: it is
      // parked, the others go on.
      if (error instanceof Fault) throw error;
      parked.set(run.flow_id, error instanceof Error ? error.message : String(error));
    }
  }
  return {
    now: around.now,
    flows,
    parked,
    wakeAt: new Map(going.map((run) => [run.flow_id, millis(run.wake_at)])),
  };
}

function parkedOf(runs: readonly LockedRun[]): Map<string, string> {
  return new Map(runs.flatMap((run) => (run.parked === null ? [] : [[run.flow_id, run.parked]])));
}

function contexts(
  { now, withdrawable, unsent, paused }: Around,
  isSent: (flowId: string, number: number) => boolean,
): (run: RunRead) => Context {
  const free = Map.groupBy(withdrawable, ([flowId]) => flowId);
  const waiting = Map.groupBy(
    unsent.filter(([flowId, number]) => !isSent(flowId, number)),
    ([flowId]) => flowId,
  );
  return ({ flow_id, orchestration_name }) => ({
    now,
    withdrawable: (free.get(flow_id) ?? []).map(([, attemptId]) => attemptId),
    unsent: (waiting.get(flow_id) ?? []).map(([, , attemptId]) => attemptId),
    orchestrationPaused: paused.includes(orchestration_name),
  });
}
