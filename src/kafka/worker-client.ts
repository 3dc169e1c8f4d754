/** A worker's side of Kafka, for workers in this process: the demo's on a real cluster, and a test's. */
import type { ConsumerRunConfig } from 'kafkajs';
import type { WorkerClient, WorkerRecord } from '../engine/ports.js';
import type { Log } from '../observe/log.js';
import { type KafkaSecurity, newConsumer, newProducer } from './connection.js';
import { Member } from './member.js';
import { headersOf } from './records.js';
import { Sender } from './sender.js';

export interface KafkaWorkerOptions extends KafkaSecurity {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly log: Log;
}

export async function openKafkaWorker(options: KafkaWorkerOptions): Promise<WorkerClient> {
  const connection = { ...options, clientId: options.groupId };
  const sender = new Sender(() => newProducer(connection));
  let member: Member | null = null;
  return {
    async subscribe(topics, onRecord) {
      // The client shares out the topics of one member to all: within a group all must read the same ones.
      if (member !== null) throw new Error('this worker reads its topics already: name all of them at once, or open another one');
      member = new Member({
        topics,
        log: options.log,
        prepare: async () => undefined,
        newConsumer: () => newConsumer(connection, settingsOf(options.groupId)),
        reading: () => reading(onRecord),
        joined: async () => undefined,
      });
      await member.start();
    },
    async send(messages) {
      const groups = [...Map.groupBy(messages, ({ topic }) => topic)];
      await sender.send(
        groups.map(([topic, ones]) => ({
          topic,
          messages: ones.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
        })),
      );
    },
    async close() {
      await member?.stop();
      await sender.close();
    },
  };
}

function settingsOf(groupId: string) {
  return {
    groupId,
    allowAutoTopicCreation: false,
    sessionTimeout: 6000,
    heartbeatInterval: 1000,
    maxWaitTimeInMs: 250,
    minBytes: 1,
    retry: { initialRetryTime: 100, maxRetryTime: 2000, retries: 5, restartOnFailure: async () => false },
  };
}

/** An offset is committed after its record's callback has resolved. */
function reading(onRecord: (record: WorkerRecord) => Promise<void>): ConsumerRunConfig {
  return {
    partitionsConsumedConcurrently: 16,
    eachMessage: async ({ topic, message: { key, value, headers } }) => onRecord({ topic, key, value, headers: headersOf(headers) }),
  };
}
