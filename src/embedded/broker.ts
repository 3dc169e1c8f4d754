/**
 * Room 4c, everything in one process for a first try. Knows: the broker's port, a log in a folder. Refuses to know: Kafka, HTTP. In: messages
 * of the relay and of workers in this process. Out: the same, in order, at least once. This file: the broker.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Broker, Delivery, Intake, OutboxRow, PublishResult, WorkerClient, WorkerRecord } from '../engine/ports.js';
import type { Log } from '../observe/log.js';
import { messageHeaders } from '../observe/message-headers.js';
import { LogFile, type LogRecord } from './log-file.js';
import { claim } from './postgres-folder.js';
import { Reader } from './reader.js';

export interface EmbeddedBrokerOptions {
  /** Where the log lives; one process at a time. */
  readonly folder: string;
  readonly intakeTopics: readonly string[];
  readonly ownTopics: readonly string[];
  readonly maxMessageBytes: number;
  readonly decode: (
    topic: string,
    record: { key: Uint8Array | null; value: Uint8Array | null; headers: Record<string, string> },
  ) => Decoded;
  readonly log: Log;
}
type Decoded = Pick<Delivery, 'input' | 'start' | 'registration' | 'poison'>;

export interface EmbeddedBroker extends Broker {
  worker(groupId: string): WorkerClient;
}

export async function openEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const broker = new InProcessBroker(options);
  await broker.open();
  return broker;
}

class InProcessBroker implements EmbeddedBroker {
  private readonly topics = new Map<string, LogFile>();
  private readonly readers = new Map<string, Set<Reader>>();
  private intake: Reader[] = [];
  private offsets: Record<string, number> = {};
  private saving: Promise<void> = Promise.resolve();
  private joined = false;
  private leave: () => Promise<void> = async () => undefined;

  constructor(private readonly options: EmbeddedBrokerOptions) {}

  async open(): Promise<void> {
    await mkdir(join(this.options.folder, 'topics'), { recursive: true });
    this.leave = await claim(this.options.folder);
    const text = await readFile(this.offsetsPath, 'utf8').catch(() => '{}');
    this.offsets = JSON.parse(text) as Record<string, number>;
    for (const file of await readdir(join(this.options.folder, 'topics'))) {
      const topic = file.replace(/\.log$/, '');
      this.topics.set(topic, await LogFile.open(this.pathOf(topic)));
    }
    await this.ensureTopics(this.options.ownTopics);
  }

  readonly publisher = { publish: (rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> => this.publish(rows) };

  async ensureTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) if (!this.topics.has(topic)) this.topics.set(topic, await LogFile.open(this.pathOf(topic)));
  }

  async consume(intake: Intake, inbox: Parameters<Broker['consume']>[1]): Promise<void> {
    for (const topic of this.options.intakeTopics) {
      const log = this.topics.get(topic);
      if (log === undefined) throw new Error(`the topic ${topic} is not there`);
      const known = (await inbox.inbox(topic)).find(({ partition }) => partition === 0);
      let offset = known === undefined ? log.firstOffset : Number(known.nextOffset);
      if (offset > log.nextOffset) {
        this.options.log.warn(
          { topic, inbox: offset, log: log.nextOffset },
          'the log is another one than the database knows; starting at its beginning',
        );
        offset = log.firstOffset;
        await inbox.resetInbox(topic, 0, BigInt(offset));
      }
      this.intake.push(this.read(topic, log, offset, (records) => this.feed(topic, records, intake)));
    }
    this.joined = true;
  }

  async stopConsuming(): Promise<void> {
    this.joined = false;
    await Promise.all(this.intake.map((reader) => reader.stop()));
    this.intake = [];
  }

  health(): { ready: boolean; detail: string } {
    return { ready: this.joined, detail: this.joined ? `in this process, log in ${this.options.folder}` : 'not reading yet' };
  }

  worker(groupId: string): WorkerClient {
    const mine: Reader[] = [];
    return {
      subscribe: async (topics, onRecord) => {
        await this.ensureTopics(topics);
        for (const topic of topics) {
          const log = this.topics.get(topic);
          if (log === undefined) continue;
          const key = `${groupId} ${topic}`;
          mine.push(
            this.read(topic, log, Math.max(this.offsets[key] ?? 0, log.firstOffset), (records) => this.work(key, topic, records, onRecord)),
          );
        }
      },
      send: async (messages) => {
        for (const { topic, key, value, headers } of messages) await this.append(topic, key, value, headers ?? {});
      },
      close: async () => {
        await Promise.all(mine.map((reader) => reader.stop()));
      },
    };
  }

  async close(): Promise<void> {
    await this.stopConsuming();
    await Promise.all([...this.readers.values()].flatMap((readers) => [...readers].map((reader) => reader.stop())));
    await Promise.all([...this.topics.values()].map((log) => log.close()));
    await this.saving;
    await this.leave();
  }

  private read(topic: string, log: LogFile, offset: number, onBatch: (records: readonly LogRecord[]) => Promise<void>): Reader {
    const reader = new Reader(log, offset, onBatch, (error) => this.options.log.warn({ topic, err: error }, 'a reader stopped'));
    const readers = this.readers.get(topic) ?? new Set();
    this.readers.set(topic, readers.add(reader));
    reader.start();
    return reader;
  }

  private async feed(topic: string, records: readonly LogRecord[], intake: Intake): Promise<void> {
    const { log } = this.options;
    if (log.debugs) for (const { offset, value } of records) log.debug({ topic, offset, headers: messageHeaders(value) }, 'received');
    const deliveries = records.map(({ offset, timestamp, key, value, headers }) => ({
      ...this.options.decode(topic, { key, value, headers: { ...headers } }),
      position: { topic, partition: 0, offset: BigInt(offset), timestamp },
      raw: { key, value },
    }));
    await intake(deliveries);
  }

  private async work(
    key: string,
    topic: string,
    records: readonly LogRecord[],
    onRecord: (record: WorkerRecord) => Promise<void>,
  ): Promise<void> {
    // All at once, as several workers would; what was not finished when the process ends comes again.
    await Promise.all(records.map(({ key: recordKey, value, headers }) => onRecord({ topic, key: recordKey, value, headers })));
    this.offsets[key] = (records.at(-1)?.offset ?? -1) + 1;
    this.save();
  }

  private async publish(rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> {
    return Promise.all(
      rows.map(async (row): Promise<PublishResult> => {
        const bytes = typeof row.value === 'string' ? Buffer.byteLength(row.value) : (row.value?.length ?? 0);
        if (!this.topics.has(row.topic))
          return { row, result: 'never', errorCode: 'UNKNOWN_TOPIC', errorMessage: `there is no topic ${row.topic}` };
        if (bytes > this.options.maxMessageBytes) {
          return {
            row,
            result: 'never',
            errorCode: 'MESSAGE_TOO_LARGE',
            errorMessage: `the message has ${bytes} bytes, at most ${this.options.maxMessageBytes} go`,
          };
        }
        await this.append(row.topic, row.key, row.value, row.headers);
        return { row, result: 'ok' };
      }),
    );
  }

  private async append(
    topic: string,
    key: string | Uint8Array | null,
    value: string | Uint8Array | null,
    headers: Readonly<Record<string, string>>,
  ): Promise<void> {
    const log = this.topics.get(topic);
    if (log === undefined) throw new Error(`there is no topic ${topic}`);
    const done = log.append({ timestamp: Date.now(), key: toBytes(key), value: toBytes(value), headers });
    for (const reader of this.readers.get(topic) ?? []) reader.wake();
    await done;
  }

  private get offsetsPath(): string {
    return join(this.options.folder, 'offsets.json');
  }

  private pathOf(topic: string): string {
    return join(this.options.folder, 'topics', `${topic}.log`);
  }

  private saveAgain = false;

  private save(): void {
    if (this.saveAgain) return;
    this.saveAgain = true;
    this.saving = this.saving.then(async () => {
      this.saveAgain = false;
      await writeFile(`${this.offsetsPath}.new`, JSON.stringify(this.offsets));
      await rename(`${this.offsetsPath}.new`, this.offsetsPath);
    });
  }
}

function toBytes(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
