/** Ports: the broker and the wire as the engine needs them, and a worker's side of the broker. */
import type { FlowEvent } from '../../saga/event.js';
import type { Action, Flow, Instant } from '../../saga/flow.js';
import type {
  Decoded,
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
  /**
   * `never` = it cannot be published (too large, not authorised, topic deleted); `later` = try
   * again.
   */
  readonly result: 'ok' | 'never' | 'later';
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

export interface Publisher {
  /**
   * Sends in the given order per flow, with acks=all. Never throws: without a broker all rows are
   * `later`; one bad row fails alone.
   */
  publish(rows: readonly OutboxRow[]): Promise<readonly PublishResult[]>;
}

/**
 * Resolves when these are committed; only then may their offsets be committed. Rejects only when
 * the engine stops.
 */
export type Intake = (deliveries: readonly RecordDelivery[]) => Promise<void>;

/**
 * Where consuming each partition continues: at the position of the inbox, never at the group's
 * offset.
 */
export type InboxSource = Pick<Store, 'inbox' | 'resetInbox'>;

export interface BrokerHealth {
  /** The gateway's own topics exist and it has joined its consumer group. */
  readonly ready: boolean;
  /** A sentence for /readyz. */
  readonly detail: string;
  /**
   * Records in its share of the gateway's own topics that are not admitted yet; absent = not known.
   */
  readonly lag?: number;
}

/** The broker as the gateway uses it. */
export interface Broker extends Inspector {
  readonly publisher: Publisher;
  /**
   * Creates those of the topics that do not exist; all have leaders when it resolves. Rejects with
   * a Fault when the broker is away.
   */
  ensureTopics(topics: readonly string[]): Promise<void>;
  /**
   * Joins the consumer group of the intake topics and passes records to `intake`; resolves once
   * joined. Reconnects by itself.
   */
  consume(intake: Intake, inbox: InboxSource): Promise<void>;
  /** Reads no more, waits for what is under way, leaves the group. */
  stopConsuming(): Promise<void>;
  health(): BrokerHealth;
  /** Of the topics of all steps, as read last in the background; absent = not known. */
  workerLag?(): readonly WorkerLag[];
  /** Why no new flow can be accepted now, as a sentence for the caller; null or absent = it can. */
  full?(): string | null;
  close(): Promise<void>;
}

/** What a topic of commands is for. */
export interface StepOfTopic {
  readonly orchestrationName: string;
  readonly stepName: string;
  readonly action: Action;
}

/** How far the workers of a step are behind. */
export interface WorkerLag extends StepOfTopic {
  /** Commands that its group has not committed; of several groups, of the one behind least. */
  readonly records: number;
  /** Members of groups that read them; null: the broker does not show them. */
  readonly consumers: number | null;
}

/** The topics of a step. To the engine the names are opaque. */
export type StepTopicPair = readonly [doTopic: string, undoTopic: string];
export type StepTopics = (orchestrationName: string, stepName: string) => StepTopicPair;

/** The form of messages, which the engine does not know. Pure. */
export interface Wire {
  /**
   * Messages for the DO_SENT, UNDO_SENT, FLOW_HELD and flow-end events among these. `flow` is the
   * flow after them.
   */
  outgoing(flow: Flow, events: readonly FlowEvent[]): readonly OutboxRow[];
  /** A quarantined record for the dead-letter topic, cause in its headers. */
  quarantineCopy(cause: PoisonCause, raw: RawRecord, position: RecordPosition): OutboxRow;
  /** The notice of a refused start, for its initiator. */
  refusedStart(cause: PoisonCause, refused: RefusedStart, position: RecordPosition): OutboxRow;
  /** The message on the registration status topic; one per declaration. */
  registrationStatus(status: RegistrationStatusNotice): OutgoingMessage;
  stepTopics: StepTopics;
  /** Where workers send their answers. */
  replyTopic: string;
  /** The trace of a flow, and its span in it; `headers` are the initiator's. */
  flowTrace(flowId: string, headers: Readonly<Record<string, unknown>>): FlowTrace;
  /** For log lines; `raw`: the bytes of the record, null when it is none. */
  flowOfRecord(content: Decoded, raw: RawRecord | null): FlowOfRecord;
  /** The span of a command, 16 hexadecimal digits. */
  attemptSpanId(attemptId: string): string;
  /** The nearest of `known`, for a did-you-mean; often none. */
  nearest(name: string, known: readonly string[]): readonly string[];
}

/** null: about no flow, or not known. */
export interface FlowOfRecord {
  readonly flowId: string | null;
  readonly traceId: string | null;
}

/** Ids as in W3C Trace Context: hexadecimal digits, 32 of a trace and 16 of a span. */
export interface FlowTrace {
  readonly traceId: string;
  readonly spanId: string;
  /**
   * The initiator's span, when it gave one; `sampled`: it exports its spans. null = the trace
   * starts here.
   */
  readonly parent: { readonly spanId: string; readonly sampled: boolean } | null;
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
  /**
   * Reads from the group's offsets, or from the earliest record; a record's offset is committed
   * after `onRecord` resolves.
   */
  subscribe(
    topics: readonly string[],
    onRecord: (record: WorkerRecord) => Promise<void>,
  ): Promise<void>;
  /** Resolves when the broker has acknowledged them. */
  send(messages: readonly WorkerMessage[]): Promise<void>;
  close(): Promise<void>;
}
