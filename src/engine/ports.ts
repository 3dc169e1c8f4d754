/**
 * Room 3, the engine: the unit of work. Knows: order, locks, once-only, what to do with a fault. Refuses to know: SQL, Kafka, HTTP,
 * topic names. In: deliveries. Out: recorded events, published messages, hints to subscribers.
 * This file: what it needs from storage, broker and clock. A port method is never a business rule.
 */
import type { FlowEvent, Refusal } from '../saga/event.js';
import type { Flow, FlowStatus, Instant, Payload, StepStatus } from '../saga/flow.js';
import type { Input, StartInput } from '../saga/input.js';
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

/** A record we cannot use: kept, listed, replayable; never blocks its partition (2-wire.md, rule 9). */
export interface Poison {
  readonly code: string;
  readonly message: string;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Known when the record could be read that far. */
  readonly flowId: string | null;
  readonly stepName: string | null;
}

/** What a start by topic or API asks for, before the registry resolved its orchestration. */
export interface StartRequest {
  readonly orchestrationName: string;
  /** Null = one is made. */
  readonly flowId: string | null;
  readonly payload: Payload;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly initiator: string | null;
  readonly idempotencyKey: string | null;
}

/** One record of a topic, understood as far as it can be: `orchestrator.registration` records go another way (engine/registry.ts). */
export type Understood =
  | { readonly kind: 'input'; readonly input: Exclude<Input, StartInput>; readonly poison?: Poison }
  | { readonly kind: 'start'; readonly start: StartRequest; readonly raw: Poison }
  | { readonly kind: 'poison'; readonly poison: Poison };

/**
 * An input and where it came from. `position` null = said by this process (API, timer): nothing to admit.
 * `poison` beside an input: it counts *and* is copied to quarantine (an unreadable reply). `raw` of an input that has a position:
 * the record's bytes, so that a refusal that quarantines (unknown flow) can keep them.
 */
export interface Delivery {
  readonly position: RecordPosition | null;
  readonly input: Input | null;
  readonly poison: Poison | null;
  readonly raw: { readonly key: Uint8Array | null; readonly value: Uint8Array | null } | null;
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
  | { readonly kind: 'quarantined'; readonly code: string }
  /** The flow is parked; a reply from a topic went to quarantine. */
  | { readonly kind: 'parked'; readonly reason: string };

// ── storage ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A start that was found to exist already. */
export interface ExistingStart {
  readonly flowId: string;
  readonly orchestrationName: string;
  readonly payload: Payload;
}

/** A message to publish; `topic` is opaque to the engine, made by the `Wire` port. */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string;
  /** UTF-8 JSON text. */
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** One outbox row. `attemptId` null = not a command (a flow's end). Leaves in (flowId, number) order. */
export interface OutboxRow extends OutgoingMessage {
  readonly flowId: string;
  /** The event number it came from: with flowId, the row's identity and its order. */
  readonly number: number;
  readonly attemptId: string | null;
}

/** What the unit of work decided for one flow: derived rows are the store's business. */
export interface FlowRecord {
  /** The flow before; null = it starts here. */
  readonly before: Flow | null;
  readonly after: Flow;
  /** Ascending, at least one. */
  readonly events: readonly FlowEvent[];
  readonly outbox: readonly OutboxRow[];
  /** attemptIds whose outbox row is to be deleted unsent. */
  readonly withdrawn: readonly string[];
  /** When the sweeper must look at this flow next; null = never. See `wakeAt` in engine/timers.ts. */
  readonly wakeAt: Instant | null;
}

export interface QuarantineEntry extends Poison {
  readonly position: RecordPosition | null;
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
  /** Locks the rows of these flows in id order and loads them, steps and `ungiven` included. */
  lock(flowIds: readonly string[]): Promise<LockedFlows>;
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

export interface RegistrationRow {
  readonly orchestration: Orchestration;
  readonly initiator: string | null;
  readonly paused: boolean;
  readonly archived: boolean;
  readonly createdAt: Instant;
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
  topicNeighbours(topics: readonly string[]): Promise<readonly { readonly name: string; readonly stepName: string; readonly topic: string }[]>;
  workers(names: readonly string[]): Promise<readonly WorkerRow[]>;
  flowsInFlight(name: string): Promise<number>;
  saveVersion(orchestration: Orchestration, initiator: string | null): Promise<void>;
  saveWorkers(rows: readonly WorkerRow[]): Promise<void>;
}

/** The write side. Every method may throw a fault: the caller backs off. */
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
  /** Calls back with flowIds (and their last event numbers) that *other* instances committed. Returns an unsubscribe. */
  onRemoteCommit(listener: (hints: readonly FlowHint[]) => void): Promise<() => Promise<void>>;
  /** Throws a fault when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** "This flow has events up to here": a hint to look, never the event itself. */
export interface FlowHint {
  readonly flowId: string;
  readonly orchestrationName: string;
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
  historyPage(filter: FlowFilter, page: number, size: number, cap: number): Promise<{ readonly items: readonly FlowSummary[]; readonly total: number; readonly capped: boolean }>;
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
  /** Sends in the given order per flow; acks=all. Never throws for a single message; a broker away answers `later` for all. */
  publish(rows: readonly OutboxRow[]): Promise<readonly PublishResult[]>;
}

/** One consumed batch; resolve = its offsets may be committed. */
export type ReplyIntake = (records: readonly ConsumedRecord[]) => Promise<void>;

export interface ConsumedRecord {
  readonly position: RecordPosition;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array | string>>;
}

/** Step topics exist and have leaders when this resolves. Existing ones are left alone. */
export interface TopicsAdmin {
  ensure(topics: readonly string[]): Promise<void>;
}

/** What the engine says to the wire room without knowing its words: commands and flow ends become messages. */
export interface Wire {
  /** Messages for the DO_SENT, UNDO_SENT and flow-end events among these. `flow` is the flow after them. */
  outgoing(flow: Flow, events: readonly FlowEvent[]): readonly OutboxRow[];
  /** do and undo topic of a step. */
  stepTopics(orchestrationName: string, stepName: string): readonly [string, string];
}

export interface Service {
  readonly name: string;
  start(): Promise<void>;
  /** Finishes what is under way, within a bound. */
  stop(): Promise<void>;
}
