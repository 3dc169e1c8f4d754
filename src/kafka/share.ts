/**
 * The state of one assignment of partitions; a new assignment has a new one. Its offsets are
 * committed for lag monitors only.
 */
import type { Batch, Consumer } from 'kafkajs';
import type { Log } from '../observability/log.js';
import { within } from './failures.js';
import type { Assignment } from './member.js';
import { keyOf, type Place } from './places.js';

const COMMIT_WITHIN_MS = 2000;

export interface Share {
  readonly consumer: Consumer;
  readonly assignment: Assignment;
  readonly places: Map<string, Place>;
  /** All partitions are at the positions of the inbox. */
  placed: boolean;
  /** Records behind the last one admitted, by partition, as of its last fetch. */
  readonly lags: Map<string, number>;
  /** Something was read since the last commit of offsets. */
  moved: boolean;
}

export function newShare(consumer: Consumer, assignment: Assignment): Share {
  const [places, lags] = [new Map<string, Place>(), new Map<string, number>()];
  return { consumer, assignment, places, lags, placed: false, moved: false };
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

/** Notes how many records of the partition were not admitted before, or after, this batch. */
export function noteLag(share: Share, batch: Batch, when: 'before' | 'after'): void {
  const { topic, partition, highWatermark, messages } = batch;
  const [first, last] = [messages[0], messages.at(-1)];
  if (first === undefined || last === undefined) return;
  const next = when === 'before' ? BigInt(first.offset) : BigInt(last.offset) + 1n;
  share.lags.set(keyOf(topic, partition), Math.max(0, Number(BigInt(highWatermark) - next)));
}

export function lagOf({ lags }: Share): number {
  return [...lags.values()].reduce((sum, one) => sum + one, 0);
}
