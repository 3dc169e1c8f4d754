/**
 * A group of workers on one topic: the member that joined first gets all records; when it leaves,
 * the next one does.
 */
import type { GroupOnTopic, WorkerRecord } from '../engine/ports.js';
import type { LogRecord } from './log-file.js';
import type { Offsets } from './offsets.js';
import type { Reader } from './reader.js';
import type { Topic } from './topic.js';

export type OnRecord = (record: WorkerRecord) => Promise<void>;

export class Group {
  private members: OnRecord[] = [];
  private reader: Reader | null = null;
  /** Members that read by themselves. */
  private others = 0;

  constructor(
    private readonly id: string,
    readonly topicName: string,
    private readonly topic: Topic,
    private readonly offsets: Offsets,
  ) {}

  join(member: OnRecord): void {
    this.members.push(member);
    if (this.members.length === 1) this.read(member);
  }

  /** Resolves when the batch under way is finished; the next member gets records that failed. */
  async leave(member: OnRecord): Promise<void> {
    const wasFirst = this.members[0] === member;
    this.members = this.members.filter((one) => one !== member);
    if (!wasFirst || this.reader === null) return;
    await this.topic.leave(this.reader);
    this.reader = null;
    const [next] = this.members;
    if (next !== undefined) this.read(next);
  }

  /** A member that reads by itself; call the result when it leaves. */
  attended(): () => void {
    this.others++;
    return () => void this.others--;
  }

  seen(): GroupOnTopic {
    const { id: groupId, offsets, topicName } = this;
    const members = this.members.length + this.others;
    const committed = offsets.at(groupId, topicName);
    return {
      groupId,
      state: members === 0 ? 'Empty' : 'Stable',
      members,
      hosts: members === 0 ? [] : ['in this process'],
      // A group without an offset begins at the earliest record.
      committed: BigInt(committed ?? this.topic.log.firstOffset),
    };
  }

  private read(member: OnRecord): void {
    const { id, topicName, topic, offsets } = this;
    const offset = Math.max(offsets.at(id, topicName) ?? 0, topic.log.firstOffset);
    this.reader = topic.reads(offset, async (records) => {
      await work(topicName, records, member);
      offsets.set(id, topicName, (records.at(-1)?.offset ?? -1) + 1);
    });
  }
}

/**
 * Processes records of one key in order, and different keys concurrently. Resolves when all have
 * ended; rejects when one failed.
 */
async function work(
  topic: string,
  records: readonly LogRecord[],
  onRecord: OnRecord,
): Promise<void> {
  const chains = new Map<string, Promise<void>>();
  for (const { offset, key, value, headers } of records) {
    const chain = key === null ? `offset ${offset}` : `key ${Buffer.from(key).toString('latin1')}`;
    const before = chains.get(chain) ?? Promise.resolve();
    chains.set(
      chain,
      before.then(() => onRecord({ topic, key, value, headers })),
    );
  }
  const ended = await Promise.allSettled(chains.values());
  for (const one of ended) if (one.status === 'rejected') throw one.reason;
}
