/** What retention needs from storage: whatever is old and over goes, a few at a time. */
import type { FlowStatus } from '../../saga/flow.js';

/** Statuses that end a flow: nothing else is ever removed. */
export type EndStatus = Exclude<FlowStatus, 'IN_PROGRESS' | 'UNDOING'>;

export interface Removed {
  readonly removed: number;
  /** Where the next batch goes on, opaque; null = there was no more to look at. */
  readonly next: string | null;
}

/** Each call is one short transaction that looks at no more than `most` rows, oldest first, after `next` of the last one. */
export interface Removal {
  /**
   * Flows that ended with this status at least `ageMs` ago, whole: steps and timeline go along. Never one that is parked, is to be looked at
   * again (`wakeAt`), has a message in the outbox, or is locked by somebody just now.
   */
  flows(status: EndStatus, ageMs: number, after: string | null, most: number): Promise<Removed>;
  /** Quarantined records that came at least `ageMs` ago and were settled since. */
  quarantined(ageMs: number, after: string | null, most: number): Promise<Removed>;
  /** Audit rows that are at least `ageMs` old; the database refuses less than a day. */
  audit(ageMs: number, after: string | null, most: number): Promise<Removed>;
}
