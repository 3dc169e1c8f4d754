/** What the engine needs from storage: four methods in a transaction, and a few reads. */
import type { Within } from '../../names/patterns.js';
import type { PoolFigures } from '../../observability/metrics.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Flow, Instant } from '../../saga/flow.js';
import type { AuditRow } from './audit.js';
import type { PoisonCause, RawRecord, RecordPosition, Replay } from './deliveries.js';
import type { RegistrationRow, RegistryTransaction } from './registrations.js';
import type { Removal } from './removal.js';
import type { SloCounts } from './slo.js';
import type { ExistingStart, StartKey } from './starts.js';

/**
 * A message to publish; `topic` is opaque to the engine, made by the `Wire` port. Bytes only for
 * quarantined records.
 */
export interface OutgoingMessage {
  readonly topic: string;
  readonly key: string | Uint8Array | null;
  /** UTF-8 JSON text, or the bytes of a quarantined record. */
  readonly value: string | Uint8Array | null;
  /**
   * The start payload of the flow, which many messages share: then `value` is the part before the
   * payload, and `wholeValue` gives the whole. Absent: `value` is the whole.
   */
  readonly startPayload?: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * One outbox row. `attemptId` null = not a command (a flow's end, a quarantined record). Published
 * in (flowId, number) order.
 */
export interface OutboxRow extends OutgoingMessage {
  /** The flow's id; of a quarantined record `!topic/partition`, which is no valid flow id. */
  readonly flowId: string;
  /**
   * The event number it came from (the offset of a quarantined record): with flowId, the row's
   * identity and its order.
   */
  readonly number: number;
  readonly attemptId: string | null;
}

/** What the unit of work decided for one flow; the store derives its rows from it. */
export interface FlowRecord {
  /** The flow before; null = it starts here. */
  readonly before: Flow | null;
  readonly after: Flow;
  /** Under whom a flow that starts here counts; absent = under nobody. */
  readonly startedBy?: string | undefined;
  /** Ascending. Empty: a TICK found nothing due, and only `wakeAt` is stored, exactly as given. */
  readonly events: readonly FlowEvent[];
  readonly outbox: readonly OutboxRow[];
  /** attemptIds whose outbox row is to be deleted unsent. */
  readonly withdrawn: readonly string[];
  /**
   * When the timers must look at this flow next; null = never. It may be earlier than needed: see
   * engine/timers/timers.ts.
   */
  readonly wakeAt: Instant | null;
}

export interface QuarantineEntry extends PoisonCause, RawRecord {
  readonly position: RecordPosition;
  /** Its copy for the dead-letter topic. */
  readonly copy: OutboxRow;
  /** For the initiator of a refused start; null = it is no start. */
  readonly notice: OutboxRow | null;
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

/**
 * The methods of the road, inside one transaction. They are done in the order in which they
 * are called; a call before the last one has resolved saves a round trip. `record` and `refuse`
 * resolve at once: what they cannot write makes the commit reject.
 */
export interface RoadTransaction {
  /**
   * Once-only. Moves the inbox behind the last of `positions` per partition, provided that it has
   * not moved meanwhile. `fresh`: which positions were not admitted before. Starts are serialised
   * per flowId and per (orchestration, idempotency key); `existing` has those that are stored
   * already, by index of `starts`: by its key, else by its flowId. `open`: which of `replays` are
   * not settled yet.
   */
  admit(
    positions: readonly RecordPosition[],
    starts: readonly StartKey[],
    /**
     * Ids of quarantined records. They are locked, so that of two replays of one record the second
     * finds it settled.
     */
    replays: readonly string[],
  ): Promise<{
    readonly fresh: readonly boolean[];
    readonly existing: ReadonlyMap<number, ExistingStart>;
    readonly open: ReadonlySet<string>;
  }>;
  /** The newest version of each of these names, with what is stored for the name. */
  registrations(names: readonly string[]): Promise<ReadonlyMap<string, RegistrationRow>>;
  /**
   * Locks the rows of these flows in id order and loads them, steps and `withdrawable` included.
   * For those in `ticking` also `unsent`: the attemptIds in the outbox, apart from those already
   * reported by `outboxSent`.
   */
  lock(flowIds: readonly string[], ticking: readonly string[]): Promise<LockedFlows>;
  /**
   * Writes flows, steps, timeline, outbox (leased to `owner` unless `given` is false) and the audit
   * of it, in one statement.
   */
  record(
    records: readonly FlowRecord[],
    given: boolean,
    audit?: readonly AuditRow[],
  ): Promise<void>;
  /**
   * Puts records into quarantine, parks flows that broke a law of the saga, and settles replayed
   * records.
   */
  refuse(
    quarantine: readonly QuarantineEntry[],
    parked: readonly ParkedFlow[],
    replayed: readonly Replay[],
  ): Promise<void>;
}

export interface Reencrypted {
  /** Flows or records that were looked at. */
  readonly examined: number;
  /** Rows that were rewritten. */
  readonly rewritten: number;
  /** Where the next call goes on, opaque; null = that was all. */
  readonly next: string | null;
}

export interface InboxPosition {
  readonly topic: string;
  readonly partition: number;
  /** Next expected offset. */
  readonly nextOffset: bigint;
  /** Of the last admitted record; null = none yet. */
  readonly lastTimestamp: Instant | null;
}

/**
 * The write side. Every method may throw a `Fault` (engine/service.ts: the database is away, full,
 * too busy, a deadlock): the caller backs off and tries again. Anything else that is thrown means
 * that *this work* cannot be recorded: the caller takes it apart.
 */
export interface Store {
  /** One READ COMMITTED transaction; rolls back when `work` throws. */
  road<T>(work: (tx: RoadTransaction) => Promise<T>): Promise<T>;
  registry<T>(work: (tx: RegistryTransaction) => Promise<T>): Promise<T>;
  /**
   * One version (null = newest), or null. The caller caches by (name, version): versions never
   * change.
   */
  orchestration(name: string, version: number | null): Promise<RegistrationRow | null>;
  /** Nearest registered names, best first, for a did-you-mean. */
  similarNames(name: string, most: number, within?: Within): Promise<readonly string[]>;
  inbox(topic: string): Promise<readonly InboxPosition[]>;
  /**
   * Sets the position of a partition that is read for the first time, or whose topic was created
   * again.
   */
  resetInbox(topic: string, partition: number, nextOffset: bigint): Promise<void>;
  /** These rows were acknowledged by the broker, or can never be published: they are removed. */
  outboxSent(rows: readonly { readonly flowId: string; readonly number: number }[]): Promise<void>;
  /**
   * Settles an open quarantined record without the road, and stores the audit of it with that.
   * False: it is not open, or there is none.
   */
  settleQuarantined(
    replay: Replay,
    as: 'REPLAYED' | 'DISCARDED',
    audit: AuditRow,
  ): Promise<boolean>;
  /**
   * Rewrites what is not sealed as the settings require: one short transaction over at most
   * `most` flows or quarantined records.
   */
  reencrypt(after: string | null, most: number): Promise<Reencrypted>;
  /** Rows of mutations that changed nothing: a transaction of their own. */
  audit(rows: readonly AuditRow[]): Promise<void>;
  /**
   * Adds to the counters of the monitoring checklist. Each pair of orchestration and minute is
   * there once.
   */
  addSlo(rows: readonly SloCounts[]): Promise<void>;
  /**
   * Leases to this instance the rows of up to `flows` flows whose lease has expired or that have
   * none, whole flows, in order.
   */
  outboxTake(flows: number): Promise<readonly OutboxRow[]>;
  /** flowIds whose wakeAt has passed, at most `most`, skipping ones another instance holds. */
  due(most: number): Promise<readonly string[]>;
  /** ms until the earliest wakeAt, capped by `most`; `most` when none. */
  untilNextDue(most: number): Promise<number>;
  /** Runs `work`, unless another instance is removing at the moment: then null. */
  removing<T>(work: (removal: Removal) => Promise<T>): Promise<T | null>;
  /**
   * Calls back with what *other* instances committed; with null after the connection had been lost,
   * when anything may have been missed. Returns an unsubscribe.
   */
  onRemoteCommit(
    listener: (commits: readonly FlowCommit[] | null) => void,
  ): Promise<() => Promise<void>>;
  /** Throws a fault when the database does not answer. */
  ping(): Promise<void>;
  /** What its open transactions are waiting for; null = not known. Absent: it never waits. */
  waits?(): Promise<string | null>;
  /** Absent: it has no connections. */
  connections?(): readonly PoolFigures[];
  /**
   * Commits a small write that changes nothing. Throws a fault when the database does not take it.
   */
  probe(): Promise<void>;
  close(): Promise<void>;
}

/** A notification that a flow has events up to here; never the events themselves. */
export interface FlowCommit {
  readonly flowId: string;
  /** First and last event of that commit. */
  readonly firstEventNumber: number;
  readonly lastEventNumber: number;
}
