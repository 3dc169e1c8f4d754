/**
 * What the cluster shows about one command: its topic, the consumer groups of the topic, and their
 * offsets. Read on a connection of its own, one inspection after the other, within a time limit;
 * that the cluster does not answer is a result, too.
 */
import { type Admin, type GroupDescription, Partitioners, type PartitionMetadata } from 'kafkajs';
import type { CommandPlace, GroupOnTopic, Inspection, Inspector } from '../engine/ports.js';
import { codeOf, isUnknownTopic, TimedOut, within } from './failures.js';
import { describedGroups, isHidden, membersOn } from './groups.js';

const WITHIN_MS = 5_000;
/** An inspection is reused for this time. */
const KEPT_MS = 1_000;
const MOST_KEPT = 100;
/** How many groups of the cluster are described at most. */
const MOST_GROUPS = 1_000;
/** Time for the offsets of groups without members: each needs a request. */
const IDLE_WITHIN_MS = 2_000;
/**
 * How much earlier or later the record's timestamp may be: clocks differ, and another gateway may
 * publish the row after the lease.
 */
const EARLIER_MS = 1_000;
const LATER_MS = 15_000;

const partitionFor = Partitioners.DefaultPartitioner();

interface Kept {
  readonly at: number;
  readonly answer: Promise<Inspection>;
}

export class KafkaInspector implements Inspector {
  private turn: Promise<unknown> = Promise.resolve();
  private readonly kept = new Map<string, Kept>();

  constructor(private readonly newAdmin: () => Admin) {}

  inspect(place: CommandPlace): Promise<Inspection> {
    const key = `${place.topic} ${place.key} ${place.since}`;
    const known = this.kept.get(key);
    if (known !== undefined && performance.now() - known.at < KEPT_MS) return known.answer;
    const answer = this.turn.then(() => this.look(place));
    this.turn = answer;
    this.kept.delete(key);
    this.kept.set(key, { at: performance.now(), answer });
    const [oldest] = this.kept.keys();
    if (this.kept.size > MOST_KEPT && oldest !== undefined) this.kept.delete(oldest);
    return answer;
  }

  private async look(place: CommandPlace): Promise<Inspection> {
    const admin = this.newAdmin();
    try {
      return await within(
        WITHIN_MS,
        'Kafka',
        admin.connect().then(() => inspected(admin, place)),
      );
    } catch (error) {
      if (isUnknownTopic(codeOf(error))) return { kind: 'no-topic' };
      return { kind: 'unreachable', reason: reasonOf(error) };
    } finally {
      admin.disconnect().catch(() => undefined);
    }
  }
}

/** Without addresses, because everybody who may see the flow can read it. */
function reasonOf(error: unknown): string {
  const code = codeOf(error);
  if (code !== null) return `the cluster answers ${code}`;
  return error instanceof TimedOut ? error.message : 'no broker answers';
}

/** One request after the other: the client mixes up the answers of concurrent ones. */
async function inspected(admin: Admin, place: CommandPlace): Promise<Inspection> {
  const { topic, key } = place;
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
  const partitionMetadata: PartitionMetadata[] = topics[0]?.partitions ?? [];
  const partition = partitionFor({ topic, partitionMetadata, message: { key, value: null } });
  const all = await admin.fetchTopicOffsets(topic);
  const bounds = all.find((one) => one.partition === partition);
  // The timestamp of the record is by the clock of a gateway, `since` by the database's.
  const sentAt = place.since + place.aheadMs;
  const offsetAt = async (at: number): Promise<bigint> => {
    const offsets = await admin.fetchTopicOffsetsByTimestamp(topic, at);
    return BigInt(offsets.find((one) => one.partition === partition)?.offset ?? 0);
  };
  const from = await offsetAt(sentAt - EARLIER_MS);
  const end = BigInt(bounds?.high ?? 0);
  // No record has a time in the future.
  const isYoung = sentAt + LATER_MS >= Date.now();
  const to = isYoung ? end : await offsetAt(sentAt + LATER_MS);
  const groups = await groupsOn(admin, topic, partition);
  const earliest = BigInt(bounds?.low ?? 0);
  const partitions = partitionMetadata.length;
  return { kind: 'topic', partitions, partition, earliest, end, from, to, groups };
}

async function groupsOn(admin: Admin, topic: string, partition: number): Promise<GroupOnTopic[]> {
  const described = await describedGroups(admin, MOST_GROUPS);
  const reading = described.filter((group) => membersOn(group, topic).length > 0);
  const found: GroupOnTopic[] = [];
  for (const group of reading)
    found.push(groupOf(group, topic, await committedOf(admin, group.groupId, topic, partition)));
  if (found.length > 0) return found;
  // No group with members: the groups that have read the topic before, or whose members this client
  // cannot see.
  const until = performance.now() + IDLE_WITHIN_MS;
  for (const group of described.filter(({ members }) => members.length === 0)) {
    if (performance.now() > until) break;
    const committed = await committedOf(admin, group.groupId, topic, partition);
    if (committed !== null) found.push(groupOf(group, topic, committed));
  }
  return found;
}

async function committedOf(
  admin: Admin,
  groupId: string,
  topic: string,
  partition: number,
): Promise<bigint | null> {
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
  const found = offsets?.partitions.find((one) => one.partition === partition)?.offset;
  return found === undefined || BigInt(found) < 0n ? null : BigInt(found);
}

function groupOf(group: GroupDescription, topic: string, committed: bigint | null): GroupOnTopic {
  const members = membersOn(group, topic);
  return {
    groupId: group.groupId,
    state: group.state,
    members: isHidden(group) ? null : members.length,
    hosts: [...new Set(members.map(({ clientHost }) => clientHost.replace(/^\//, '')))],
    committed,
  };
}
