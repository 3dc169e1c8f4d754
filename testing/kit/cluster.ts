/** The real Kafka of the ring, and gateways and workers on it. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { type Admin, type ITopicConfig, Kafka, logLevel } from 'kafkajs';
import type { Broker } from '../../src/engine/ports.js';
import { openKafka } from '../../src/kafka/client.js';
import { type KafkaOptions } from '../../src/kafka/connection.js';
import { untilLed } from '../../src/kafka/leaders.js';
import { decodeNothing, loudLog } from '../contracts/broker-builders.js';
import { startKafka } from './kafka.mjs';

export interface Cluster {
  readonly brokers: readonly string[];
  close(): Promise<void>;
}

/** TEST_KAFKA_BROKERS, or one that is started for this file. */
export async function cluster(): Promise<Cluster> {
  const given = (process.env.TEST_KAFKA_BROKERS ?? '').split(',').filter((one) => one !== '');
  if (given.length > 0) return { brokers: given, close: async () => undefined };
  const kafka = await startKafka();
  return { brokers: [kafka.brokers], close: () => kafka.stop() };
}

/** The cluster of a test file; gateways that are opened on it are closed after each test. */
export interface TestCluster {
  readonly brokers: readonly string[];
  open(replies: string, options?: Partial<KafkaOptions>): Promise<Broker>;
}

export function testCluster(): TestCluster {
  let kafka: Cluster | null = null;
  const opened: Broker[] = [];
  const brokers = (): readonly string[] => {
    if (kafka === null) throw new Error('the cluster is there from beforeAll on');
    return kafka.brokers;
  };
  beforeAll(async () => {
    kafka = await cluster();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((gateway) => gateway.close()));
  });
  afterAll(() => kafka?.close());
  return {
    get brokers() {
      return brokers();
    },
    async open(replies, options) {
      const gateway = await openGateway(brokers(), replies, options);
      opened.push(gateway);
      return gateway;
    },
  };
}

/** Nobody else has it. */
export function newName(prefix: string): string {
  return `${prefix}.${randomUUID().slice(0, 13)}`;
}

export function openGateway(
  brokers: readonly string[],
  replies: string,
  options: Partial<KafkaOptions> = {},
): Promise<Broker> {
  const topics = {
    partitions: 4,
    replicationFactor: -1,
    maxMessageBytes: 100_000,
    compression: 'none' as const,
    intakeTopics: [replies],
    ownTopics: [replies],
  };
  const named = { brokers, clientId: 'test', groupId: replies };
  return openKafka({ ...named, ...topics, decode: decodeNothing, log: loudLog().log, ...options });
}

export async function onAdmin<T>(
  brokers: readonly string[],
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({
    brokers: [...brokers],
    clientId: 'test-admin',
    logLevel: logLevel.NOTHING,
    retry: { retries: 10 },
  }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Of a consumer group. */
export function memberCount(brokers: readonly string[], group: string): Promise<number> {
  return onAdmin(brokers, async (admin) => {
    const { groups } = await admin.describeGroups([group]);
    return groups[0]?.members.length ?? 0;
  });
}

/** Made and led, or there already. */
export function createTopics(
  brokers: readonly string[],
  ...topics: readonly ITopicConfig[]
): Promise<void> {
  return onAdmin(brokers, async (admin) => {
    await admin.createTopics({ topics: [...topics], waitForLeaders: false });
    await untilLed(
      admin,
      topics.map(({ topic }) => topic),
    );
  });
}

/** Deleted, and gone from the cluster's own view. */
export function deleteTopic(brokers: readonly string[], topic: string): Promise<void> {
  return onAdmin(brokers, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    while ((await admin.listTopics()).includes(topic));
  });
}
