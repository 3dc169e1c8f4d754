/**
 * The broker as one gateway sees it: publishing and reading, at the end of a line on which
 * everything can happen.
 */
import type {
  Broker,
  Decode,
  InboxPosition,
  InboxSource,
  Inspection,
  Intake,
  OutboxRow,
  PublishResult,
  RecordDelivery,
} from '../../src/engine/ports.js';
import { Fault } from '../../src/engine/ports.js';
import type { Faults } from './faults.js';
import type { Group, Seat } from './group.js';
import type { Line } from './line.js';
import type { Partition, Topics, Written } from './log.js';

const STEP_PARTITIONS = 2;
const MOST_AT_ONCE = 50;

/** What all gateways of a world share. */
export interface Cluster {
  readonly topics: Topics;
  readonly group: Group;
  readonly decode: Decode;
  /** Called with each row that was written, in that order. */
  readonly written: (row: OutboxRow) => void;
  /** Called with a command that never will be. */
  readonly never: (row: OutboxRow) => void;
  /** Whether this row was ever written. */
  readonly wasWritten: (row: OutboxRow) => boolean;
}

function howPublished(away: boolean, faults: Faults): 'ok' | 'refused' | 'lost' {
  if (away || faults.happens('refusedPublish')) return 'refused';
  return faults.happens('lostAck') ? 'lost' : 'ok';
}

export class SimulatedBroker implements Broker, Seat {
  readonly publisher = { publish: (rows: readonly OutboxRow[]) => this.publish(rows) };
  private intake: Intake | null = null;
  private inbox: InboxSource | null = null;
  private share: {
    readonly partitions: readonly Partition[];
    readonly next: Map<Partition, number>;
  } | null = null;
  private awake: (() => void) | null = null;

  constructor(
    private readonly cluster: Cluster,
    private readonly line: Line,
  ) {}

  get name(): string {
    return this.line.life.name;
  }

  async ensureTopics(topics: readonly string[]): Promise<void> {
    await this.line.call(() => {
      if (this.cluster.topics.away)
        throw new Fault('BROKER_AWAY', 'the simulated broker does not answer');
      for (const topic of topics) this.cluster.topics.ensure(topic, STEP_PARTITIONS);
    }, 'slowPublish');
  }

  async inspect(): Promise<Inspection> {
    return { kind: 'unreachable', reason: 'the simulated broker shows nothing' };
  }

  /** Written although the sender is dead, when the bytes were on their way. */
  private publish(rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> {
    const outlives = this.line.random.happens(0.5);
    return this.line.call(() => this.write(rows), 'slowPublish', outlives);
  }

  private write(rows: readonly OutboxRow[]): PublishResult[] {
    const { faults } = this.line;
    const away = this.cluster.topics.away;
    const byTopic = new Map<string, 'ok' | 'refused' | 'lost'>();
    const waiting = new Set<string>();
    return rows.map((row) => {
      // As the real one: what comes after a row of its flow that waits, waits.
      if (waiting.has(row.flowId))
        return { row, result: 'later', errorMessage: 'a message before it waits' };
      if (
        row.attemptId !== null &&
        !this.cluster.wasWritten(row) &&
        faults.happens('neverPublish')
      ) {
        this.cluster.never(row);
        return {
          row,
          result: 'never',
          errorCode: 'MESSAGE_TOO_LARGE',
          errorMessage: 'it will never fit',
        };
      }
      const known = byTopic.get(row.topic);
      const how = known ?? howPublished(away, faults);
      byTopic.set(row.topic, how);
      if (how !== 'refused') this.append(row);
      if (how === 'ok') return { row, result: 'ok' };
      waiting.add(row.flowId);
      return { row, result: 'later', errorMessage: 'no answer' };
    });
  }

  private append(row: OutboxRow): void {
    const { topic, key, value, headers } = row;
    this.cluster.topics.append(topic, { key: bytesOf(key), value: bytesOf(value), headers }, 0);
    this.cluster.written(row);
  }

  async consume(intake: Intake, inbox: InboxSource): Promise<void> {
    this.intake = intake;
    this.inbox = inbox;
    await this.line.call(() => this.cluster.group.join(this), 'slowFetch');
  }

  /** It was thought dead; unless it left by itself, it comes back. */
  rejoin(): void {
    if (this.intake !== null && !this.cluster.group.has(this)) this.cluster.group.join(this);
  }

  assigned(partitions: readonly Partition[]): void {
    const share = { partitions, next: new Map<Partition, number>() };
    this.share = share;
    this.wake();
    this.line.time.after(this.line.random.int(0, 20), this.line.life, () => void this.read(share));
  }

  wake(): void {
    const { awake } = this;
    this.awake = null;
    if (awake !== null) this.line.time.after(this.line.random.int(0, 8), this.line.life, awake);
  }

  private async read(share: NonNullable<typeof this.share>): Promise<void> {
    const { time, life } = this.line;
    while (this.share === share && share.next.size === 0 && share.partitions.length > 0) {
      await this.place(share).catch(() => time.pause(200, life));
    }
    while (this.share === share) {
      const batches = await this.line.call(() => this.fetch(share), 'slowFetch');
      if (this.share !== share) return;
      if (batches.length === 0) await new Promise<void>((resolve) => this.sleep(share, resolve));
      else if (!(await this.deliver(share, batches))) return;
    }
  }

  /** Where each partition continues: the inbox position at the moment of the assignment. */
  private async place({ partitions, next }: NonNullable<typeof this.share>): Promise<void> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const known = new Map<string, InboxPosition>();
    for (const topic of topics)
      for (const one of (await this.inbox?.inbox(topic)) ?? [])
        known.set(`${topic}/${one.partition}`, one);
    for (const one of partitions)
      next.set(one, Number(known.get(`${one.topic}/${one.partition}`)?.nextOffset ?? 0n));
  }

  private fetch({ next }: NonNullable<typeof this.share>): [Partition, readonly Written[]][] {
    if (this.cluster.topics.away) return [];
    return [...next].flatMap(([partition, from]) => {
      const again =
        from > 0 && this.line.faults.happens('rereadRecord')
          ? this.line.random.int(1, Math.min(from, 5))
          : 0;
      const records = partition.records.slice(from - again, from + MOST_AT_ONCE);
      return records.length === 0 ? [] : [[partition, records] as [Partition, readonly Written[]]];
    });
  }

  /** Woken by what comes; a look every second all the same, for a broker that was away. */
  private sleep(share: NonNullable<typeof this.share>, resolve: () => void): void {
    const waits = [...share.next].some(([partition, from]) => partition.records.length > from);
    this.awake = resolve;
    if (waits)
      this.line.time.after(this.cluster.topics.away ? 1_000 : 0, this.line.life, () => this.wake());
  }

  /** All partitions at once; false: the gateway stops. */
  private async deliver(
    share: NonNullable<typeof this.share>,
    batches: readonly [Partition, readonly Written[]][],
  ): Promise<boolean> {
    try {
      await Promise.all(
        batches.map(([partition, records]) =>
          this.intake?.(records.map((one) => this.delivery(partition, one))),
        ),
      );
    } catch {
      return false;
    }
    for (const [partition, records] of batches) {
      share.next.set(
        partition,
        Math.max(share.next.get(partition) ?? 0, (records.at(-1)?.offset ?? -1) + 1),
      );
    }
    return true;
  }

  private delivery(
    { topic, partition }: Partition,
    { key, value, headers, offset, timestamp }: Written,
  ): RecordDelivery {
    const decoded = this.cluster.decode(topic, { key, value, headers });
    return {
      ...decoded,
      from: 'record',
      raw: { key, value },
      position: { topic, partition, offset: BigInt(offset), timestamp },
    };
  }

  async stopConsuming(): Promise<void> {
    this.share = null;
    this.intake = null;
    this.cluster.group.leave(this);
  }

  health(): { ready: boolean; detail: string } {
    return { ready: this.cluster.group.has(this), detail: 'simulated' };
  }

  async close(): Promise<void> {}
}

function bytesOf(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
