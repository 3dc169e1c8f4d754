/** Writes what one transaction decided: one statement, whatever the number of flows, made of the parts this batch needs. */
import type { FlowRecord } from '../engine/ports.js';
import type { Flow, Instant, StepRun } from '../saga/flow.js';
import { retryCountOf, undoRetryCountOf } from '../saga/flow.js';
import { prepared } from './connection.js';
import { outputEventOf, runState, stepState } from './mapping.js';
import { outboxPart } from './outbox-row.js';
import { type Column, column, type Part, statementOf, wrap } from './parts.js';
import type { SentRow } from './sent.js';
import { instantOf, type Sql } from './sql.js';
import { outputEventAmong, storedEvents } from './timeline.js';

export interface Recording {
  readonly records: readonly FlowRecord[];
  /** Whose the outbox rows are, for how long, ms; null = nobody's yet. */
  readonly lease: { readonly owner: string; readonly ms: number } | null;
  /** Outbox rows that were acknowledged: they go along. */
  readonly sent: readonly SentRow[];
  /** Payloads for NOTIFY. */
  readonly hints: readonly string[];
  /** wake_at as it is stored, of the locked flows. */
  readonly wakeAt: ReadonlyMap<string, Instant | null>;
  /** Flows a timer looks at: their wake_at is written as given. */
  readonly ticking: ReadonlySet<string>;
}

export async function record(sql: Sql, recording: Recording): Promise<void> {
  const { records } = recording;
  const started = records.filter(({ before }) => before === null);
  const changed = records.filter(({ before }) => before !== null);
  const parts: Part[] = [
    insertRuns(started),
    insertSteps(started),
    updateRuns(changed, (one) => wakeAtOf(one, recording)),
    updateSteps(changed),
    insertTimeline(records.filter(({ events }) => events.length > 0)),
    outboxPart(
      records.flatMap(({ outbox }) => outbox),
      recording.lease,
    ),
    deleteSent(recording.sent),
    deleteWithdrawn(records),
  ].filter((part) => part.rows > 0);
  const { text, parameters } = statementOf(parts, recording.hints);
  if (parts.length > 0) await sql.rows<unknown>(prepared(text), parameters);
}

/** A stored time that is still to come and earlier stays: it is a lower bound, and not writing it keeps the update off the indexes. */
function wakeAtOf({ after, events, wakeAt }: FlowRecord, { wakeAt: stored, ticking }: Recording): Instant | null {
  const known = stored.get(after.flowId) ?? null;
  if (wakeAt === null || known === null || events.length === 0 || ticking.has(after.flowId)) return wakeAt;
  return known <= after.now || wakeAt < known ? wakeAt : known;
}

function correlationIdOf({ headers }: Flow): string | null {
  const id = headers.correlationId;
  return id === undefined || id === null ? null : typeof id === 'string' ? id : JSON.stringify(id);
}

const JSON_TEXT = (place: string): string => `${place}::json`;
/** What is not sent stays: '' is no JSON. */
const KEPT = '';
const KEEPING = (place: string): string => `CASE WHEN ${place} = '' THEN ${place.replace('u.', 't.')} ELSE ${place}::json END`;

function insertRuns(records: readonly FlowRecord[]): Part {
  const flows = records.map(({ after }) => after);
  const columns = [
    ...identity(flows),
    column(
      'orchestration_name',
      'text',
      flows.map(({ orchestration }) => orchestration.name),
    ),
    column(
      'orchestration_version',
      'int',
      flows.map(({ orchestration }) => orchestration.version),
    ),
    column(
      'started_at',
      'float8',
      flows.map(({ startedAt }) => startedAt),
      instantOf,
    ),
    column(
      'initiator',
      'text',
      flows.map(({ initiator }) => initiator),
    ),
    column(
      'idempotency_key',
      'text',
      flows.map(({ idempotencyKey }) => idempotencyKey),
    ),
    column('correlation_id', 'text', flows.map(correlationIdOf)),
    column(
      'input',
      'text',
      flows.map(({ input }) => input),
      JSON_TEXT,
    ),
    column(
      'headers',
      'text',
      flows.map(({ headers }) => JSON.stringify(headers)),
      JSON_TEXT,
    ),
    column(
      'output',
      'text',
      flows.map(({ output }) => output),
      JSON_TEXT,
    ),
    column(
      'wake_at',
      'float8',
      records.map(({ wakeAt }) => wakeAt),
      instantOf,
    ),
  ];
  return wrap.insert('orchestration_run', columns, flows.length);
}

/** The columns of a flow that both an insert and an update write. */
function identity(flows: readonly Flow[]): Column[] {
  return [
    column(
      'flow_id',
      'text',
      flows.map(({ flowId }) => flowId),
    ),
    column(
      'status',
      'text',
      flows.map(({ status }) => status),
    ),
    column(
      'ended_at',
      'float8',
      flows.map(({ endedAt }) => endedAt),
      instantOf,
    ),
    column(
      'failure_reason',
      'text',
      flows.map(({ failureReason }) => failureReason),
    ),
    column('state', 'text', flows.map(runState), JSON_TEXT),
    column(
      'last_event_number',
      'int',
      flows.map(({ lastEventNumber }) => lastEventNumber),
    ),
  ];
}

function updateRuns(records: readonly FlowRecord[], wakeAt: (record: FlowRecord) => Instant | null): Part {
  const columns = [
    ...identity(records.map(({ after }) => after)),
    column(
      'output',
      'text',
      records.map(({ before, after }) => (before?.output === after.output ? KEPT : after.output)),
      KEEPING,
    ),
    column('wake_at', 'float8', records.map(wakeAt), instantOf),
  ];
  return wrap.update('orchestration_run', ['flow_id'], columns, records.length);
}

interface StepChange {
  readonly flow: Flow;
  readonly before: StepRun | null;
  readonly step: StepRun;
  readonly outputEvent: number;
}

function changeOf({ before, after, events }: FlowRecord, step: StepRun, index: number): StepChange {
  const was = before?.steps[index] ?? null;
  return { flow: after, before: was, step, outputEvent: outputEventAmong(events, step) ?? outputEventOf(was ?? undefined) };
}

function insertSteps(records: readonly FlowRecord[]): Part {
  const changes = records.flatMap((one) => one.after.steps.map((step, index) => changeOf(one, step, index)));
  const columns = [
    ...stepColumns(changes),
    column(
      'step_name',
      'text',
      changes.map(({ step }) => step.definition.name),
    ),
    column(
      'max_retries',
      'int',
      changes.map(({ step }) => step.definition.maxRetries),
    ),
    column(
      'undo_max_retries',
      'int',
      changes.map(({ step }) => step.definition.undoMaxRetries),
    ),
    column(
      'created_at',
      'float8',
      changes.map(({ flow }) => flow.startedAt),
      instantOf,
    ),
    column(
      'input',
      'text',
      changes.map(({ step }) => step.input),
      JSON_TEXT,
    ),
    column(
      'output',
      'text',
      changes.map(({ step }) => step.output),
      JSON_TEXT,
    ),
  ];
  return wrap.insert('orchestration_step_run', columns, changes.length);
}

/** Only steps that changed: the saga keeps the others by identity. */
function updateSteps(records: readonly FlowRecord[]): Part {
  const changes = records.flatMap((one) =>
    one.after.steps.flatMap((step, index) => (step === one.before?.steps[index] ? [] : [changeOf(one, step, index)])),
  );
  const columns = [
    ...stepColumns(changes),
    column(
      'input',
      'text',
      changes.map(({ before, step }) => (before?.input === step.input ? KEPT : step.input)),
      KEEPING,
    ),
    column(
      'output',
      'text',
      changes.map(({ before, step }) => (before?.output === step.output ? KEPT : step.output)),
      KEEPING,
    ),
  ];
  return wrap.update('orchestration_step_run', ['flow_id', 'seq'], columns, changes.length);
}

function stepColumns(changes: readonly StepChange[]): Column[] {
  const steps = changes.map(({ step }) => step);
  return [
    column(
      'flow_id',
      'text',
      changes.map(({ flow }) => flow.flowId),
    ),
    column(
      'seq',
      'int',
      steps.map(({ definition }) => definition.seq),
    ),
    column(
      'status',
      'text',
      steps.map(({ status }) => status),
    ),
    column('retry_count', 'int', steps.map(retryCountOf)),
    column('undo_retry_count', 'int', steps.map(undoRetryCountOf)),
    column(
      'attempt',
      'int',
      steps.map(({ attempt }) => attempt),
    ),
    column(
      'error_message',
      'text',
      steps.map(({ errorMessage }) => errorMessage),
    ),
    column(
      'error_code',
      'text',
      steps.map(({ errorCode }) => errorCode),
    ),
    column(
      'started_at',
      'float8',
      steps.map(({ startedAt }) => startedAt),
      instantOf,
    ),
    column(
      'ended_at',
      'float8',
      steps.map(({ endedAt }) => endedAt),
      instantOf,
    ),
    column(
      'undone_at',
      'float8',
      steps.map(({ undoneAt }) => undoneAt),
      instantOf,
    ),
    column(
      'state',
      'text',
      changes.map(({ step, outputEvent }) => stepState(step, outputEvent)),
      JSON_TEXT,
    ),
  ];
}

function insertTimeline(records: readonly FlowRecord[]): Part {
  const columns = [
    column(
      'flow_id',
      'text',
      records.map(({ after }) => after.flowId),
    ),
    column(
      'first_number',
      'int',
      records.map(({ events }) => events[0]?.number ?? null),
    ),
    column(
      'last_number',
      'int',
      records.map(({ events }) => events.at(-1)?.number ?? null),
    ),
    column(
      'at',
      'float8',
      records.map(({ events }) => events[0]?.at ?? null),
      instantOf,
    ),
    column(
      'events',
      'text',
      records.map(({ events }) => storedEvents(events)),
      JSON_TEXT,
    ),
  ];
  return wrap.insert('orchestration_timeline', columns, records.length);
}

function deleteSent(rows: readonly SentRow[]): Part {
  const columns = [
    column(
      'flow_id',
      'text',
      rows.map(({ flowId }) => flowId),
    ),
    column(
      'number',
      'bigint',
      rows.map(({ number }) => number),
    ),
  ];
  return wrap.remove('orchestration_outbox', columns, rows.length);
}

function deleteWithdrawn(records: readonly FlowRecord[]): Part {
  const rows = records.flatMap(({ after, withdrawn }) => withdrawn.map((attemptId) => ({ flowId: after.flowId, attemptId })));
  const columns = [
    column(
      'flow_id',
      'text',
      rows.map(({ flowId }) => flowId),
    ),
    column(
      'attempt_id',
      'text',
      rows.map(({ attemptId }) => attemptId),
    ),
  ];
  return wrap.remove('orchestration_outbox', columns, rows.length);
}
