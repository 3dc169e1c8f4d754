/** What the broker of this process shows about one command. */
import type { CommandPlace, Inspection } from '../engine/ports.js';
import type { Group } from './group.js';
import type { Topic } from './topic.js';

/** Most difference between the clocks of the gateway and the database. */
const EARLIER_MS = 1_000;

/** One partition, and groups that begin at the earliest record. */
export function inspect(
  { topic: name, since, aheadMs }: CommandPlace,
  topics: ReadonlyMap<string, Topic>,
  groups: Iterable<Group>,
): Inspection {
  const topic = topics.get(name);
  if (topic === undefined) return { kind: 'no-topic' };
  const { firstOffset, nextOffset } = topic.log;
  const sentAt = since + aheadMs - EARLIER_MS;
  return {
    kind: 'topic',
    partitions: 1,
    partition: 0,
    earliest: BigInt(firstOffset),
    end: BigInt(nextOffset),
    from: BigInt(topic.log.offsetSince(sentAt)),
    to: BigInt(nextOffset),
    groups: [...groups].filter((group) => group.topicName === name).map((group) => group.seen()),
  };
}
