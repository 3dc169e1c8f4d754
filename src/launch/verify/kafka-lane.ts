/** The lane over a Kafka: the suite writes commands and reads replies as a gateway does. */
import { randomUUID } from 'node:crypto';
import type { Consumer } from 'kafkajs';
import type { Config } from '../../config/config.js';
import type { Lane, Reply, Sent } from '../../conformance/lane.js';
import { COMPRESSIONS } from '../../kafka/codecs.js';
import {
  type KafkaConnection,
  newAdmin,
  newConsumer,
  newProducer,
} from '../../kafka/connection.js';
import { messageOf, within } from '../../kafka/failures.js';
import { untilLed } from '../../kafka/leaders.js';
import { groupSettings } from '../../kafka/member.js';
import { headersOf } from '../../kafka/records.js';
import type { Log } from '../../observability/log.js';
import { backoff, pause } from '../../timing/pause.js';
import { isPoison, readBody, textOf, type WireRecord } from '../../wire/body.js';
import { stepTopic, TOPICS } from '../../wire/topics.js';
import { kafkaSecurity } from '../kafka-security.js';

const WITHIN_MS = 30_000;

interface Step {
  readonly orchestration: string;
  readonly step: string;
}

/** Rejects when Kafka does not answer. */
export async function openKafkaLane(step: Step, config: Config, log: Log): Promise<Lane> {
  const brokers = config.kafkaBrokers ?? [];
  const connection = { brokers, clientId: 'backstep-verify', log, ...kafkaSecurity(config, log) };
  try {
    return await within(WITHIN_MS, 'Kafka', openLane(step, connection, config));
  } catch (error) {
    throw new Error(`Kafka at ${brokers.join(', ')} cannot be used: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function openLane(step: Step, connection: KafkaConnection, config: Config): Promise<Lane> {
  const topicOf = (action: Sent['action']): string =>
    stepTopic(step.orchestration, step.step, action);
  await createTopics(
    connection,
    [topicOf('DO'), topicOf('UNDO'), ...Object.values(TOPICS)],
    config,
  );
  const listeners: ((reply: Reply) => void)[] = [];
  const groupId = `backstep-verify-${randomUUID()}`;
  const consumer = newConsumer(connection, groupSettings(groupId));
  await reading(consumer, (reply) => {
    for (const listen of listeners) listen(reply);
  });
  const producer = newProducer(connection);
  await producer.connect();
  return {
    isRaw: true,
    onReply: (listen) => void listeners.push(listen),
    async send({ action, key, value, codec }) {
      const messages = [{ key, value }];
      const compression = COMPRESSIONS[codec ?? 'none'];
      const topic = topicOf(action);
      // The leaders of a new topic are not known everywhere at once.
      await patiently(() => producer.send({ topic, messages, acks: -1, compression }));
    },
    async close() {
      await Promise.allSettled([producer.disconnect(), consumer.disconnect()]);
      await forget(connection, groupId);
    },
  };
}

const TRIES = 8;
const PAUSES = { firstMs: 100, longestMs: 2000 };

async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      await work();
      return;
    } catch (error) {
      if (failures === TRIES) throw error;
      await pause(backoff(failures, PAUSES));
    }
  }
}

async function createTopics(
  connection: KafkaConnection,
  names: readonly string[],
  { topicPartitions: numPartitions, topicReplication: replicationFactor }: Config,
): Promise<void> {
  const admin = newAdmin(connection);
  await admin.connect();
  const there = new Set(await admin.listTopics());
  const missing = names.filter((name) => !there.has(name));
  const configEntries = [{ name: 'max.message.bytes', value: '2097152' }];
  const topics = missing.map((topic) => ({
    topic,
    numPartitions,
    replicationFactor,
    configEntries,
  }));
  if (topics.length > 0) {
    await admin.createTopics({ topics, waitForLeaders: false });
    await untilLed(admin, missing);
  }
  await admin.disconnect();
}

/** Resolves when it has its partitions: replies from now on are seen. */
async function reading(consumer: Consumer, listen: (reply: Reply) => void): Promise<void> {
  const joined = Promise.withResolvers<void>();
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  consumer.on(consumer.events.CRASH, ({ payload }) => joined.reject(payload.error));
  await consumer.connect();
  await consumer.subscribe({ topics: [TOPICS.replies], fromBeginning: false });
  await consumer.run({
    eachMessage: async ({ message: { key, value, headers } }) => {
      const reply = replyIn({ key, value, headers: headersOf(headers) });
      if (reply !== null) listen(reply);
    },
  });
  await joined.promise;
}

/** Null: the gateway could not read it either. */
export function replyIn(record: WireRecord): Reply | null {
  const body = readBody(record);
  if (isPoison(body)) return null;
  const flowId = textOf(body.header('flowId'));
  if (!flowId) return null;
  return { flowId, headers: body.allHeaders, payload: body.payload };
}

/** The suite's own group is of no use to anybody. */
async function forget(connection: KafkaConnection, groupId: string): Promise<void> {
  const admin = newAdmin(connection);
  await admin
    .connect()
    .then(() => admin.deleteGroups([groupId]))
    .catch(() => undefined);
  await admin.disconnect();
}
