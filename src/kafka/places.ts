/** Where each partition continues: after the last record the inbox admitted — unless the topic is no longer the one the inbox knows. */
import { randomUUID } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import type { InboxPosition, InboxSource } from '../engine/ports.js';
import type { Log } from '../observe/log.js';
import type { TopicsAdmin } from './topics-admin.js';

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

const PEEK_WITHIN_MS = 15_000;

export async function placesOf(
  kafka: Kafka,
  topics: TopicsAdmin,
  assignment: Readonly<Record<string, readonly number[]>>,
  inbox: InboxSource,
  log: Log,
): Promise<Place[]> {
  const places: Place[] = [];
  for (const [topic, partitions] of Object.entries(assignment)) {
    if (partitions.length === 0) continue;
    const known = new Map((await inbox.inbox(topic)).map((position) => [position.partition, position]));
    const bounds = await topics.bounds(topic);
    for (const partition of partitions) {
      const { low = 0n, high = 0n } = bounds.get(partition) ?? {};
      const position = known.get(partition);
      if (position === undefined) {
        places.push({ topic, partition, offset: low });
      } else if (await isAnother(kafka, topics, position, low, high)) {
        log.warn(
          { topic, partition, inbox: String(position.nextOffset), low: String(low), high: String(high) },
          'this topic is not the one the inbox knows: starting at its beginning',
        );
        await inbox.resetInbox(topic, partition, low);
        places.push({ topic, partition, offset: low });
      } else places.push({ topic, partition, offset: later(position.nextOffset, low) });
    }
  }
  return places;
}

/** The last admitted record is the topic's fingerprint. What is gone by retention says nothing. */
async function isAnother(
  kafka: Kafka,
  topics: TopicsAdmin,
  { topic, partition, nextOffset, lastTimestamp }: InboxPosition,
  low: bigint,
  high: bigint,
): Promise<boolean> {
  if (nextOffset > high) return true;
  const last = nextOffset - 1n;
  if (lastTimestamp === null || last < low) return false;
  // Cheap first: if some record has exactly that timestamp, it is the same topic.
  const [from, behind] = await Promise.all([topics.offsetsAt(topic, lastTimestamp), topics.offsetsAt(topic, lastTimestamp + 1)]);
  const start = from.get(partition) ?? -1n;
  const end = behind.get(partition) ?? -1n;
  if (start !== end && start <= last) return false;
  return (await timestampAt(kafka, topic, partition, last)) !== lastTimestamp;
}

/** Reads one record through a group of its own. Dear, hence only when in doubt. */
async function timestampAt(kafka: Kafka, topic: string, partition: number, offset: bigint): Promise<number | null> {
  const groupId = `peek-${randomUUID()}`;
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100 });
  try {
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    return await new Promise<number | null>((resolve, reject) => {
      const timer = setTimeout(() => resolve(null), PEEK_WITHIN_MS);
      consumer.on(consumer.events.GROUP_JOIN, () => consumer.seek({ topic, partition, offset: String(offset) }));
      consumer
        .run({
          autoCommit: false,
          eachMessage: async (record) => {
            if (record.partition !== partition || BigInt(record.message.offset) < offset) return;
            clearTimeout(timer);
            resolve(BigInt(record.message.offset) === offset ? Number(record.message.timestamp) : null);
          },
        })
        .catch(reject);
    });
  } finally {
    await consumer.disconnect();
  }
}

function later(one: bigint, other: bigint): bigint {
  if (one > other) return one;
  return other;
}
