/**
 * Writes what one transaction decided, in one statement for any number of flows, made of the parts
 * that this batch needs.
 */
import type { AuditRow, FlowRecord } from '../../engine/ports.js';
import { jsonTextOf } from '../../json/order.js';
import type { Flow, Instant } from '../../saga/flow.js';
import { prepared } from '../connection/connection.js';
import {
  type ColumnSpec,
  columnsOf,
  type Part,
  statementOf,
  wrap,
} from '../connection/set-based-sql.js';
import { instantOf } from '../connection/sql.js';
import type { TransactionSql } from '../connection/transaction.js';
import { auditPart } from '../rows/audit-rows.js';
import { type Lease, outboxPart, whole } from '../rows/outbox-rows.js';
import { asJson, keeping, orKept } from '../rows/payload-columns.js';
import { runState } from '../rows/stored-state.js';
import { storedEvents } from '../rows/timeline-rows.js';
import { RUN_SEALED, runPlace, sealing, timelinePlace } from '../sealing/sealed-columns.js';
import type { Sealer } from '../sealing/sealer.js';
import type { SentRow } from './published-rows.js';
import { insertSteps, updateSteps } from './record-steps.js';

export interface Recording {
  readonly records: readonly FlowRecord[];
  /** Of the mutations that led to it. */
  readonly audit: readonly AuditRow[];
  /** The instance that the outbox rows are leased to; null = none. */
  readonly lease: Lease | null;
  /** Seals payloads on their way. */
  readonly sealer: Sealer;
  /** Whether steps and messages may refer to the start payload of their flow. */
  readonly refer: boolean;
  /** Acknowledged outbox rows: they are deleted in the same statement. */
  readonly sent: readonly SentRow[];
  /** Payloads for NOTIFY. */
  readonly notifications: readonly string[];
  /** wake_at as it is stored, of the locked flows. */
  readonly wakeAt: ReadonlyMap<string, Instant | null>;
  /** Flows that get a TICK: their wake_at is written as given. */
  readonly ticking: ReadonlySet<string>;
}

export function record(sql: TransactionSql, recording: Recording): void {
  const { records, audit, lease, refer, sent, notifications, sealer } = recording;
  const started = records.filter(({ before }) => before === null);
  const changed = records.filter(({ before }) => before !== null);
  const outbox = records.flatMap((one) => (refer ? one.outbox : one.outbox.map(whole)));
  const withdrawn = records.flatMap((one) =>
    one.withdrawn.map((attemptId) => ({ flowId: one.after.flowId, attemptId })),
  );
  const parts: Part[] = [
    wrap.insert('orchestration_run', columnsOf(newRun(started, sealer), started), started.length),
    insertSteps(started, refer, sealer),
    wrap.update(
      'orchestration_run',
      ['flow_id'],
      columnsOf(changedRun(recording), changed),
      changed.length,
    ),
    updateSteps(changed, refer, sealer),
    insertTimeline(records, sealer),
    outboxPart(outbox, lease, sealer),
    auditPart(audit),
    wrap.remove('orchestration_outbox', columnsOf(SENT, sent), sent.length),
    wrap.remove('orchestration_outbox', columnsOf(WITHDRAWN, withdrawn), withdrawn.length),
  ].filter(({ rows }) => rows > 0);
  if (parts.length === 0) return;
  const { text, parameters } = statementOf(parts, notifications);
  sql.later(prepared(text), parameters);
}

function insertTimeline(records: readonly FlowRecord[], sealer: Sealer): Part {
  const some = records.filter(({ events }) => events.length > 0);
  const specs = sealing(TIMELINE, sealer, ['events'], ({ after }) => timelinePlace(after.flowId));
  return wrap.insert('orchestration_timeline', columnsOf(specs, some), some.length);
}

function sealedRun(
  specs: readonly ColumnSpec<FlowRecord>[],
  sealer: Sealer,
): readonly ColumnSpec<FlowRecord>[] {
  return sealing(specs, sealer, RUN_SEALED, ({ after }, name) => runPlace(after.flowId, name));
}

/** Columns that are written for new and for changed flows. */
const RUN: readonly ColumnSpec<FlowRecord>[] = [
  ['flow_id', 'text', ({ after }) => after.flowId],
  ['status', 'text', ({ after }) => after.status],
  ['ended_at', 'float8', ({ after }) => after.endedAt, instantOf],
  ['failure_reason', 'text', ({ after }) => after.failureReason],
  ['state', 'text', ({ after }) => runState(after), asJson],
  ['last_event_number', 'int', ({ after }) => after.lastEventNumber],
];

const NEW_RUN: readonly ColumnSpec<FlowRecord>[] = [
  ...RUN,
  ['orchestration_name', 'text', ({ after }) => after.orchestration.name],
  ['orchestration_version', 'int', ({ after }) => after.orchestration.version],
  ['started_at', 'float8', ({ after }) => after.startedAt, instantOf],
  ['initiator', 'text', ({ after }) => after.initiator],
  ['idempotency_key', 'text', ({ after }) => after.idempotencyKey],
  ['correlation_id', 'text', ({ after }) => correlationIdOf(after)],
  ['input', 'text', ({ after }) => after.input, asJson],
  ['output', 'text', ({ after }) => after.output, asJson],
  ['headers', 'text', ({ after }) => jsonTextOf(after.headers), asJson],
  ['wake_at', 'float8', ({ wakeAt }) => wakeAt, instantOf],
];

const POLICY: ColumnSpec<FlowRecord> = [
  'policy',
  'text',
  ({ after: { orchestration } }) =>
    orchestration.policies === undefined ? null : JSON.stringify(orchestration.policies),
  asJson,
];

const STARTED_BY: ColumnSpec<FlowRecord> = [
  'started_by',
  'text',
  ({ startedBy }) => startedBy ?? null,
];

/** What is rare: these columns are written only when one of the flows has something in it. */
function newRun(started: readonly FlowRecord[], sealer: Sealer): readonly ColumnSpec<FlowRecord>[] {
  const specs = [...NEW_RUN];
  if (started.some(({ after }) => after.orchestration.policies !== undefined)) specs.push(POLICY);
  if (started.some(({ startedBy }) => startedBy !== undefined)) specs.push(STARTED_BY);
  return sealedRun(specs, sealer);
}

function changedRun(recording: Recording): readonly ColumnSpec<FlowRecord>[] {
  const specs: readonly ColumnSpec<FlowRecord>[] = [
    ...RUN,
    ['output', 'text', ({ before, after }) => orKept(before?.output, after.output), keeping],
    ['wake_at', 'float8', (one) => wakeAtOf(one, recording), instantOf],
  ];
  return sealedRun(specs, recording.sealer);
}

/**
 * Keeps a stored time that is in the future and earlier: it is allowed to be early, and without a
 * change PostgreSQL need not update the index.
 */
function wakeAtOf(
  { after, events, wakeAt }: FlowRecord,
  { wakeAt: stored, ticking }: Recording,
): Instant | null {
  const known = stored.get(after.flowId) ?? null;
  if (wakeAt === null || known === null || events.length === 0 || ticking.has(after.flowId))
    return wakeAt;
  return known <= after.now || wakeAt < known ? wakeAt : known;
}

function correlationIdOf({ headers }: Flow): string | null {
  const id = headers.correlationId;
  if (id === undefined || id === null) return null;
  return typeof id === 'string' ? id : JSON.stringify(id);
}

const TIMELINE: readonly ColumnSpec<FlowRecord>[] = [
  ['flow_id', 'text', ({ after }) => after.flowId],
  ['first_number', 'int', ({ events }) => events[0]?.number ?? null],
  ['last_number', 'int', ({ events }) => events.at(-1)?.number ?? null],
  ['at', 'float8', ({ events }) => events[0]?.at ?? null, instantOf],
  ['events', 'text', ({ events }) => storedEvents(events), asJson],
];

const SENT: readonly ColumnSpec<SentRow>[] = [
  ['flow_id', 'text', ({ flowId }) => flowId],
  ['number', 'bigint', ({ number }) => number],
];

const WITHDRAWN: readonly ColumnSpec<{ readonly flowId: string; readonly attemptId: string }>[] = [
  ['flow_id', 'text', ({ flowId }) => flowId],
  ['attempt_id', 'text', ({ attemptId }) => attemptId],
];
