/** Deliveries: an input and where it came from, and their outcomes. */
import type { FlowEvent } from '../../saga/event.js';
import type { Flow, Instant } from '../../saga/flow.js';
import type { Input, StartInput, StartRequest } from '../../saga/input.js';
import type { Orchestration } from '../../saga/orchestration.js';
import type { Refusal } from '../../saga/refusal.js';
import type { Caller } from './audit.js';
import type { Registration } from './registrations.js';

/**
 * A record's place in the log; the inbox remembers the next expected offset per (topic, partition).
 */
export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  /** A 64-bit number. */
  readonly offset: bigint;
  /** The record's timestamp, ms. */
  readonly timestamp: Instant;
}

/**
 * Why a record cannot be used. It goes to quarantine, and never blocks its partition
 * (rules.md#quarantine-and-stale-replies).
 */
export interface PoisonCause {
  readonly code: string;
  readonly message: string;
  /** Path of the field that is wrong, if it is one field. */
  readonly path?: string | undefined;
  /** Known when the record could be read that far. */
  readonly flowId: string | null;
  readonly stepName: string | null;
  /**
   * What its record is about, where that is known: its sensitive parts are masked in the copy for
   * the dead-letter topic.
   */
  readonly orchestration?: Orchestration | undefined;
  /** Of a start from a topic: its initiator is notified (rules.md#refused-starts). */
  readonly refusedStart?: RefusedStart | undefined;
}

/** Identifies the start for its initiator. */
export interface RefusedStart {
  readonly flowId: string | null;
  readonly orchestrationName: string | null;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A record's bytes, kept for the quarantine. */
export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Its record headers, for a replay; absent = none. */
  readonly headers?: Readonly<Record<string, Uint8Array | string>> | undefined;
}

/** An operator's request to process a quarantined record again. */
export interface Replay {
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
}

/** The inputs of a flow that exists. */
export type FlowInput = Exclude<Input, StartInput>;

interface InputContent {
  readonly kind: 'input';
  readonly input: FlowInput;
  /** With it, the input counts *and* the record is copied to quarantine (an unreadable reply). */
  readonly poison?: PoisonCause | undefined;
}

interface StartContent {
  readonly kind: 'start';
  readonly start: StartRequest;
}

/** What a record of an intake topic contains. */
export type Decoded =
  | InputContent
  | StartContent
  | { readonly kind: 'registration'; readonly registration: Registration }
  | {
      readonly kind: 'poison';
      readonly poison: PoisonCause;
      /** What it was meant to be; absent = a reply. */
      readonly attempted?: 'execute' | 'registerOrchestration' | undefined;
    };

/** A record of an intake topic, read as far as it can be. Never throws. */
export type Decode = (
  topic: string,
  record: RawRecord & { readonly headers: NonNullable<RawRecord['headers']> },
) => Decoded;

/** A record of a topic: admitted once, by its position in the inbox. */
export type RecordDelivery = Decoded & {
  readonly from: 'record';
  readonly position: RecordPosition;
  readonly raw: RawRecord;
};

/** A start where open flows of each caller are bounded. */
export interface CountedStart {
  /** Under whom the flow counts. */
  readonly startedBy: string;
  /** Why it is refused, unless it exists already; null = it is not. */
  readonly refused: { readonly code: string; readonly message: string } | null;
}

/** Content and where it came from. */
export type Delivery =
  | RecordDelivery
  /** `by`: for the audit; absent = the gateway itself. */
  | ((InputContent | StartContent) & {
      readonly from: 'caller';
      readonly by?: Caller | undefined;
      readonly counted?: CountedStart | undefined;
    })
  | (InputContent & { readonly from: 'timer' | 'relay' })
  /**
   * From the quarantine: admitted only while it is open there, and settled in the same transaction.
   */
  | ((InputContent | StartContent) & {
      readonly from: 'replay';
      readonly replay: Replay;
      readonly by?: Caller | undefined;
      readonly raw: RawRecord;
    });

export type DeliveryOutcome =
  /**
   * Recorded: the events it led to are on the timeline. For a start that was known already: `echo`.
   */
  | {
      readonly kind: 'recorded';
      readonly flow: Flow;
      readonly events: readonly FlowEvent[];
      readonly refusal: Refusal | null;
    }
  /**
   * A start whose flowId or idempotency key exists: nothing was started. `samePayload` false = the
   * key was used with another payload.
   */
  | {
      readonly kind: 'echo';
      readonly flowId: string;
      readonly samePayload: boolean;
      readonly sameOrchestration: boolean;
    }
  /** Seen before (inbox). */
  | { readonly kind: 'duplicate' }
  /** A registration: it was registered before, now its position is recorded. */
  | { readonly kind: 'admitted' }
  /** No such flow; a reply from a topic went to quarantine. */
  | { readonly kind: 'unknown-flow' }
  | {
      readonly kind: 'quarantined';
      readonly code: string;
      readonly message: string;
      readonly path?: string | undefined;
    }
  /** The flow is parked; a reply from a topic went to quarantine. */
  | { readonly kind: 'parked'; readonly reason: string };

/** The batch is too large for one transaction, and nothing of it was done: its caller splits it. */
export class TooMuchAtOnce extends Error {}

/** A dependency is away or slow; the work was not done and may be tried again. */
export class Fault extends Error {
  readonly code: string;
  /** The message without addresses and names: it may be shown to any client. */
  readonly reason: string;
  constructor(code: string, message: string, options?: { cause?: unknown; reason?: string }) {
    super(message, options);
    this.code = code;
    this.reason = options?.reason ?? message;
  }
}
