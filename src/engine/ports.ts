/**
 * Room 3, the engine: the unit of work. Knows: order, locks, once-only, what to do with a fault. Refuses to know: SQL, Kafka, HTTP,
 * topic names. In: deliveries. Out: recorded events, published messages, hints to subscribers.
 * This file: what it needs from storage, broker and clock. A port method is never a business rule.
 */
import type { FlowEvent, Refusal } from '../saga/event.js';
import type { Flow, FlowStatus, Instant, Payload, StepStatus } from '../saga/flow.js';
import type { Input, StartInput, StartRequest } from '../saga/input.js';
import type { Orchestration } from '../saga/orchestration.js';

// ── deliveries ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A record's place in the log; the inbox remembers the next expected offset per (topic, partition). */
export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  /** A 64-bit number. */
  readonly offset: bigint;
  /** The record's timestamp, ms. */
  readonly timestamp: Instant;
}

/** Why a record can not be used: it is kept, listed, replayable, and never blocks its partition (2-wire.md, rule 9). */
export interface PoisonCause {
  readonly code: string;
  readonly message: string;
  /** Known when the record could be read that far. */
  readonly flowId: string | null;
  readonly stepName: string | null;
}

/** A record's bytes, kept for the quarantine. */
export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/**
 * An input and where it came from. `position` null = said by this process (API, timer): nothing to admit.
 * Exactly one of `input`, `start`, `registration` is set, or none of them and a `poison`.
 * `poison` beside an `input`: it counts *and* is copied to quarantine (an unreadable reply).
 */
export interface Delivery {
  readonly position: RecordPosition | null;
  readonly input: Exclude<Input, StartInput> | null;
  readonly start: StartRequest | null;
  readonly registration: Registration | null;
  readonly poison: PoisonCause | null;
  readonly raw: RawRecord | null;
}

export type DeliveryOutcome =
  /** Recorded: the events it led to are on the timeline. For a start that was known already: `echo`. */
  | { readonly kind: 'recorded'; readonly flow: Flow; readonly events: readonly FlowEvent[]; readonly refusal: Refusal | null }
  /** A start whose flowId or idempotency key exists: nothing was started. `samePayload` false = the key was used with another payload. */
  | { readonly kind: 'echo'; readonly flowId: string; readonly samePayload: boolean; readonly sameOrchestration: boolean }
  /** Seen before (inbox). */
  | { readonly kind: 'duplicate' }
  /** No such flow; a reply from a topic went to quarantine. */
  | { readonly kind: 'unknown-flow' }
  | { readonly kind: 'quarantined'; readonly code: string; readonly message: string }
  /** The flow is parked; a reply from a topic went to quarantine. */
  | { readonly kind: 'parked'; readonly reason: string };

/** Something we depend on is away or slow; the work was not done and may be tried again. */
export class Fault extends Error {
  readonly code: string;
  constructor(code: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

// ── storage ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A start that was found to exist already. */
export interface ExistingStart {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly payload: Payload;
}

/** A message to publish; `topic` is opaque to the engine, made by the `Wire` port. Bytes only for quarantined records. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string | Uint8Array | null;
  /** UTF-8 JSON text, or the bytes of a quarantined record. */
  readonly value: string | Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** One outbox row. `attemptId` null = not a command (a flow's end, a quarantined record). Leaves in (flowId, number) order. */
export interface OutboxRow extends OutgoingMessage {
  /** The flow's id; of a quarantined record `!topic/partition`, which no flow can be called. */
  readonly flowId: string;
  /** The event number it came from (the offset of a quarantined record): with flowId, the row's identity and its order. */
  readonly number: number;
  readonly attemptId: string | null;
}

/** What the unit of work decided for one flow: derived rows are the store's business. */
export interface FlowRecord {
  /** The flow before; null = it starts here. */
  readonly before: Flow | null;
  readonly after: Flow;
  /** Ascending. None: a timer looked and nothing was due; only `wakeAt` is stored, exactly as given. */
  readonly events: readonly FlowEvent[];
  readonly outbox: readonly OutboxRow[];
  /** attemptIds whose outbox row is to be deleted unsent. */
  readonly withdrawn: readonly string[];
  /** When the sweeper must look at this flow next; null = never. A lower bound is enough: see engine/timers.ts. */
  readonly wakeAt: Instant | null;
}

export interface QuarantineEntry extends PoisonCause, RawRecord {
  readonly position: RecordPosition;
  /** Its copy for the dead-letter topic. */
  readonly copy: OutboxRow;
}

export interface ParkedFlow {
  readonly flowId: string;
  readonly reason: string;
}

export interface LockedFlows {
  /** The transaction's time, ms, by the database. */
  readonly now: Instant;
  readonly flows: ReadonlyMap<string, Flow>;
  /** Flows of the request that exist but are parked: reason by flowId. */
  readonly parked: ReadonlyMap<string, string>;
}

/** The four words of the road, inside one transaction. */
export interface RoadTransaction {
  /**
   * Once-only. Advances the inbox to behind the last of `positions` per partition, provided it has not moved meanwhile, and
   * answers which were not admitted before. Starts are serialised per flowId and per (orchestration, idempotency key): those
   * that exist already are answered by index of `starts`.
   */
  admit(
    positions: readonly RecordPosition[],
    starts: readonly StartInput[],
  ): Promise<{ readonly fresh: readonly boolean[]; readonly existing: ReadonlyMap<number, ExistingStart> }>;
  /**
   * Locks the rows of these flows in id order and loads them, steps and `ungiven` included. For those in `ticking` also `unsent`:
   * the attemptIds still in the outbox, given or not, apart from those already reported by `outboxSent`.
   */
  lock(flowIds: readonly string[], ticking: readonly string[]): Promise<LockedFlows>;
  /** Writes flows, steps, timeline, outbox (leased to `owner` unless `given` is false), in a handful of statements. */
  record(records: readonly FlowRecord[], given: boolean): Promise<void>;
  /** Puts records into quarantine, and parks flows that broke a law. */
  refuse(quarantine: readonly QuarantineEntry[], parked: readonly ParkedFlow[]): Promise<void>;
}

export interface InboxPosition {
  readonly topic: string;
  readonly partition: number;
  /** Next expected offset. */
  readonly nextOffset: bigint;
  /** Of the last admitted record; null = none yet. */
  readonly lastTimestamp: Instant | null;
}

/** A registered version, with what is true of its name. */
export interface RegistrationRow {
  readonly orchestration: Orchestration;
  readonly initiator: string | null;
  readonly paused: boolean;
  readonly archived: boolean;
  readonly createdAt: Instant;
}

/** A problem with what somebody asked for. `code` is listed in docs/protocol.md; `line` is 1-based, of a document. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly path: string | null;
  readonly line: number | null;
  readonly suggestions: readonly string[];
}

/** What a document declares, one entry per orchestration in it; made by the wire room, all defaults filled in. */
export type Declaration =
  | { readonly as: 'initiator'; readonly orchestration: Omit<Orchestration, 'version'>; readonly line: number | null }
  | {
      readonly as: 'worker';
      readonly orchestrationName: string;
      readonly steps: readonly DeclaredWorkerStep[];
      readonly line: number | null;
    };
export type DeclaredWorkerStep = Omit<WorkerRow, 'orchestrationName' | 'serviceName'>;

/** A read document: nothing of it counts when it has problems. */
export interface Registration {
  readonly declarations: readonly Declaration[];
  readonly problems: readonly Problem[];
  readonly serviceName: string | null;
}

/** A worker's registration of one step. */
export interface WorkerRow {
  readonly orchestrationName: string;
  readonly stepName: string;
  readonly serviceName: string;
  readonly objectType: string | null;
  readonly handlerClass: string | null;
  readonly doMethod: string | null;
  readonly undoMethod: string | null;
}

export interface RegistryTransaction {
  /** Serialises registrations: nobody else changes a definition until the commit. */
  lockRegistry(): Promise<void>;
  current(names: readonly string[]): Promise<ReadonlyMap<string, RegistrationRow>>;
  /** Every registered (name, step) whose topics equal one of these after `.` → `_`; for TOPIC_COLLISION. */
  topicNeighbours(
    topics: readonly string[],
  ): Promise<readonly { readonly name: string; readonly stepName: string; readonly topic: string }[]>;
  workers(names: readonly string[]): Promise<readonly WorkerRow[]>;
  flowsInFlight(name: string): Promise<number>;
  saveVersion(orchestration: Orchestration, initiator: string | null): Promise<void>;
  saveWorkers(rows: readonly WorkerRow[]): Promise<void>;
}

/**
 * The write side. Every method may throw a `Fault` (engine/service.ts: the database is away, full, too busy, a deadlock): the caller
 * backs off and tries again. Anything else that is thrown means that *this work* can not be recorded: the caller takes it apart.
 */
export interface Store {
  /** One READ COMMITTED transaction; rolls back when `work` throws. */
  road<T>(work: (tx: RoadTransaction) => Promise<T>): Promise<T>;
  registry<T>(work: (tx: RegistryTransaction) => Promise<T>): Promise<T>;
  /** One version (null = newest), or null. The caller caches by (name, version): versions never change. */
  orchestration(name: string, version: number | null): Promise<RegistrationRow | null>;
  /** Nearest registered names, best first, for a did-you-mean. */
  similarNames(name: string, most: number): Promise<readonly string[]>;
  inbox(topic: string): Promise<readonly InboxPosition[]>;
  /** Starts a partition anew after its topic was re-created, or for the first time. */
  resetInbox(topic: string, partition: number, nextOffset: bigint): Promise<void>;
  /** Acked by the broker: rows go. */
  outboxSent(rows: readonly { readonly flowId: string; readonly number: number }[]): Promise<void>;
  /** Leases to this instance the rows of up to `flows` flows whose lease has expired or that have none, whole flows, in order. */
  outboxTake(flows: number): Promise<readonly OutboxRow[]>;
  /** flowIds whose wakeAt has passed, at most `most`, skipping ones another instance holds. */
  due(most: number): Promise<readonly string[]>;
  /** ms until the earliest wakeAt, capped by `most`; `most` when none. */
  untilNextDue(most: number): Promise<number>;
  /**
   * Calls back with what *other* instances committed; with null after the connection had been lost, when anything may have been missed.
   * Returns an unsubscribe.
   */
  onRemoteCommit(listener: (hints: readonly FlowHint[] | null) => void): Promise<() => Promise<void>>;
  /** Throws a fault when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** "This flow has events up to here": a hint to look, never the event itself. */
export interface FlowHint {
  readonly flowId: string;
  /** First and last event of that commit. */
  readonly firstEventNumber: number;
  readonly lastEventNumber: number;
}

// ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface FlowFilter {
  readonly orchestrationName?: string | undefined;
  readonly statuses?: readonly FlowStatus[] | undefined;
  readonly stepName?: string | undefined;
  readonly stepStatuses?: readonly StepStatus[] | undefined;
  readonly errorContains?: string | undefined;
  readonly startedAfter?: Instant | undefined;
  readonly startedBefore?: Instant | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly initiator?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** A flow as lists show it: no payloads, no steps. */
export interface FlowSummary {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly orchestrationVersion: number;
  readonly status: FlowStatus;
  readonly startedAt: Instant;
  readonly endedAt: Instant | null;
  readonly failureReason: string | null;
}

export interface Page<T> {
  readonly items: readonly { readonly cursor: string; readonly item: T }[];
  readonly hasNextPage: boolean;
}

/** The read side: index-backed, keyset paged; one or two statements per method. Cursors are opaque; a bad one throws BadCursor. */
export interface ReadModel {
  orchestrations(nameContains: string | null, first: number, after: string | null): Promise<Page<RegistrationRow>>;
  /** Service names registered for these steps: `name/step` → services. */
  workersOf(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Whole flows (steps included), newest first by (startedAt, flowId). */
  history(filter: FlowFilter, first: number, after: string | null): Promise<Page<Flow>>;
  /** REST's numbered pages: newest first; `total` is exact up to `cap`. */
  historyPage(
    filter: FlowFilter,
    page: number,
    size: number,
    cap: number,
  ): Promise<{ readonly items: readonly FlowSummary[]; readonly total: number; readonly capped: boolean }>;
  /** By id; missing ones are left out. */
  flows(flowIds: readonly string[]): Promise<ReadonlyMap<string, Flow>>;
  /** Events with number > `after`, ascending, at most `first`; null = no such flow. */
  timeline(flowId: string, after: number, first: number): Promise<readonly FlowEvent[] | null>;
}

export class BadCursor extends Error {
  readonly code = 'BAD_CURSOR';
}

// ── broker ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

export interface PublishResult {
  readonly row: OutboxRow;
  /** ok; `never` = can not succeed ever (too large, unauthorised, topic gone); `later` = try again. */
  readonly result: 'ok' | 'never' | 'later';
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

export interface Publisher {
  /** Sends in the given order per flow; acks=all. Never throws; a broker away answers `later` for all. One bad row fails alone. */
  publish(rows: readonly OutboxRow[]): Promise<readonly PublishResult[]>;
}

/** Resolves when these are committed: then, and only then, their offsets may be. Rejects only when the engine stops. */
export type Intake = (deliveries: readonly Delivery[]) => Promise<void>;

/** Where each partition continues: the inbox, never the group's offsets. */
export type InboxSource = Pick<Store, 'inbox' | 'resetInbox'>;

export interface BrokerHealth {
  /** The own topics exist and the group has been joined. */
  readonly ready: boolean;
  /** In words, for /readyz. */
  readonly detail: string;
}

/** The broker as the gateway uses it. */
export interface Broker {
  readonly publisher: Publisher;
  /** These topics exist and have leaders when it resolves; existing ones are left alone. A fault when the broker is away. */
  ensureTopics(topics: readonly string[]): Promise<void>;
  /** Joins the group on the gateway's own intake topics and feeds the engine; resolves once joined. Heals by itself. */
  consume(intake: Intake, inbox: InboxSource): Promise<void>;
  /** Takes no more, waits for what is under way, leaves the group. */
  stopConsuming(): Promise<void>;
  health(): BrokerHealth;
  close(): Promise<void>;
}

/** What the engine says to the wire room without knowing its words. Pure. */
export interface Wire {
  /** Messages for the DO_SENT, UNDO_SENT, FLOW_HELD and flow-end events among these. `flow` is the flow after them. */
  outgoing(flow: Flow, events: readonly FlowEvent[]): readonly OutboxRow[];
  /** A quarantined record for the dead-letter topic, cause in its headers. */
  quarantineCopy(cause: PoisonCause, raw: RawRecord, position: RecordPosition): OutboxRow;
  /** Answer on the registration status topic, one per declaration. */
  registrationStatus(status: RegistrationStatusNotice): OutgoingMessage;
  /** [do topic, undo topic] of a step. */
  stepTopics(orchestrationName: string, stepName: string): readonly [string, string];
}

export interface RegistrationStatusNotice {
  readonly orchestrationName: string | null;
  readonly as: 'initiator' | 'worker' | null;
  readonly serviceName: string | null;
  readonly status: 'SUCCESS' | 'FAILED' | 'PENDING';
  readonly failureReason: string | null;
  /** ms since the epoch. */
  readonly timestamp: Instant;
}

/** A record as a worker sees it. */
export interface WorkerRecord {
  readonly topic: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array | string>>;
}

export interface WorkerMessage {
  readonly topic: string;
  readonly key: string | null;
  readonly value: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A worker's side of the broker, for workers that live in this process (the demo's, a test's). */
export interface WorkerClient {
  /** Reads from the earliest record the group does not know; a record counts as read when `onRecord` resolves. */
  subscribe(topics: readonly string[], onRecord: (record: WorkerRecord) => Promise<void>): Promise<void>;
  /** Resolves when the broker has them. */
  send(messages: readonly WorkerMessage[]): Promise<void>;
  close(): Promise<void>;
}
