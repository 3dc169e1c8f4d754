/**
 * From Kafka to the engine. The position of every partition is the inbox's, never the group's (4-promises.md): on each assignment all partitions
 * are placed first, and a batch that comes from elsewhere meanwhile is dropped.
 */
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';
import type { BrokerHealth, Delivery, Intake as Feed, InboxSource } from '../engine/ports.js';
import { messageHeaders } from '../observe/message-headers.js';
import type { KafkaOptions } from './client.js';
import { placesOf } from './places.js';
import type { TopicsAdmin } from './topics-admin.js';

const HEARTBEAT_MS = 1000;
const LONGEST_PAUSE_MS = 5000;

export class Intake {
  private consumer: Consumer | null = null;
  private placing: Promise<ReadonlyMap<string, bigint>> = Promise.resolve(new Map());
  /** Partitions whose first batch after the placing has come. */
  private placed = new Set<string>();
  private joined = false;
  private stopped = false;
  private detail = 'not started';
  private wake: () => void = () => undefined;

  constructor(
    private readonly kafka: Kafka,
    private readonly topics: TopicsAdmin,
    private readonly options: KafkaOptions,
  ) {}

  /** Resolves once the group is joined; keeps trying while the brokers are away. */
  async start(feed: Feed, inbox: InboxSource): Promise<void> {
    for (let failures = 0; !this.stopped; failures++) {
      try {
        await this.topics.ensure([...new Set([...this.options.ownTopics, ...this.options.intakeTopics])]);
        await this.join(feed, inbox);
        return;
      } catch (error) {
        this.detail = `Kafka at ${this.options.brokers.join(', ')}: ${error instanceof Error ? error.message : String(error)}`;
        this.options.log.warn({ err: error, failures }, 'Kafka is not ready; trying again');
        await this.pause(Math.min(LONGEST_PAUSE_MS, 200 * 2 ** failures));
      }
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.joined = false;
    this.detail = 'stopped';
    this.wake();
    const { consumer } = this;
    this.consumer = null;
    await consumer?.disconnect();
  }

  health(): BrokerHealth {
    return { ready: this.joined, detail: this.joined ? `Kafka, group ${this.options.groupId} joined` : this.detail };
  }

  private async join(feed: Feed, inbox: InboxSource): Promise<void> {
    const consumer = this.kafka.consumer({
      groupId: this.options.groupId,
      allowAutoTopicCreation: false,
      sessionTimeout: 10_000,
      heartbeatInterval: 2000,
      rebalanceTimeout: 15_000,
      // Answered at once when something is there; idle brokers are asked ten times a second.
      minBytes: 1,
      maxWaitTimeInMs: 100,
      maxBytesPerPartition: 1_048_576,
      retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 10 },
    });
    this.consumer = consumer;
    const first = this.listen(consumer, feed, inbox);
    await consumer.connect();
    await consumer.subscribe({ topics: [...this.options.intakeTopics], fromBeginning: true });
    await consumer.run({
      autoCommitInterval: 5000,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 64,
      eachBatch: (payload) => this.batch(payload, feed),
    });
    await first;
  }

  /** Resolves at the first join. */
  private listen(consumer: Consumer, feed: Feed, inbox: InboxSource): Promise<void> {
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.joined = false;
      this.detail = `the consumer stopped: ${payload.error.message}`;
      this.options.log.warn({ err: payload.error, restarts: payload.restart }, 'the Kafka consumer stopped');
      if (!payload.restart && !this.stopped) this.restart(consumer, feed, inbox);
    });
    consumer.on(consumer.events.REBALANCING, () => {
      this.joined = false;
      this.detail = 'the group shares out its partitions';
    });
    return new Promise((resolve) => {
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        this.placed = new Set();
        this.placing = this.place(consumer, payload.memberAssignment, inbox);
        this.placing.then(
          () => {
            this.joined = true;
            resolve();
          },
          () => resolve(),
        );
      });
    });
  }

  private async restart(consumer: Consumer, feed: Feed, inbox: InboxSource): Promise<void> {
    await consumer.disconnect().catch(() => undefined);
    if (!this.stopped) await this.start(feed, inbox);
  }

  /** Every assigned partition to where the inbox says; a fault is tried again until the assignment is lost. */
  private async place(consumer: Consumer, assignment: Record<string, number[]>, inbox: InboxSource): Promise<ReadonlyMap<string, bigint>> {
    for (let failures = 0; ; failures++) {
      try {
        const places = await placesOf(this.kafka, this.topics, assignment, inbox, this.options.log);
        for (const { topic, partition, offset } of places) consumer.seek({ topic, partition, offset: String(offset) });
        this.options.log.info({ partitions: places.length }, 'partitions taken over at the positions of the inbox');
        return new Map(places.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]));
      } catch (error) {
        if (this.stopped || this.consumer !== consumer) throw error;
        // A topic made a moment ago has leaders before all of them know it.
        if (failures > 3) this.options.log.warn({ err: error }, 'the positions are not known yet; trying again');
        await this.pause(Math.min(LONGEST_PAUSE_MS, 100 * 2 ** failures));
      }
    }
  }

  private async batch(
    { batch, heartbeat, resolveOffset, isRunning, isStale, commitOffsetsIfNecessary }: EachBatchPayload,
    feed: Feed,
  ): Promise<void> {
    const { topic, partition, messages } = batch;
    const beating = setInterval(() => {
      heartbeat().catch(() => undefined);
    }, HEARTBEAT_MS);
    try {
      const places = await this.placing;
      const key = `${topic}/${partition}`;
      const first = messages[0];
      const last = messages.at(-1);
      if (!isRunning() || isStale() || first === undefined || last === undefined) return;
      const place = places.get(key);
      const isFirst = !this.placed.has(key);
      this.placed.add(key);
      if (isFirst && place !== undefined && BigInt(first.offset) > place) {
        // Perhaps fetched before the seek took effect: asked for once more from where the inbox says.
        this.consumer?.seek({ topic, partition, offset: String(place) });
        return;
      }
      await feed(messages.map((message) => this.delivery(topic, partition, message)));
      resolveOffset(last.offset);
      await commitOffsetsIfNecessary();
    } finally {
      clearInterval(beating);
    }
  }

  private delivery(topic: string, partition: number, message: EachBatchPayload['batch']['messages'][number]): Delivery {
    const { key, value, headers, offset, timestamp } = message;
    const flat: Record<string, Uint8Array | string> = {};
    for (const [name, held] of Object.entries(headers ?? {})) {
      const one = Array.isArray(held) ? held[0] : held;
      if (one !== undefined) flat[name] = one;
    }
    const raw = { key, value };
    const decoded = this.options.decode(topic, { ...raw, headers: flat });
    if (this.options.log.debugs) {
      const flowId = decoded.input?.flowId ?? decoded.start?.flowId ?? decoded.poison?.flowId ?? null;
      this.options.log.debug({ flowId, topic, partition, offset, headers: messageHeaders(value) }, 'received');
    }
    return {
      ...decoded,
      raw,
      position: { topic, partition, offset: BigInt(offset), timestamp: Number(timestamp) },
    };
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
      if (this.stopped) this.wake();
    });
  }
}
