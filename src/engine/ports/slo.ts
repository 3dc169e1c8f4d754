/** Port of the service level objectives: counters per orchestration and minute, which every instance adds to. */
import type { Instant } from '../../saga/flow.js';

/** What happened to flows of one orchestration in one minute. */
export interface SloCounts {
  readonly orchestrationName: string;
  /** Beginning of the minute, ms, by the database's clock. */
  readonly minute: Instant;
  /** By the places of engine/slo/counters.ts; it may be shorter than what is stored. */
  readonly counts: readonly number[];
}

export interface SloQuery {
  /** Null = all orchestrations together. */
  readonly orchestrationName: string | null;
  /** How far it looks back from now, in minutes. */
  readonly windowMinutes: number;
  /** Equal parts into which the window is cut. */
  readonly parts: number;
  readonly signal?: AbortSignal | undefined;
}

export interface StuckQuery extends Pick<SloQuery, 'orchestrationName' | 'signal'> {
  /** In progress for longer than this, ms. */
  readonly olderThanMs: number;
  /** Counted up to here. */
  readonly cap: number;
}
