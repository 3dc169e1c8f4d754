/**
 * Port of the service level objectives: counters per orchestration and minute, which every instance
 * adds to.
 */
import type { Instant } from '../../saga/flow.js';

/** What happened to flows of one orchestration in one minute. */
export interface SloCounts {
  readonly orchestrationName: string;
  /** Beginning of the minute, ms, by the database's clock. */
  readonly minute: Instant;
  /** By the places of engine/slo/counters.ts; it may be shorter than what is stored. */
  readonly counts: readonly number[];
}
