/**
 * Layer 4c, a broker and a database for a first try. Knows: the broker port, a log in a folder.
 * Refuses to know: Kafka, HTTP. In: messages of the relay and of workers in this process. Out: the
 * same messages, in order, at least once. This file: the broker.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Broker,
  CommandPlace,
  Commands,
  Decode,
  InboxSource,
  Inspection,
  Intake,
  OutboxRow,
  PublishResult,
  RecordDelivery,
  WorkerClient,
  WorkerLag,
} from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { openCommands } from './commands.js';
import { Fullness } from './fullness.js';
import { Group } from './group.js';
import { inspect, workerLag } from './inspection.js';
import type { LogRecord } from './log-file.js';
import { Offsets } from './offsets.js';
import { claim } from './postgres-folder.js';
import { makeFolder } from './private-files.js';
import { publishOne } from './publishing.js';
import type { Reader } from './reader.js';
import { logReceived } from './received.js';
import { Topic } from './topic.js';
import { openWorker } from './worker.js';

export interface EmbeddedBrokerOptions {
  /** Folder of the log; one process at a time. */
  readonly folder: string;
  readonly intakeTopics: readonly string[];
  readonly ownTopics: readonly string[];
  readonly maxMessageBytes: number;
  /**
   * When a topic's file is larger than this, the records that all readers have read are removed.
   */
  readonly trimBytes?: number;
  /** With more unread bytes than this no flow starts; absent = docs/limits.md. */
  readonly unreadBytes?: number | undefined;
  readonly decode: Decode;
  readonly log: Log;
}

export interface EmbeddedBroker extends Broker {
  worker(groupId: string): WorkerClient;
  /** For workers that use GraphQL or REST. */
  commands(): Commands;
}

/** Kafka's rule; here topic names are file names as well. */
const TOPIC_NAME = /^[A-Za-z0-9._-]{1,249}$/;
const TRIM_BYTES = 8 * 1024 * 1024;

/** Refuses a folder that a living process uses. */
export async function openEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = new InProcessBroker(options);
  await broker.open();
  return broker;
}

class InProcessBroker implements EmbeddedBroker {
  private readonly topics = new Map<string, Topic>();
  private readonly opening = new Map<string, Promise<void>>();
  private readonly groups = new Map<string, Group>();
  private readonly intake = new Map<string, Reader>();
  private readonly offsets: Offsets;
  private readonly fullness: Fullness;
  private joined = false;
  private leave: () => Promise<void> = async () => undefined;

  constructor(private readonly options: EmbeddedBrokerOptions) {
    this.offsets = new Offsets(join(options.folder, 'offsets.json'), options.log);
    this.fullness = new Fullness(this.topics, options.unreadBytes);
  }

  async open(): Promise<void> {
    const folder = join(this.options.folder, 'topics');
    await makeFolder(this.options.folder);
    await makeFolder(folder);
    this.leave = await claim(this.options.folder);
    try {
      await this.offsets.open();
      const files = (await readdir(folder)).filter((file) => file.endsWith('.log'));
      await this.ensureTopics([
        ...files.map((file) => file.slice(0, -'.log'.length)),
        ...this.options.ownTopics,
      ]);
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  private readonly place = {
    ensureTopics: (names: readonly string[]) => this.ensureTopics(names),
    topic: (name: string) => this.topic(name),
  };

  readonly publisher = {
    publish: (rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> => {
      const { maxMessageBytes } = this.options;
      const publishing = {
        topic: (name: string) => this.topics.get(name),
        overflows: () => this.fullness.overflows(),
        maxMessageBytes,
      };
      return Promise.all(rows.map((row) => publishOne(row, publishing)));
    },
  };

  full(): string | null {
    return this.fullness.full();
  }

  async ensureTopics(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const opening = this.opening.get(name) ?? this.openTopic(name);
      this.opening.set(name, opening);
      await opening.catch((error: unknown) => {
        this.opening.delete(name);
        throw error;
      });
    }
  }

  async consume(intake: Intake, inbox: InboxSource): Promise<void> {
    for (const name of this.options.intakeTopics) {
      await this.ensureTopics([name]);
      const topic = this.topic(name);
      this.intake.set(
        name,
        topic.reads(await this.placeOf(name, topic, inbox), (records) =>
          this.feed(name, records, intake),
        ),
      );
    }
    this.joined = true;
  }

  async stopConsuming(): Promise<void> {
    this.joined = false;
    await Promise.all([...this.intake].map(([name, reader]) => this.topic(name).leave(reader)));
    this.intake.clear();
  }

  health(): { ready: boolean; detail: string } {
    const reading = `in this process, log in ${this.options.folder}`;
    return { ready: this.joined, detail: this.joined ? reading : 'not reading yet' };
  }

  inspect = async (place: CommandPlace): Promise<Inspection> =>
    inspect(place, this.topics, this.groups.values());

  workerLag = (): readonly WorkerLag[] => workerLag(this.topics, this.groups.values());

  worker(groupId: string): WorkerClient {
    return openWorker({ ...this.place, group: (topicName) => this.group(groupId, topicName) });
  }

  commands(): Commands {
    return openCommands({
      ...this.place,
      seen: (groupId, topicName) => this.group(groupId, topicName).attended(),
      offsets: this.offsets,
      log: this.options.log,
    });
  }

  async close(): Promise<void> {
    this.joined = false;
    await Promise.all([...this.topics.values()].map((topic) => topic.close()));
    await this.offsets.close();
    await this.leave();
  }

  private async openTopic(name: string): Promise<void> {
    if (!TOPIC_NAME.test(name))
      throw new Error(
        `${name} cannot be a topic: 1 to 249 letters, digits, dots, underscores and hyphens are possible`,
      );
    const { folder, trimBytes = TRIM_BYTES, log } = this.options;
    const read = (): number | null => {
      const reader = this.intake.get(name);
      if (reader !== undefined) return reader.position;
      // The gateway reads this topic, and has not started yet: nothing counts as read.
      if (this.options.intakeTopics.includes(name)) return 0;
      // Other own topics (flow ends, dead letters) have no reader in this process: they can be
      // trimmed. Commands are kept until they are read.
      return this.options.ownTopics.includes(name) ? null : (this.offsets.slowest(name) ?? 0);
    };
    this.topics.set(
      name,
      await Topic.open({ name, path: join(folder, 'topics', `${name}.log`), trimBytes, log, read }),
    );
  }

  private topic(name: string): Topic {
    const topic = this.topics.get(name);
    if (topic === undefined) throw new Error(`there is no topic ${name}`);
    return topic;
  }

  private group(id: string, name: string): Group {
    const key = `${id} ${name}`;
    const group = this.groups.get(key) ?? new Group(id, name, this.topic(name), this.offsets);
    this.groups.set(key, group);
    return group;
  }

  /**
   * The offset after the last record that the inbox admitted; the beginning, when another record
   * has that offset: the log is a new one.
   */
  private async placeOf(name: string, { log }: Topic, inbox: InboxSource): Promise<number> {
    const known = (await inbox.inbox(name)).find(({ partition }) => partition === 0);
    if (known === undefined) return log.firstOffset;
    const next = Number(known.nextOffset);
    const last = log.from(next - 1, 1)[0];
    const differs =
      last?.offset === next - 1 &&
      known.lastTimestamp !== null &&
      last.timestamp !== known.lastTimestamp;
    if (next <= log.nextOffset && !differs) return Math.max(next, log.firstOffset);
    const text = 'this topic is not the one the inbox knows: starting at its beginning';
    this.options.log.warn({ topic: name, partition: 0, offset: log.firstOffset }, text);
    await inbox.resetInbox(name, 0, BigInt(log.firstOffset));
    return log.firstOffset;
  }

  private async feed(topic: string, records: readonly LogRecord[], intake: Intake): Promise<void> {
    const { log } = this.options;
    const deliveries = records.map(({ offset, timestamp, ...record }): RecordDelivery => {
      const raw = { key: record.key, value: record.value, headers: { ...record.headers } };
      const position = { topic, partition: 0, offset: BigInt(offset), timestamp };
      const decoded = this.options.decode(topic, raw);
      if (log.debugs) logReceived(decoded, raw, position, log);
      return { ...decoded, from: 'record', position, raw };
    });
    await intake(deliveries);
  }
}
