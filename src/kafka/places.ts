/**
 * Where reading each partition continues: after the last record that the inbox admitted, unless the
 * topic was created again since.
 */
import type { KafkaMessage } from 'kafkajs';
import type { InboxPosition, InboxSource } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import type { Assignment } from './member.js';
import type { TopicsAdmin } from './topics-admin.js';

/** The last admitted record: if another record has its offset, the topic was created again. */
export interface Fingerprint {
  readonly offset: bigint;
  /** ms. */
  readonly timestamp: number;
}

export interface Place {
  readonly topic: string;
  readonly partition: number;
  /**
   * First offset to read: that of the last admitted record if it still exists, so that it can be
   * compared.
   */
  readonly from: bigint;
  /** First offset to deliver. */
  readonly next: bigint;
  readonly last: Fingerprint | null;
}

export class Places {
  constructor(
    private readonly topics: Pick<TopicsAdmin, 'bounds'>,
    private readonly inbox: InboxSource,
    private readonly log: Log,
  ) {}

  async of(assignment: Assignment): Promise<Place[]> {
    const places: Place[] = [];
    for (const [topic, partitions] of Object.entries(assignment)) {
      if (partitions.length === 0) continue;
      const known = new Map(
        (await this.inbox.inbox(topic)).map((position) => [position.partition, position]),
      );
      const bounds = await this.topics.bounds(topic);
      for (const partition of partitions) {
        const { low, high } = of(bounds, topic, partition);
        const position = known.get(partition);
        if (position === undefined)
          places.push({ topic, partition, from: low, next: low, last: null });
        else if (position.nextOffset > high) places.push(await this.anew(topic, partition));
        else places.push(continued(position, low));
      }
    }
    return places;
  }

  /** The topic was deleted and created again: its first record is the next one. */
  async anew(topic: string, partition: number): Promise<Place> {
    const { low } = of(await this.topics.bounds(topic), topic, partition);
    this.log.warn(
      { topic, partition, offset: String(low) },
      'this topic is not the one the inbox knows: starting at its beginning',
    );
    await this.inbox.resetInbox(topic, partition, low);
    return { topic, partition, from: low, next: low, last: null };
  }
}

/**
 * Throws for a partition that the cluster does not report. It must not count as empty: everything
 * would be read again.
 */
function of<T>(bounds: ReadonlyMap<number, T>, topic: string, partition: number): T {
  const found = bounds.get(partition);
  if (found === undefined) throw new Error(`partition ${partition} of ${topic} is not known yet`);
  return found;
}

/** Records removed by retention do not mean that the topic was created again. */
function continued(
  { topic, partition, nextOffset, lastTimestamp }: InboxPosition,
  low: bigint,
): Place {
  const last = nextOffset - 1n;
  if (nextOffset <= low) return { topic, partition, from: low, next: low, last: null };
  if (lastTimestamp === null || last < low)
    return { topic, partition, from: nextOffset, next: nextOffset, last: null };
  return {
    topic,
    partition,
    from: last,
    next: nextOffset,
    last: { offset: last, timestamp: lastTimestamp },
  };
}

export function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}

/** Whether another record has the last admitted offset. */
export function isAnother({ last }: Place, [first]: readonly KafkaMessage[]): boolean {
  return (
    last !== null &&
    first !== undefined &&
    BigInt(first.offset) === last.offset &&
    Number(first.timestamp) !== last.timestamp
  );
}

export function isBefore({ from }: Place, [first]: readonly KafkaMessage[]): boolean {
  return first !== undefined && BigInt(first.offset) < from;
}
