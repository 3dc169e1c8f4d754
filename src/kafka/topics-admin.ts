/** Topics: made when they are missing, there when every partition has a leader; existing ones are left alone. */
import type { Admin } from 'kafkajs';
import { Fault } from '../engine/ports.js';
import type { Log } from '../observe/log.js';

export interface TopicSettings {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly maxMessageBytes: number;
  readonly log: Log;
}

const LEADERS_WITHIN_MS = 15_000;
const LOOK_AGAIN_MS = 50;

export class TopicsAdmin {
  private connected: Promise<void> | null = null;
  private readonly known = new Set<string>();
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly admin: Admin,
    private readonly settings: TopicSettings,
  ) {}

  async ensure(names: readonly string[]): Promise<void> {
    const wanted = names.filter((name) => !this.known.has(name));
    if (wanted.length === 0) return;
    await this.asking(async () => {
      const there = new Set(await this.admin.listTopics());
      const missing = wanted.filter((name) => !there.has(name));
      if (missing.length > 0) await this.create(missing);
      await this.waitForLeaders(wanted);
    });
    for (const name of wanted) this.known.add(name);
  }

  /** Whether the cluster has it; a fault when it does not say. */
  async exists(name: string): Promise<boolean> {
    const there = (await this.asking(() => this.admin.listTopics())).includes(name);
    if (!there) this.known.delete(name);
    return there;
  }

  /** [earliest, next] offset by partition. */
  async bounds(topic: string): Promise<Map<number, { readonly low: bigint; readonly high: bigint }>> {
    const offsets = await this.asking(() => this.admin.fetchTopicOffsets(topic));
    return new Map(offsets.map(({ partition, low, high }) => [partition, { low: BigInt(low), high: BigInt(high) }]));
  }

  /** First offset by partition whose record is not older than this. */
  async offsetsAt(topic: string, timestamp: number): Promise<Map<number, bigint>> {
    const offsets = await this.asking(() => this.admin.fetchTopicOffsetsByTimestamp(topic, timestamp));
    return new Map(offsets.map(({ partition, offset }) => [partition, BigInt(offset)]));
  }

  async close(): Promise<void> {
    if (this.connected !== null) await this.admin.disconnect();
  }

  private async create(names: readonly string[]): Promise<void> {
    const { partitions, replicationFactor, maxMessageBytes } = this.settings;
    const configEntries = [{ name: 'max.message.bytes', value: String(maxMessageBytes) }];
    const topics = names.map((topic) => ({ topic, numPartitions: partitions, replicationFactor, configEntries }));
    // Another instance may make them at the same moment: false is fine.
    await this.admin.createTopics({ topics, waitForLeaders: false });
    this.settings.log.info({ topics: names }, 'topics made');
  }

  private async waitForLeaders(names: readonly string[]): Promise<void> {
    const until = performance.now() + LEADERS_WITHIN_MS;
    for (;;) {
      const ready = await this.haveLeaders(names);
      if (ready) return;
      if (performance.now() > until)
        throw new Fault('TOPIC_NOT_READY', `no leaders for ${names.join(', ')} within ${LEADERS_WITHIN_MS / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  private async haveLeaders(names: readonly string[]): Promise<boolean> {
    try {
      const { topics } = await this.admin.fetchTopicMetadata({ topics: [...names] });
      return (
        topics.length === names.length &&
        topics.every(({ partitions }) => partitions.length > 0 && partitions.every(({ leader }) => leader >= 0))
      );
    } catch (error) {
      if (error instanceof Error && 'retriable' in error && error.retriable === true) return false;
      throw error;
    }
  }

  /** On the one admin connection, opened when it is first needed, one question after the other: the client mixes up answers otherwise. */
  private asking<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.turn.then(() => this.ask(work));
    this.turn = answer.catch(() => undefined);
    return answer;
  }

  /** What it throws is a fault. */
  private async ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.connected ??= this.admin.connect();
      await this.connected;
      return await work();
    } catch (error) {
      if (this.connected !== null) await this.connected.catch(() => this.forget());
      if (error instanceof Fault) throw error;
      throw new Fault('BROKER_UNAVAILABLE', `Kafka does not do this now: ${error instanceof Error ? error.message : String(error)}`, {
        cause: error,
      });
    }
  }

  private forget(): void {
    this.connected = null;
  }
}
