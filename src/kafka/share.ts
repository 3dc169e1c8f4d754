/** What one assignment is about; the next one makes its own. Its offsets are committed for lag monitors only. */
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
  /** Whether all of them are at the positions of the inbox. */
  placed: boolean;
  /** Whether something was read since the last commit. */
  moved: boolean;
}

/** A failure is only logged: nobody but lag monitors reads them. */
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
