/** Rows to Kafka, acks of all replicas, one bad row failing alone: a batch that fails is sent topic by topic, then row by row. */
import type { Message, Producer, TopicMessages } from 'kafkajs';
import type { OutboxRow, Publisher, PublishResult } from '../engine/ports.js';
import type { Log } from '../observe/log.js';
import type { TopicsAdmin } from './topics-admin.js';

/** What a record costs beside key, value and headers. */
const OVERHEAD = 100;
/** Errors that would come again for ever. */
const NEVER = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_RECORD',
]);
/** Errors of a topic that may be gone for good: asked of the cluster. */
const MISSING = new Set(['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE']);

export class KafkaPublisher implements Publisher {
  private connected: Promise<void> | null = null;

  constructor(
    private readonly producer: Producer,
    private readonly topics: TopicsAdmin,
    private readonly maxMessageBytes: number,
    private readonly log: Log,
  ) {}

  async publish(rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> {
    const large = new Map(rows.flatMap((row) => (sizeOf(row) > this.maxMessageBytes ? [[row, this.tooLarge(row)]] : [])));
    const fits = rows.filter((row) => !large.has(row));
    const sent = fits.length === 0 ? [] : await this.send(fits);
    const results = new Map([...large, ...sent.map((result): [OutboxRow, PublishResult] => [result.row, result])]);
    return inFlowOrder(rows.map((row) => results.get(row) ?? { row, result: 'later' }));
  }

  async close(): Promise<void> {
    if (this.connected !== null) await this.producer.disconnect();
  }

  private tooLarge(row: OutboxRow): PublishResult {
    const errorMessage = `the message has ${sizeOf(row)} bytes, at most ${this.maxMessageBytes} go`;
    return { row, result: 'never', errorCode: 'MESSAGE_TOO_LARGE', errorMessage };
  }

  private async send(rows: readonly OutboxRow[]): Promise<PublishResult[]> {
    const groups = [...Map.groupBy(rows, ({ topic }) => topic)];
    try {
      this.connected ??= this.producer.connect();
      await this.connected;
    } catch (error) {
      this.connected = null;
      return rows.map((row) => later(row, error));
    }
    try {
      await this.producer.sendBatch({ acks: -1, topicMessages: groups.map(([topic, ones]) => messagesOf(topic, ones)) });
      return rows.map((row) => ({ row, result: 'ok' }));
    } catch (error) {
      if (groups.length > 1) return (await Promise.all(groups.map(([, ones]) => this.send(ones)))).flat();
      return this.failed(rows, error);
    }
  }

  /** One topic: the whole of it, or one row of it, is in the way. */
  private async failed(rows: readonly OutboxRow[], error: unknown): Promise<PublishResult[]> {
    const code = codeOf(error);
    const [first] = rows;
    if (first === undefined) return [];
    if (MISSING.has(code) && !(await this.exists(first.topic))) {
      return rows.map((row) => ({ row, result: 'never', errorCode: 'UNKNOWN_TOPIC', errorMessage: `the topic ${row.topic} is gone` }));
    }
    if (!NEVER.has(code)) {
      this.log.debug({ topic: first.topic, err: error }, 'a batch was not taken');
      return rows.map((row) => later(row, error));
    }
    if (rows.length === 1) return [{ row: first, result: 'never', errorCode: code, errorMessage: messageOf(error) }];
    const results: PublishResult[] = [];
    for (const row of rows) results.push(...(await this.send([row])));
    return results;
  }

  private async exists(topic: string): Promise<boolean> {
    return this.topics.exists(topic).catch(() => true);
  }
}

/** What comes after a row of its flow that has to wait, waits as well. */
function inFlowOrder(results: readonly PublishResult[]): PublishResult[] {
  const waiting = new Set<string>();
  return results.map((result) => {
    if (result.result === 'later') waiting.add(result.row.flowId);
    return result;
  });
}

function sizeOf({ key, value, headers }: OutboxRow): number {
  const bytes = (part: string | Uint8Array | null): number =>
    part === null ? 0 : typeof part === 'string' ? Buffer.byteLength(part) : part.length;
  const named = Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text) + 4, 0);
  return bytes(key) + bytes(value) + named + OVERHEAD;
}

function messagesOf(topic: string, rows: readonly OutboxRow[]): TopicMessages {
  const messages = rows.map(
    ({ key, value, headers }): Message => ({ key: bufferOf(key), value: bufferOf(value), headers: { ...headers } }),
  );
  return { topic, messages };
}

function bufferOf(part: string | Uint8Array | null): string | Buffer | null {
  return part === null || typeof part === 'string' ? part : Buffer.from(part);
}

function later(row: OutboxRow, error: unknown): PublishResult {
  return { row, result: 'later', errorCode: codeOf(error), errorMessage: messageOf(error) };
}

/** The protocol's name of an error, wherever the client has put it. */
function codeOf(error: unknown): string {
  for (let one: unknown = error; one instanceof Error; one = 'cause' in one ? one.cause : null) {
    if ('type' in one && typeof one.type === 'string') return one.type;
    if ('errors' in one && Array.isArray(one.errors) && one.errors.length > 0) return codeOf(one.errors[0]);
    if ('originalError' in one && one.originalError instanceof Error) return codeOf(one.originalError);
  }
  return 'BROKER_UNAVAILABLE';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
