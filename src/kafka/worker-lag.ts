/**
 * How far the workers of each step are behind, for metrics. Read in the background when somebody
 * looks and the last reading is old, within a time limit; what it did not reach is read next time.
 * A broker that does not answer leaves no value.
 */
import type { Admin } from 'kafkajs';
import type { WorkerLag } from '../engine/ports.js';
import { stepOfTopic } from '../wire/topics.js';
import { within } from './failures.js';
import { describedGroups, isHidden, topicsOfMembers } from './groups.js';

/** However often somebody looks. */
const EVERY_MS = 30_000;
/** Of one reading. */
const WITHIN_MS = 10_000;
/** A topic that was not reached for so long has no value. */
const KEPT_MS = 300_000;
/** Two of each of 1,000 steps. */
const MOST_TOPICS = 2_000;
const MOST_GROUPS = 500;

interface Seen {
  readonly at: number;
  readonly lag: WorkerLag;
}

/** A group of one topic. */
interface Reader {
  /** null: the broker does not show them to this client. */
  readonly members: number | null;
  /** Next offset by partition; absent: nothing was committed there. */
  readonly committed: ReadonlyMap<number, bigint>;
}
type Readers = ReadonlyMap<string, readonly Reader[]>;

export class WorkerLags {
  private readonly seen = new Map<string, Seen>();
  private reading: Promise<void> | null = null;
  private readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly newAdmin: () => Admin,
    private readonly everyMs = EVERY_MS,
  ) {}

  /** What was read last; never waits for the broker. */
  known(): readonly WorkerLag[] {
    const now = performance.now();
    if (this.reading === null && now - this.readAt >= this.everyMs) {
      this.readAt = now;
      this.reading = this.read().finally(() => {
        this.reading = null;
      });
    }
    for (const [topic, { at }] of this.seen) if (now - at > KEPT_MS) this.seen.delete(topic);
    return [...this.seen.values()].map(({ lag }) => lag);
  }

  /** Resolves when no reading is under way. */
  async close(): Promise<void> {
    this.readAt = Number.POSITIVE_INFINITY;
    await this.reading;
  }

  private async read(): Promise<void> {
    const admin = this.newAdmin();
    try {
      const until = performance.now() + WITHIN_MS;
      const work = admin.connect().then(() => this.readTopics(admin, until));
      await within(WITHIN_MS + 1_000, 'Kafka', work);
    } catch {
      // An old value would look like a good one.
      this.seen.clear();
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }

  /** Those that were not read for longest come first. */
  private async readTopics(admin: Admin, until: number): Promise<void> {
    const topics = (await admin.listTopics()).filter((topic) => stepOfTopic(topic) !== null);
    const there = new Set(topics);
    for (const topic of this.seen.keys()) if (!there.has(topic)) this.seen.delete(topic);
    const readers = await readersOf(admin, there, until);
    const oldest = (topic: string): number => this.seen.get(topic)?.at ?? 0;
    const next = topics.toSorted((one, other) => oldest(one) - oldest(other));
    for (const topic of next.slice(0, MOST_TOPICS)) {
      if (performance.now() > until) return;
      const lag = await lagOn(admin, topic, readers.get(topic) ?? []);
      if (lag !== null) this.seen.set(topic, { at: performance.now(), lag });
    }
  }
}

/** One request for each group: it answers for all topics of the group. */
async function readersOf(
  admin: Admin,
  topics: ReadonlySet<string>,
  until: number,
): Promise<Readers> {
  const readers = new Map<string, Reader[]>();
  for (const group of await describedGroups(admin, MOST_GROUPS)) {
    if (performance.now() > until) break;
    const members = topicsOfMembers(group);
    const places = new Map<string, Reader['committed']>();
    for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group.groupId }))
      places.set(topic, committedIn(partitions));
    for (const topic of new Set([...members.keys(), ...places.keys()])) {
      if (!topics.has(topic)) continue;
      const seen = isHidden(group) ? null : (members.get(topic) ?? 0);
      const reader = { members: seen, committed: places.get(topic) ?? new Map() };
      readers.set(topic, [...(readers.get(topic) ?? []), reader]);
    }
  }
  return readers;
}

/** -1 is no offset. */
function committedIn(
  partitions: readonly { readonly partition: number; readonly offset: string }[],
): ReadonlyMap<number, bigint> {
  return new Map(
    partitions.flatMap(({ partition, offset }) =>
      BigInt(offset) < 0n ? [] : [[partition, BigInt(offset)] as const],
    ),
  );
}

/** Of the group that is behind least: another one may be a person's look at the topic. */
async function lagOn(
  admin: Admin,
  topic: string,
  readers: readonly Reader[],
): Promise<WorkerLag | null> {
  const step = stepOfTopic(topic);
  if (step === null) return null;
  const bounds = await admin.fetchTopicOffsets(topic);
  const behind = (committed: Reader['committed']): number =>
    bounds.reduce((sum, { partition, low, high }) => {
      const next = committed.get(partition) ?? 0n;
      const from = next < BigInt(low) ? BigInt(low) : next;
      return sum + Math.max(0, Number(BigInt(high) - from));
    }, 0);
  const attended = readers.filter(({ members }) => members !== 0);
  const counted = attended.length > 0 ? attended : readers;
  const records = Math.min(
    ...(counted.length > 0 ? counted : [NOBODY]).map(({ committed }) => behind(committed)),
  );
  const isShown = readers.every(({ members }) => members !== null);
  const consumers = readers.reduce((sum, { members }) => sum + (members ?? 0), 0);
  return { ...step, records, consumers: isShown ? consumers : null };
}

const NOBODY: Reader = { members: 0, committed: new Map() };
