/** The commands of a step, for the bridge: read as a group of workers whose offsets are kept. */
import {
  type CommandListener,
  type CommandReader,
  type Commands,
  type CommandsOfStep,
  partitionKey,
} from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import type { LogRecord } from './log-file.js';
import type { Offsets } from './offsets.js';
import { appendAll } from './publishing.js';
import type { Reader } from './reader.js';
import type { Topic } from './topic.js';

export interface CommandsPlace {
  ensureTopics(names: readonly string[]): Promise<void>;
  topic(name: string): Topic;
  readonly offsets: Offsets;
  readonly log: Log;
  /** A group that reads a topic now, for diagnoses; call the result when it does no more. */
  seen(groupId: string, topicName: string): () => void;
}

export function openCommands(place: CommandsPlace): Commands {
  return {
    read: (step, listener) => new EmbeddedCommands(place, step, listener),
    send: (messages) => appendAll(messages, (name) => place.topic(name)),
    close: async () => undefined,
  };
}

/** A topic has one partition here. */
const PARTITION = 0;

class EmbeddedCommands implements CommandReader {
  private readonly readers: { readonly topic: Topic; readonly reader: Reader }[] = [];
  private readonly left: (() => void)[] = [];
  private readonly opened: Promise<void>;
  private readonly groupId: string;
  private passing = Promise.withResolvers<void>();
  private isClosed = false;

  constructor(
    private readonly place: CommandsPlace,
    private readonly step: CommandsOfStep,
    private readonly listener: CommandListener,
  ) {
    this.passing.resolve();
    this.groupId = `workers ${step.group}`;
    this.opened = this.open().catch((error: unknown) => {
      place.log.error({ err: error, topics: step.topics }, 'these commands cannot be read');
    });
  }

  commit(topic: string, _partition: number, next: bigint): void {
    this.place.offsets.set(this.groupId, topic, Number(next));
  }

  pause(): void {
    this.passing = Promise.withResolvers();
  }

  resume(): void {
    this.passing.resolve();
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.passing.resolve();
    await this.opened;
    await Promise.all(this.readers.map(({ topic, reader }) => topic.leave(reader)));
    for (const leave of this.left) leave();
  }

  private async open(): Promise<void> {
    const { topics } = this.step;
    const { offsets } = this.place;
    await this.place.ensureTopics(topics);
    if (this.isClosed) return;
    this.listener.assigned(new Set(topics.map((name) => partitionKey(name, PARTITION))));
    for (const name of topics) {
      const topic = this.place.topic(name);
      const from = Math.max(offsets.at(this.groupId, name) ?? 0, topic.log.firstOffset);
      // From now on nothing that it has not read is removed.
      offsets.set(this.groupId, name, from);
      const reader = topic.reads(from, (records) => this.pass(name, records));
      this.readers.push({ topic, reader });
      this.left.push(this.place.seen(this.groupId, name));
    }
  }

  private async pass(topic: string, records: readonly LogRecord[]): Promise<void> {
    for (let passing = this.passing; ; passing = this.passing) {
      await passing.promise;
      // Paused again meanwhile.
      if (passing === this.passing) break;
    }
    // The position stays: they are read again by whoever joins the group next.
    if (this.isClosed) throw new Error('this reader was closed');
    this.listener.records(
      records.map(({ offset, key, value, headers }) => ({
        ...{ topic, partition: PARTITION, offset: BigInt(offset) },
        ...{ key, value, headers },
      })),
    );
  }
}
