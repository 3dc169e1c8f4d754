/** A worker's side of Kafka, for workers in this process: the demo's on a real cluster, and a test's. */
import type { WorkerClient } from '../engine/ports.js';
import type { Log } from '../observe/log.js';
import { type KafkaSecurity, kafkaClient, openProducer } from './client.js';

export interface KafkaWorkerOptions extends KafkaSecurity {
  readonly brokers: readonly string[];
  readonly groupId: string;
  readonly log: Log;
}

export async function openKafkaWorker(options: KafkaWorkerOptions): Promise<WorkerClient> {
  const kafka = kafkaClient({ ...options, clientId: options.groupId });
  const producer = openProducer(kafka);
  const consumer = kafka.consumer({ groupId: options.groupId, allowAutoTopicCreation: false, maxWaitTimeInMs: 100, minBytes: 1 });
  await producer.connect();
  return {
    async subscribe(topics, onRecord) {
      await consumer.connect();
      await consumer.subscribe({ topics: [...topics], fromBeginning: true });
      const joined = new Promise<void>((resolve) => {
        consumer.on(consumer.events.GROUP_JOIN, () => resolve());
      });
      await consumer.run({
        partitionsConsumedConcurrently: 16,
        eachMessage: async ({ topic, message: { key, value } }) => onRecord({ topic, key, value, headers: {} }),
      });
      await joined;
    },
    async send(messages) {
      const groups = [...Map.groupBy(messages, ({ topic }) => topic)];
      const topicMessages = groups.map(([topic, ones]) => ({
        topic,
        messages: ones.map(({ key, value, headers }) => ({ key, value, headers: { ...headers } })),
      }));
      await producer.sendBatch({ acks: -1, topicMessages });
    },
    async close() {
      await consumer.disconnect();
      await producer.disconnect();
    },
  };
}
