/** Kafka for workers in this process: those of the demo on a real cluster, and those of tests. */
import type { ConsumerRunConfig, TopicMessages } from 'kafkajs';
import type { WorkerClient, WorkerMessage, WorkerRecord } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { newConsumer, newProducer } from './connection.js';
import { groupSettings, Member } from './member.js';
import { unreadableReason } from './record-batch.js';
import { headersOf } from './records.js';
import type { KafkaSecurity } from './security.js';
import { Sender } from './sender.js';

/** How long a rebalance waits for a worker that is processing a record. */
const WORK_WITHIN_MS = 60_000;

export interface KafkaWorkerOptions extends KafkaSecurity {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly log: Log;
}

type Connection = KafkaWorkerOptions & { readonly clientId: string };

export async function openKafkaWorker(options: KafkaWorkerOptions): Promise<WorkerClient> {
  const connection: Connection = { ...options, clientId: options.groupId };
  const sender = new Sender(() => newProducer(connection));
  let member: Member | null = null;
  return {
    async subscribe(topics, onRecord) {
      // The leader assigns what it subscribes to itself: all members must have the same topics.
      if (member !== null)
        throw new Error(
          'this worker reads its topics already: name all of them at once, or open another one',
        );
      member = memberOf(connection, topics, onRecord);
      await member.start();
    },
    async send(messages) {
      await sender.send(
        [...Map.groupBy(messages, ({ topic }) => topic)].map(([topic, ones]) =>
          messagesOf(topic, ones),
        ),
      );
    },
    async close() {
      await member?.stop();
      await sender.close();
    },
  };
}

function memberOf(
  connection: Connection,
  topics: readonly string[],
  onRecord: Parameters<WorkerClient['subscribe']>[1],
): Member {
  const { groupId, log } = connection;
  const settings = { ...groupSettings(groupId), rebalanceTimeout: WORK_WITHIN_MS };
  return new Member({
    topics,
    log,
    prepare: async () => undefined,
    newConsumer: () => newConsumer(connection, settings),
    reading: () => reading(onRecord, log),
    assigned: async () => undefined,
  });
}

export function messagesOf(topic: string, ones: readonly WorkerMessage[]): TopicMessages {
  return {
    topic,
    messages: ones.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
  };
}

/** An offset is committed after its record's callback has resolved. */
function reading(onRecord: (record: WorkerRecord) => Promise<void>, log: Log): ConsumerRunConfig {
  return {
    partitionsConsumedConcurrently: 16,
    eachMessage: async ({ topic, message: { key, value, headers: raw } }) => {
      const headers = headersOf(raw);
      const reason = unreadableReason(headers);
      if (reason === null) await onRecord({ topic, key, value, headers });
      else if (reason !== '') log.warn({ topic }, `${reason}; they are passed over`);
    },
  };
}
