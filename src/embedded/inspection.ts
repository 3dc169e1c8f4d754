/** What the broker of this process shows about one command. */
import type { CommandPlace, Inspection, WorkerLag } from '../engine/ports.js';
import { stepOfTopic } from '../wire/topics.js';
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

/** Of the topics of all steps; of several groups, of the one behind least. */
export function workerLag(
  topics: ReadonlyMap<string, Topic>,
  groups: Iterable<Group>,
): WorkerLag[] {
  const all = [...groups].map((group) => ({ name: group.topicName, ...group.seen() }));
  return [...topics].flatMap(([name, { log }]) => {
    const step = stepOfTopic(name);
    if (step === null) return [];
    const readers = all.filter((group) => group.name === name);
    const attended = readers.filter(({ members }) => members !== 0);
    const counted = attended.length > 0 ? attended : readers;
    const places = counted.map(({ committed }) => Number(committed ?? log.firstOffset));
    const place = Math.max(log.firstOffset, ...places);
    const consumers = readers.reduce((sum, { members }) => sum + (members ?? 0), 0);
    return [{ ...step, records: log.nextOffset - place, consumers }];
  });
}
