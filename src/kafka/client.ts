/**
 * Room 4b, Kafka. Knows: the Kafka client and its traps. Refuses to know: SQL, HTTP, what a message means. In: rows to publish, topics to make.
 * Out: deliveries, in the order of each partition. This file: one connection's settings, and the broker port put together.
 */
import { type Admin, Kafka, type KafkaConfig, logLevel, Partitioners, type Producer } from 'kafkajs';
import type { Broker, Delivery } from '../engine/ports.js';
import type { Log } from '../observe/log.js';
import { Intake } from './consumer.js';
import { KafkaPublisher } from './publisher.js';
import { TopicsAdmin } from './topics-admin.js';

export interface KafkaSecurity {
  readonly ssl?: boolean;
  readonly sasl?: { readonly mechanism: string; readonly username: string; readonly password: string };
}

export type Decode = (
  topic: string,
  record: { readonly key: Uint8Array | null; readonly value: Uint8Array | null; readonly headers: Record<string, Uint8Array | string> },
) => Pick<Delivery, 'input' | 'start' | 'registration' | 'poison'>;

export interface KafkaOptions extends KafkaSecurity {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly groupId: string;
  /** Of topics we create. */
  readonly partitions: number;
  /** -1 = the cluster's default. */
  readonly replicationFactor: number;
  readonly maxMessageBytes: number;
  readonly intakeTopics: readonly string[];
  readonly ownTopics: readonly string[];
  readonly decode: Decode;
  readonly log: Log;
}

/** Lines of the client, as quiet as ours: what it calls an error is mostly a retry. */
export function kafkaClient(
  options: KafkaSecurity & { readonly brokers: readonly string[]; readonly clientId: string; readonly log: Log },
): Kafka {
  const { brokers, clientId, log, ssl, sasl } = options;
  const config = {
    brokers: [...brokers],
    clientId,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => log.debug({ kafka: entry.log, namespace: entry.namespace }, entry.log.message),
    ...(ssl === true && { ssl }),
    ...(sasl !== undefined && { sasl }),
  } as KafkaConfig;
  return new Kafka(config);
}

/** Equal keys go where Java's default sends them. */
export function openProducer(kafka: Kafka): Producer {
  return kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    // One request under way: a retry can not overtake what came after it.
    maxInFlightRequests: 1,
    retry: { initialRetryTime: 50, maxRetryTime: 300, retries: 2 },
  });
}

export async function openKafka(options: KafkaOptions): Promise<Broker> {
  const kafka = kafkaClient(options);
  const admin: Admin = kafka.admin({ retry: { initialRetryTime: 100, maxRetryTime: 1000, retries: 5 } });
  const topics = new TopicsAdmin(admin, options);
  const producer = openProducer(kafka);
  const publisher = new KafkaPublisher(producer, topics, options.maxMessageBytes, options.log);
  const intake = new Intake(kafka, topics, options);
  return {
    publisher,
    ensureTopics: (names) => topics.ensure(names),
    consume: (feed, inbox) => intake.start(feed, inbox),
    stopConsuming: () => intake.stop(),
    health: () => intake.health(),
    async close() {
      await intake.stop();
      await publisher.close();
      await topics.close();
    },
  };
}
