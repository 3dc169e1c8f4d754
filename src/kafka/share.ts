/** The state of one assignment of partitions; a new assignment has a new one. Its offsets are committed for lag monitors only. */
import type { Consumer } from 'kafkajs';
import type { Log } from '../observability/log.js';
import { within } from './failures.js';
import type { Assignment } from './member.js';
import type { Place } from './places.js';

const COMMIT_WITHIN_MS = 2000;

export interface Share {
  readonly consumer: Consumer;
  readonly assignment: Assignment;
  readonly places: Map<string, Place>;
  /** All partitions are at the positions of the inbox. */
  placed: boolean;
  /** Something was read since the last commit of offsets. */
  moved: boolean;
}

/** A failure is only logged, because only lag monitors read these offsets. */
export async function commitOffsets(share: Share | null, log: Log): Promise<void> {
  if (share === null || !share.moved) return;
  share.moved = false;
  const offsets = [...share.places.values()].map(({ topic, partition, next }) => ({
    topic,
    partition,
    offset: String(next),
  }));
  try {
    await within(COMMIT_WITHIN_MS, 'committing offsets', share.consumer.commitOffsets(offsets));
  } catch (error) {
    log.debug({ err: error }, 'offsets were not committed');
  }
}
