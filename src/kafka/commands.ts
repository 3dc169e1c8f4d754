/**
 * The commands of a step, for the bridge: a consumer group for each step and group of workers, so
 * that every instance reads only what its own clients want.
 */
import type { Consumer, ConsumerRunConfig, EachBatchPayload } from 'kafkajs';
import {
  type CommandListener,
  type CommandReader,
  type Commands,
  type CommandsOfStep,
  partitionKey,
} from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import type { Compression } from './codecs.js';
import { type KafkaConnection, newConsumer, newProducer } from './connection.js';
import { type Assignment, groupSettings, Member } from './member.js';
import { unreadableReason } from './record-batch.js';
import { headersOf } from './records.js';
import { Sender } from './sender.js';
import { messagesOf } from './worker-client.js';

export interface KafkaCommandsOptions extends KafkaConnection {
  readonly groupIdOf: (step: CommandsOfStep) => string;
  readonly compression: Compression;
}

/** Smaller than for the intake: there may be hundreds of these consumers. */
const BYTES_PER_PARTITION = 262_144;
const COMMIT_EVERY_MS = 500;

export function openKafkaCommands(options: KafkaCommandsOptions): Commands {
  const sender = new Sender(() => newProducer(options), options.compression);
  return {
    read: (step, listener) => new KafkaCommands(options, step, listener),
    async send(messages) {
      await sender.send(
        [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, ones]) =>
          messagesOf(topic, ones),
        ),
      );
    },
    close: () => sender.close(),
  };
}

class KafkaCommands implements CommandReader {
  private readonly member: Member;
  private readonly log: Log;
  private readonly committing: NodeJS.Timeout;
  /** `topic/partition` → the next offset, where it has moved since the last commit. */
  private moved = new Map<string, { topic: string; partition: number; offset: string }>();
  private consumer: Consumer | null = null;
  private mine: ReadonlySet<string> = new Set();
  private isPaused = false;

  constructor(
    options: KafkaCommandsOptions,
    private readonly step: CommandsOfStep,
    private readonly listener: CommandListener,
  ) {
    const settings = {
      ...groupSettings(options.groupIdOf(step)),
      maxBytesPerPartition: BYTES_PER_PARTITION,
    };
    this.log = options.log;
    this.member = new Member({
      topics: step.topics,
      log: options.log,
      prepare: async () => undefined,
      newConsumer: () => newConsumer(options, settings),
      reading: () => this.reading(),
      assigned: async (consumer, assignment) => this.assigned(consumer, assignment),
    });
    this.committing = setInterval(() => void this.commitMoved(), COMMIT_EVERY_MS);
    this.committing.unref();
    void this.member.start();
  }

  commit(topic: string, partition: number, next: bigint): void {
    this.moved.set(partitionKey(topic, partition), { topic, partition, offset: String(next) });
  }

  pause(): void {
    this.isPaused = true;
    this.regulate();
  }

  resume(): void {
    this.isPaused = false;
    this.regulate();
  }

  async close(): Promise<void> {
    clearInterval(this.committing);
    await this.commitMoved();
    await this.member.stop();
  }

  private assigned(consumer: Consumer, assignment: Assignment): void {
    this.consumer = consumer;
    this.mine = new Set(
      Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.map((partition) => partitionKey(topic, partition)),
      ),
    );
    this.regulate();
    this.listener.assigned(this.mine);
  }

  private regulate(): void {
    const topics = this.step.topics.map((topic) => ({ topic }));
    if (this.isPaused) this.consumer?.pause(topics);
    else this.consumer?.resume(topics);
  }

  private reading(): ConsumerRunConfig {
    return {
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: 8,
      eachBatch: async (payload) => this.pass(payload),
    };
  }

  private pass({ batch, resolveOffset, isStale }: EachBatchPayload): void {
    const { topic, partition, messages } = batch;
    if (isStale() || !this.mine.has(partitionKey(topic, partition))) return;
    const records = messages.flatMap(({ offset, key, value, headers: raw }) => {
      const headers = headersOf(raw);
      const reason = unreadableReason(headers);
      if (reason !== null && reason !== '') this.log.warn({ topic }, `${reason}; passed over`);
      return reason === null
        ? [{ topic, partition, offset: BigInt(offset), key, value, headers }]
        : [];
    });
    this.listener.records(records);
    resolveOffset(batch.lastOffset());
  }

  /** A commit that fails is repeated by the next one, or its records come again. */
  private async commitMoved(): Promise<void> {
    const { consumer, moved } = this;
    if (consumer === null || moved.size === 0) return;
    this.moved = new Map();
    const offsets = [...moved].filter(([key]) => this.mine.has(key)).map(([, one]) => one);
    try {
      if (offsets.length > 0) await consumer.commitOffsets(offsets);
    } catch (error) {
      this.log.debug({ err: error }, 'the offsets of commands were not committed');
      for (const [key, one] of moved) if (!this.moved.has(key)) this.moved.set(key, one);
    }
  }
}
