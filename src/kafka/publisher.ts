/**
 * Publishes rows with acks of all replicas. A batch that the cluster refuses is split until the row
 * that causes it is alone.
 */
import type { Message, TopicMessages } from 'kafkajs';
import { type OutboxRow, type Publisher, type PublishResult, wholeValue } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { codeOf, isRefusal, isUnknownTopic, messageOf } from './failures.js';
import type { Sender } from './sender.js';
import type { TopicsAdmin } from './topics-admin.js';

/** Bytes of a record apart from key, value and headers, its share of the batch header included. */
const OVERHEAD = 100;
/** Codes that refuse a record, and not its topic. */
const OF_RECORDS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
]);
const AWAY = 'BROKER_UNAVAILABLE';

export class KafkaPublisher implements Publisher {
  /**
   * Topics that did not exist when last looked up: they are looked up again before anything is sent
   * to them.
   */
  private readonly gone = new Set<string>();

  constructor(
    private readonly sender: Sender,
    private readonly topics: Pick<TopicsAdmin, 'exists' | 'raiseLimit'>,
    private readonly maxMessageBytes: number,
    private readonly log: Log,
  ) {}

  async publish(rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> {
    const results = new Map<OutboxRow, PublishResult>();
    const gone = await this.stillGone(rows);
    const sendable: OutboxRow[] = [];
    for (const row of rows) {
      if (gone.has(row.topic)) results.set(row, unknownTopic(row));
      else if (sizeOf(row) > this.maxMessageBytes) results.set(row, this.tooLarge(row));
      else sendable.push(row);
    }
    for (const result of await this.inOrder(this.chunks(sendable), true))
      results.set(result.row, result);
    return rows.map((row) => results.get(row) ?? { row, result: 'later' });
  }

  close(): Promise<void> {
    return this.sender.close();
  }

  /**
   * A topic's limit applies to all records of a request to one partition together, so each chunk is
   * at most as large as the limit.
   */
  private chunks(rows: readonly OutboxRow[]): OutboxRow[][] {
    const chunks: OutboxRow[][] = [];
    let left = 0;
    for (const row of rows) {
      const size = sizeOf(row);
      if (chunks.length === 0 || size > left) {
        chunks.push([]);
        left = this.maxMessageBytes;
      }
      left -= size;
      chunks.at(-1)?.push(row);
    }
    return chunks;
  }

  /**
   * Sends one part after the other. Once a row has to wait, later rows of its flow wait as well;
   * when the brokers are away, all the rest waits.
   */
  private async inOrder(
    parts: readonly (readonly OutboxRow[])[],
    mayLook: boolean,
  ): Promise<PublishResult[]> {
    const results: PublishResult[] = [];
    const waiting = new Map<string, PublishResult>();
    let away: PublishResult | null = null;
    for (const part of parts) {
      const free: OutboxRow[] = [];
      for (const row of part) {
        const why = away ?? waiting.get(row.flowId);
        if (why === undefined) free.push(row);
        else results.push({ ...why, row });
      }
      const sent = free.length === 0 ? [] : await this.send(free, mayLook);
      for (const result of sent)
        if (result.result === 'later') waiting.set(result.row.flowId, result);
      away ??=
        sent.find(({ result, errorCode }) => result === 'later' && errorCode === AWAY) ?? null;
      results.push(...sent);
    }
    return results;
  }

  private async send(rows: readonly OutboxRow[], mayLook: boolean): Promise<PublishResult[]> {
    const topics = [...Map.groupBy(rows, ({ topic }) => topic)];
    try {
      await this.sender.send(topics.map(([topic, ones]) => messagesOf(topic, ones)));
      return rows.map((row) => ({ row, result: 'ok' }));
    } catch (error) {
      const code = codeOf(error);
      this.log.debug(
        { topics: topics.map(([topic]) => topic), rows: rows.length, code, err: error },
        'a batch was not accepted',
      );
      if (code === null) return rows.map((row) => later(row, error));
      if (isUnknownTopic(code) && mayLook) return this.withoutGone(rows);
      const alone = topics.map(([, ones]) => ones);
      if (alone.length > 1) return this.inOrder(alone, mayLook);
      return isRefusal(code)
        ? this.refused(rows, code, error)
        : rows.map((row) => later(row, error));
    }
  }

  /**
   * A topic does not exist: one of these, or one that the last producer had sent to before. Rows of
   * missing topics fail, the others are sent again.
   */
  private async withoutGone(rows: readonly OutboxRow[]): Promise<PublishResult[]> {
    for (const topic of new Set(rows.map((row) => row.topic)))
      if (!(await this.exists(topic))) this.gone.add(topic);
    const lost = rows.filter(({ topic }) => this.gone.has(topic));
    const rest = rows.filter(({ topic }) => !this.gone.has(topic));
    return [...lost.map(unknownTopic), ...(rest.length === 0 ? [] : await this.send(rest, false))];
  }

  /**
   * Refused rows of one topic: all of them fail, or they are halved until the refused row is alone.
   */
  private async refused(
    rows: readonly OutboxRow[],
    code: string,
    error: unknown,
  ): Promise<PublishResult[]> {
    const [first] = rows;
    if (rows.length === 1 && first !== undefined && (await this.raised(first.topic, code)))
      return this.send(rows, false);
    if (rows.length === 1 || !OF_RECORDS.has(code))
      return rows.map((row) => ({
        row,
        result: 'never',
        errorCode: code,
        errorMessage: messageOf(error),
      }));
    const half = Math.ceil(rows.length / 2);
    return this.inOrder([rows.slice(0, half), rows.slice(half)], true);
  }

  /** A topic created with a smaller limit: whether it could be raised. */
  private async raised(topic: string, code: string): Promise<boolean> {
    if (code !== 'MESSAGE_TOO_LARGE' && code !== 'RECORD_LIST_TOO_LARGE') return false;
    return this.topics.raiseLimit(topic).catch(() => false);
  }

  private async stillGone(rows: readonly OutboxRow[]): Promise<ReadonlySet<string>> {
    if (this.gone.size === 0) return this.gone;
    const suspects = new Set(
      rows.map(({ topic }) => topic).filter((topic) => this.gone.has(topic)),
    );
    for (const topic of suspects) if (await this.exists(topic)) this.gone.delete(topic);
    return this.gone;
  }

  /** While the cluster does not answer, a topic counts as existing, and its rows wait. */
  private exists(topic: string): Promise<boolean> {
    return this.topics.exists(topic).catch(() => true);
  }

  private tooLarge(row: OutboxRow): PublishResult {
    const errorMessage = `the message has ${sizeOf(row)} bytes, at most ${this.maxMessageBytes} are allowed`;
    return { row, result: 'never', errorCode: 'MESSAGE_TOO_LARGE', errorMessage };
  }
}

function later(row: OutboxRow, error: unknown): PublishResult {
  return { row, result: 'later', errorCode: codeOf(error) ?? AWAY, errorMessage: messageOf(error) };
}

function unknownTopic(row: OutboxRow): PublishResult {
  return {
    row,
    result: 'never',
    errorCode: 'UNKNOWN_TOPIC',
    errorMessage: `there is no topic ${row.topic}`,
  };
}

function bytesOf(part: string | Uint8Array | null): number {
  if (part === null) return 0;
  return typeof part === 'string' ? Buffer.byteLength(part) : part.length;
}

function sizeOf(row: OutboxRow): number {
  const { key, value, startPayload, headers } = row;
  const named = Object.entries(headers).reduce(
    (sum, [name, text]) => sum + bytesOf(name) + bytesOf(text) + 4,
    0,
  );
  const shared = startPayload === undefined ? 0 : bytesOf(startPayload) + 1;
  return bytesOf(key) + bytesOf(value) + shared + named + OVERHEAD;
}

function messagesOf(topic: string, rows: readonly OutboxRow[]): TopicMessages {
  const messages = rows.map(
    (row): Message => ({
      key: bufferOf(row.key),
      value: bufferOf(wholeValue(row)),
      headers: { ...row.headers },
    }),
  );
  return { topic, messages };
}

function bufferOf(part: string | Uint8Array | null): string | Buffer | null {
  return part === null || typeof part === 'string' ? part : Buffer.from(part);
}
