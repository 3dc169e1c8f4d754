/** What the engine needs from a broker and from the wire, and a worker’s side of the broker. */
import type { FlowEvent } from '../../saga/event.js';
import type { Flow, Instant } from '../../saga/flow.js';
import type {
  PoisonCause,
  RawRecord,
  RecordDelivery,
  RecordPosition,
  RefusedStart,
} from './deliveries.js';
import type { Inspector } from './inspection.js';
import type { OutboxRow, OutgoingMessage, Store } from './storage.js';

export interface PublishResult {
  readonly row: OutboxRow;
  /** ok; `never` = cannot succeed ever (too large, unauthorised, topic gone); `later` = try again. */
  readonly result: 'ok' | 'never' | 'later';
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

export interface Publisher {
  /** Sends in the given order per flow; acks=all. Never throws; a broker away answers `later` for all. One bad row fails alone. */
  publish(rows: readonly OutboxRow[]): Promise<readonly PublishResult[]>;
}

/** Resolves when these are committed: then, and only then, their offsets may be. Rejects only when the engine stops. */
export type Intake = (deliveries: readonly RecordDelivery[]) => Promise<void>;

/** Where each partition continues: the inbox, never the group's offsets. */
export type InboxSource = Pick<Store, 'inbox' | 'resetInbox'>;

export interface BrokerHealth {
  /** The own topics exist and the group has been joined. */
  readonly ready: boolean;
  /** A sentence for /readyz. */
  readonly detail: string;
}

/** The broker as the gateway uses it. */
export interface Broker extends Inspector {
  readonly publisher: Publisher;
  /** These topics exist and have leaders when it resolves; existing ones are left alone. A fault when the broker is away. */
  ensureTopics(topics: readonly string[]): Promise<void>;
  /** Joins the group on the gateway's own intake topics and feeds the engine; resolves once joined. Heals by itself. */
  consume(intake: Intake, inbox: InboxSource): Promise<void>;
  /** Takes no more, waits for what is under way, leaves the group. */
  stopConsuming(): Promise<void>;
  health(): BrokerHealth;
  /** Why no new flow can be carried now, a sentence for its caller; null or absent = nothing is in the way. */
  full?(): string | null;
  close(): Promise<void>;
}

/** Of a step; the topics mean nothing to whoever passes them on. */
export type StepTopicPair = readonly [doTopic: string, undoTopic: string];
export type StepTopics = (orchestrationName: string, stepName: string) => StepTopicPair;

/** What the engine gives to the wire without knowing the form of messages. Pure. */
export interface Wire {
  /** Messages for the DO_SENT, UNDO_SENT, FLOW_HELD and flow-end events among these. `flow` is the flow after them. */
  outgoing(flow: Flow, events: readonly FlowEvent[]): readonly OutboxRow[];
  /** A quarantined record for the dead-letter topic, cause in its headers. */
  quarantineCopy(cause: PoisonCause, raw: RawRecord, position: RecordPosition): OutboxRow;
  /** The notice of a refused start, for its initiator. */
  refusedStart(cause: PoisonCause, refused: RefusedStart, position: RecordPosition): OutboxRow;
  /** Answer on the registration status topic, one per declaration. */
  registrationStatus(status: RegistrationStatusNotice): OutgoingMessage;
  stepTopics: StepTopics;
  /** The nearest of `known`, for a did-you-mean; often none. */
  nearest(name: string, known: readonly string[]): readonly string[];
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
  subscribe(
    topics: readonly string[],
    onRecord: (record: WorkerRecord) => Promise<void>,
  ): Promise<void>;
  /** Resolves when the broker has them. */
  send(messages: readonly WorkerMessage[]): Promise<void>;
  close(): Promise<void>;
}
