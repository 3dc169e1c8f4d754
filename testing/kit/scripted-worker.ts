/**
 * A worker whose answers a test gives: commands arrive one by one, each is committed once the test
 * has dealt with it.
 */
import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs';

export interface WorkerCommand {
  readonly topic: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
  /** Of the Kafka record. */
  readonly recordHeaders: Readonly<Record<string, string>>;
  /** Sends an answer; its headers are the command's with these over them. */
  answer(headers?: Readonly<Record<string, unknown>>, payload?: unknown): Promise<void>;
}

export interface WorkerOptions {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly topics: readonly string[];
  /** false: a new group begins at the end, as is every client's default. */
  readonly fromBeginning?: boolean;
  /** The command is committed when it resolves. */
  readonly onCommand: (command: WorkerCommand) => Promise<void>;
}

const REPLIES = 'orchestrator.response.result';

/** Resolves once it has joined its group. */
export async function openScriptedWorker(
  options: WorkerOptions,
): Promise<{ close(): Promise<void> }> {
  const { brokers, groupId, topics, fromBeginning = true, onCommand } = options;
  const kafka = new Kafka({ clientId: groupId, brokers: [...brokers], logLevel: logLevel.NOTHING });
  const producer: Producer = kafka.producer();
  const consumer: Consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 100,
    sessionTimeout: 120_000,
  });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning });
  const { promise: joined, resolve } = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => resolve());
  await consumer.run({
    eachMessage: async ({ topic, message }) => {
      const { headers, payload } = JSON.parse(String(message.value)) as Pick<
        WorkerCommand,
        'headers' | 'payload'
      >;
      const answer: WorkerCommand['answer'] = async (more = {}, reply = {}) => {
        const value = JSON.stringify({ headers: { ...headers, ...more }, payload: reply });
        await producer.send({ topic: REPLIES, messages: [{ value }] });
      };
      const recordHeaders = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      await onCommand({ topic, headers, payload, recordHeaders, answer });
    },
  });
  await joined;
  return {
    close: async () => {
      await consumer.disconnect();
      await producer.disconnect();
    },
  };
}
