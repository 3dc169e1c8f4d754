/**
 * Rows to flows. What people and queries look at is stored in columns, the rest of the state in one
 * small JSON per row.
 */
import { readPrinted } from '../../json/read.js';
import {
  type Flow,
  type FlowStatus,
  isTerminal,
  type StepRun,
  type StepStatus,
} from '../../saga/flow.js';
import type { Orchestration } from '../../saga/orchestration.js';
import { millis, millisOf } from '../connection/sql.js';
import { openRun, openStep, stepPlace } from '../sealing/sealed-columns.js';
import type { Sealer } from '../sealing/sealer.js';
import type { VersionRef } from './definition-cache.js';
import type { RunState, StepState } from './stored-state.js';

export interface RunRead {
  readonly flow_id: string;
  readonly orchestration_name: string;
  readonly orchestration_version: number;
  readonly status: string;
  readonly started_at: number;
  readonly ended_at: number | null;
  readonly failure_reason: string | null;
  readonly initiator: string | null;
  readonly idempotency_key: string | null;
  readonly input: string | null;
  readonly output: string | null;
  readonly headers: string;
  readonly state: string | null;
  readonly last_event_number: number;
  readonly policy: string | null;
}

/** The definition a flow runs with. */
export function refOf(run: RunRead): VersionRef {
  const { orchestration_name: name, orchestration_version: version, policy } = run;
  return { name, version, policy };
}

/** These columns with NULL in place of unwanted payloads. */
export function withPayloads(columns: string, input: boolean, output: boolean): string {
  return columns
    .replace(/\b[rs]\.input::text/, (column) => (input ? column : 'NULL::text'))
    .replace(/\bs\.input_of_flow/, (column) => (input ? column : 'NULL AS input_of_flow'))
    .replace(/\b[rs]\.output::text/, (column) => (output ? column : 'NULL::text'));
}

/** The columns of a RunRead, of the table called `r`. */
export const RUN_COLUMNS = `r.flow_id, r.orchestration_name, r.orchestration_version, r.status, ${millisOf('r.started_at')} AS started_at,
  ${millisOf('r.ended_at')} AS ended_at, r.failure_reason, r.initiator, r.idempotency_key, r.input::text AS input, r.output::text AS output,
  r.headers::text AS headers, r.state::text AS state, r.last_event_number, r.policy::text AS policy`;

export interface StepRead {
  readonly seq: number;
  readonly status: string;
  readonly attempt: number;
  readonly error_message: string | null;
  readonly error_code: string | null;
  readonly input: string | null;
  readonly output: string | null;
  readonly started_at: number | null;
  readonly ended_at: number | null;
  readonly undone_at: number | null;
  readonly state: string | null;
  /** Its input is the flow's, and its own column is null. */
  readonly input_of_flow: boolean | null;
}

/** The columns of a StepRead, of the table called `s`. */
export const STEP_COLUMNS = `s.seq, s.status, s.attempt, s.error_message, s.error_code, s.input::text AS input, s.output::text AS output,
  ${millisOf('s.started_at')} AS started_at, ${millisOf('s.ended_at')} AS ended_at, ${millisOf('s.undone_at')} AS undone_at, s.state::text AS state,
  s.input_of_flow`;

const OUTPUT_EVENTS = new WeakMap<StepRun, number>();

/** Number of the event that gave a loaded step its output; 0 = none, or not known. */
export function outputEventOf(step: StepRun | undefined): number {
  return step === undefined ? 0 : (OUTPUT_EVENTS.get(step) ?? 0);
}

/** The fields of a flow that come from the transaction and not from the fold. */
export type Context = Pick<Flow, 'now' | 'withdrawable' | 'unsent' | 'orchestrationPaused'>;
/** For readers: no decision is made with what they get. */
export const READ_ONLY: Context = {
  now: 0,
  withdrawable: [],
  unsent: [],
  orchestrationPaused: false,
};

/** `sealer`: opens what is sealed in these rows. */
export function flowOf(
  read: RunRead,
  orchestration: Orchestration,
  steps: readonly StepRead[],
  { context, sealer }: { readonly context: Context; readonly sealer: Sealer },
): Flow {
  const row = openRun(read, sealer);
  const state: RunState = row.state === null ? {} : JSON.parse(row.state);
  const status = row.status as FlowStatus;
  return {
    flowId: row.flow_id,
    orchestration,
    status,
    steps: stepsOf(row, orchestration, steps, sealer),
    input: row.input,
    output: row.output,
    headers: readPrinted(row.headers) as Flow['headers'],
    initiator: row.initiator,
    idempotencyKey: row.idempotency_key,
    failureReason: row.failure_reason,
    startedAt: millis(row.started_at),
    endedAt: isTerminal(status) ? millis(row.ended_at) : null,
    deadline: state.deadline ?? null,
    deadlineStoppedAt: state.deadlineStoppedAt ?? null,
    paused: state.paused ?? false,
    pausedAt: state.pausedAt ?? null,
    pauseReason: state.pauseReason ?? null,
    held: state.held ?? false,
    halted: state.halted ?? false,
    lastEventNumber: row.last_event_number,
    ...context,
  };
}

function stepsOf(
  row: RunRead,
  { steps: definitions }: Orchestration,
  rows: readonly StepRead[],
  sealer: Sealer,
): StepRun[] {
  const bySeq = new Map(rows.map((step) => [step.seq, step]));
  return definitions.map((definition) => {
    const step = bySeq.get(definition.seq);
    if (step === undefined)
      throw new Error(`flow ${row.flow_id} has no row for its step ${definition.name}`);
    const opened = openStep(row.flow_id, step, sealer);
    const whole = step.input_of_flow === true ? { ...opened, input: row.input } : opened;
    return stepOf(whole, definition, headersReader(row.flow_id, step.seq, sealer));
  });
}

/** Headers of a worker, sealed or not. */
function headersReader(flowId: string, seq: number, sealer: Sealer) {
  return ({ addedHeaders, sealedHeaders }: StepState): StepRun['addedHeaders'] => {
    if (sealedHeaders === undefined) return addedHeaders ?? null;
    const text = sealer.open(sealedHeaders, stepPlace(flowId, seq, 'headers'));
    return readPrinted(text) as StepRun['addedHeaders'];
  };
}

function stepOf(
  row: StepRead,
  definition: StepRun['definition'],
  headersOf: (state: StepState) => StepRun['addedHeaders'],
): StepRun {
  const state: StepState = row.state === null ? {} : (readPrinted(row.state) as StepState);
  const step: StepRun = {
    definition,
    status: row.status as StepStatus,
    open: state.open ?? null,
    nextAttemptAt: state.nextAttemptAt ?? null,
    attempt: row.attempt,
    attemptBase: state.attemptBase ?? 0,
    round: state.round ?? 0,
    roundBase: state.roundBase ?? 0,
    undoAttempt: state.undoAttempt ?? 0,
    unknown: state.unknown ?? false,
    neverSent: state.neverSent ?? false,
    final: state.final ?? false,
    undoExhausted: state.undoExhausted ?? false,
    roundOwed: state.owes ?? false,
    undoRequested: state.undoRequested ?? false,
    skipped: state.skipped ?? false,
    input: row.input,
    output: row.output,
    addedHeaders: headersOf(state),
    errorMessage: row.error_message,
    errorCode: row.error_code,
    ...progressOf(state),
    startedAt: millis(row.started_at),
    endedAt: millis(row.ended_at),
    undoneAt: millis(row.undone_at),
  };
  if (state.outputEvent !== undefined) OUTPUT_EVENTS.set(step, state.outputEvent);
  return step;
}

type Progress = Pick<StepRun, 'progress' | 'progressMessage' | 'progressAt'>;

function progressOf({ progress, progressMessage, progressAt }: StepState): Progress {
  return {
    progress: progress ?? null,
    progressMessage: progressMessage ?? null,
    progressAt: progressAt ?? null,
  };
}
