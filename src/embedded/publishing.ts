/**
 * Appends messages to the logs of their topics, each by itself: one that cannot be appended fails
 * alone.
 */
import {
  type OutboxRow,
  type PublishResult,
  type WorkerMessage,
  wholeValue,
} from '../engine/ports.js';
import type { Topic } from './topic.js';

export interface Publishing {
  topic(name: string): Topic | undefined;
  /** Why no message can be accepted now; null = it can. */
  overflows(): string | null;
  readonly maxMessageBytes: number;
}

export async function publishOne(
  row: OutboxRow,
  { topic: topicOf, overflows, maxMessageBytes }: Publishing,
): Promise<PublishResult> {
  const failed = (
    result: 'never' | 'later',
    errorCode: string,
    errorMessage: string,
  ): PublishResult => ({ row, result, errorCode, errorMessage });
  const topic = topicOf(row.topic);
  if (topic === undefined)
    return failed('never', 'UNKNOWN_TOPIC', `there is no topic ${row.topic}`);
  const [key, value] = [toBytes(row.key), toBytes(wholeValue(row))];
  const bytes = (key?.length ?? 0) + (value?.length ?? 0);
  if (bytes > maxMessageBytes)
    return failed(
      'never',
      'MESSAGE_TOO_LARGE',
      `the message has ${bytes} bytes, at most ${maxMessageBytes} are allowed`,
    );
  const full = overflows();
  if (full !== null) return failed('later', 'BROKER_UNAVAILABLE', full);
  try {
    await topic.append({ key, value, headers: row.headers });
    return { row, result: 'ok' };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return failed(
      'later',
      'BROKER_UNAVAILABLE',
      `the log of ${row.topic} could not be written: ${why}`,
    );
  }
}

/** Messages of workers in this process. Resolves when all are on the disk. */
export async function appendAll(
  messages: readonly WorkerMessage[],
  topicOf: (name: string) => Topic,
): Promise<void> {
  const appended = messages.map(({ topic, key, value, headers = {} }) =>
    topicOf(topic).append({ key: toBytes(key), value: toBytes(value), headers }),
  );
  await Promise.all(appended);
}

function toBytes(value: string | Uint8Array | null): Uint8Array | null {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
