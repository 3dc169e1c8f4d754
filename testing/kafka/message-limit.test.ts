/**
 * Topics that are older than PAYLOAD_LIMIT_BYTES: their limit is raised, or the command to run is
 * logged.
 */
import { expect, test } from '@jest/globals';
import kafkajs, { type Admin } from 'kafkajs';
import type { Broker } from '../../src/engine/ports.js';
import { raiseMessageLimit } from '../../src/kafka/message-limit.js';
import { loudLog, row } from '../contracts/broker-builders.js';
import { createTopics, newName, onAdmin, testCluster } from '../kit/cluster.js';

const MOST = 400_000;
const kafka = testCluster();

async function olderTopic(): Promise<string> {
  const topic = newName('older');
  const configEntries = [
    { name: 'max.message.bytes', value: '2000' },
    { name: 'retention.ms', value: '7200000' },
  ];
  await createTopics(kafka.brokers, { topic, numPartitions: 1, configEntries });
  return topic;
}

async function settingsOf(topic: string): Promise<Record<string, string>> {
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  const { resources } = await onAdmin(kafka.brokers, (admin) =>
    admin.describeConfigs({ resources: [{ type, name: topic }], includeSynonyms: false }),
  );
  const entries = resources[0]?.configEntries ?? [];
  return Object.fromEntries(
    entries.map(({ configName, configValue }) => [configName, configValue]),
  );
}

async function gateway(): Promise<Broker> {
  const one = await kafka.open(newName('replies'), { maxMessageBytes: MOST });
  return one;
}

test('a topic that is there is raised when it is ensured, its other settings stay', async () => {
  const topic = await olderTopic();
  await (await gateway()).ensureTopics([topic]);
  expect(await settingsOf(topic)).toMatchObject({
    'max.message.bytes': String(MOST),
    'retention.ms': '7200000',
  });
});

test('a topic that refuses a message of ours is raised, and the message arrives', async () => {
  const topic = await olderTopic();
  const large = 'x'.repeat(300_000);
  const results = await (await gateway()).publisher.publish([
    row(topic, 'small'),
    row(topic, large),
    row(topic, 'after'),
  ]);
  expect(results.map(({ result }) => result)).toEqual(['ok', 'ok', 'ok']);
  const offsets = await onAdmin(kafka.brokers, (admin) => admin.fetchTopicOffsets(topic));
  expect(offsets.map(({ high }) => high)).toEqual(['3']);
});

test('a higher limit is left alone', async () => {
  const topic = await olderTopic();
  await onAdmin(kafka.brokers, async (admin) => {
    const { log } = loudLog();
    const lower = { brokers: kafka.brokers, maxMessageBytes: 1000, log };
    expect(await raiseMessageLimit(admin, [topic], lower)).toEqual([]);
  });
  expect(await settingsOf(topic)).toMatchObject({ 'max.message.bytes': '2000' });
});

test('without the right to change it, the command to run is logged', async () => {
  const topic = await olderTopic();
  const { log, warnings } = loudLog();
  await onAdmin(kafka.brokers, async (admin) => {
    const refusing: Admin = {
      ...admin,
      alterConfigs: () => Promise.reject(new Error('Topic authorization failed')),
    };
    const settings = { brokers: ['kafka:9092'], maxMessageBytes: MOST, log };
    expect(await raiseMessageLimit(refusing, [topic], settings)).toEqual([]);
  });
  expect(warnings).toEqual([
    expect.stringContaining(
      `run: kafka-configs.sh --bootstrap-server kafka:9092 --alter --entity-type topics --entity-name ${topic} --add-config max.message.bytes=${MOST}`,
    ),
  ]);
});
