/**
 * Port of retention: removes old flows that have ended and old quarantined records, some at a time.
 */
import type { FlowStatus } from '../../saga/flow.js';

/** Terminal statuses: flows in other ones are never removed. */
export type EndStatus = Exclude<FlowStatus, 'IN_PROGRESS' | 'UNDOING'>;

export interface Removed {
  readonly removed: number;
  /** Opaque position at which the next batch continues; null = the end was reached. */
  readonly next: string | null;
}

/**
 * Each call is one short transaction that reads at most `most` rows, oldest first; `after` is
 * `next` of the call before.
 */
export interface Removal {
  /**
   * Flows that ended with this status at least `ageMs` ago, with their steps and timelines. Not
   * removed: a flow that is parked, has a `wakeAt`, has a message in the outbox, or is locked by
   * another transaction.
   */
  flows(status: EndStatus, ageMs: number, after: string | null, most: number): Promise<Removed>;
  /** Quarantined records that came at least `ageMs` ago and were settled since. */
  quarantined(ageMs: number, after: string | null, most: number): Promise<Removed>;
  /** Audit rows that are at least `ageMs` old; the database refuses less than a day. */
  audit(ageMs: number, after: string | null, most: number): Promise<Removed>;
  /** Counters of minutes that are at least `ageMs` old. */
  slo(ageMs: number, after: string | null, most: number): Promise<Removed>;
}
