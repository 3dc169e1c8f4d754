/** What comes down the road: an input and where it came from, and what became of it. */
import type { FlowEvent } from '../../saga/event.js';
import type { Flow, Instant } from '../../saga/flow.js';
import type { Input, StartInput, StartRequest } from '../../saga/input.js';
import type { Refusal } from '../../saga/refusal.js';
import type { Registration } from './registrations.js';

/** A record's place in the log; the inbox remembers the next expected offset per (topic, partition). */
export interface RecordPosition {
  readonly topic: string;
  readonly partition: number;
  /** A 64-bit number. */
  readonly offset: bigint;
  /** The record's timestamp, ms. */
  readonly timestamp: Instant;
}

/** Why a record can not be used: it is kept, listed, replayable, and never blocks its partition (rules.md#quarantine-and-stale-replies). */
export interface PoisonCause {
  readonly code: string;
  readonly message: string;
  /** Known when the record could be read that far. */
  readonly flowId: string | null;
  readonly stepName: string | null;
  /** Of a start from a topic: its initiator is notified (rules.md#refused-starts). */
  readonly refusedStart?: RefusedStart | undefined;
}

/** What an initiator needs to know which of its starts was refused. */
export interface RefusedStart {
  readonly flowId: string | null;
  readonly orchestrationName: string | null;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** A record's bytes, kept for the quarantine. */
export interface RawRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Its own record headers, for whoever reads it again; absent = none. */
  readonly headers?: Readonly<Record<string, Uint8Array | string>> | undefined;
}

/** A quarantined record goes down the road again, by an operator's word. */
export interface Replay {
  readonly id: string;
  readonly actor: string;
  readonly reason: string;
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
  /** It comes from the quarantine (position null): admitted only while it is open there, and settled with what it leads to. */
  readonly replay?: Replay | undefined;
}

export type DeliveryOutcome =
  /** Recorded: the events it led to are on the timeline. For a start that was known already: `echo`. */
  | {
      readonly kind: 'recorded';
      readonly flow: Flow;
      readonly events: readonly FlowEvent[];
      readonly refusal: Refusal | null;
    }
  /** A start whose flowId or idempotency key exists: nothing was started. `samePayload` false = the key was used with another payload. */
  | {
      readonly kind: 'echo';
      readonly flowId: string;
      readonly samePayload: boolean;
      readonly sameOrchestration: boolean;
    }
  /** Seen before (inbox). */
  | { readonly kind: 'duplicate' }
  /** No such flow; a reply from a topic went to quarantine. */
  | { readonly kind: 'unknown-flow' }
  | { readonly kind: 'quarantined'; readonly code: string; readonly message: string }
  /** The flow is parked; a reply from a topic went to quarantine. */
  | { readonly kind: 'parked'; readonly reason: string };

/** This work is lawful and too large to be done together: whoever put it together takes it apart. Nothing of it was done. */
export class TooMuchAtOnce extends Error {}

/** Something we depend on is away or slow; the work was not done and may be tried again. */
export class Fault extends Error {
  readonly code: string;
  /** What is wrong without addresses or names: may be shown to anybody. */
  readonly reason: string;
  constructor(code: string, message: string, options?: { cause?: unknown; reason?: string }) {
    super(message, options);
    this.code = code;
    this.reason = options?.reason ?? message;
  }
}
