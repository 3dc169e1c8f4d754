/**
 * Records compressed by any of Kafka's codecs, by producer, topic or ourselves; and what nobody can
 * open, on a real Kafka.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { CompressionTypes, Kafka, logLevel } from 'kafkajs';
import { GatewayReceiver, loudLog, publishAll, row } from '../contracts/broker-builders.js';
import { createTopics, newName, testCluster } from '../kit/cluster.js';
import { kafkaJars } from '../kit/kafka.mjs';

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'] as const;
const COUNT = 40;
const PRODUCER = join(import.meta.dirname, '../services/kafka/Produce.java');

const kafka = testCluster();

async function gateway(replies: string, options: Parameters<typeof kafka.open>[1] = {}) {
  const { log, warnings } = loudLog();
  const receiver = new GatewayReceiver();
  const one = await kafka.open(replies, { log, ...options });
  await receiver.attach(one);
  return { one, receiver, warnings };
}

const texts = (codec: string): string[] =>
  Array.from({ length: COUNT }, (_, index) => `${codec} ${index}`);

const javaTopic = Object.fromEntries(CODECS.map((codec) => [codec, newName(`java-${codec}`)]));
let produced: Promise<unknown> | null = null;

/** Into a topic for each codec, by one start of Java. */
function producedInJava(): Promise<unknown> {
  produced ??= (async () => {
    const topics = Object.values(javaTopic).map((topic) => ({ topic, numPartitions: 4 }));
    await createTopics(kafka.brokers, ...topics);
    const classpath = join(await kafkaJars(), '*');
    const sent = Object.entries(javaTopic).map(([codec, topic]) => `${topic}=${codec}`);
    const args = ['-cp', classpath, PRODUCER, kafka.brokers.join(','), String(COUNT), ...sent];
    await promisify(execFile)('java', args, { timeout: 120_000 });
  })();
  return produced;
}

describe.each(CODECS)('%s', (codec) => {
  test('what a Java producer compresses is read', async () => {
    await producedInJava();
    const { receiver, warnings } = await gateway(String(javaTopic[codec]));
    await receiver.receives(...texts(codec));
    expect(receiver.received).toHaveLength(COUNT);
    expect(warnings).toEqual([]);
  });

  test('what the broker compresses, because the topic has compression.type, is read', async () => {
    const replies = newName(`topic-${codec}`);
    const configEntries = [{ name: 'compression.type', value: codec }];
    await createTopics(kafka.brokers, { topic: replies, numPartitions: 2, configEntries });
    const { one, receiver, warnings } = await gateway(replies);
    const rows = texts(codec).map((text) => row(replies, text, { key: text }));
    await publishAll(one, rows);
    await receiver.receives(...texts(codec));
    expect(receiver.received).toHaveLength(COUNT);
    expect(warnings).toEqual([]);
  });

  test('what COMPRESSION sends is accepted by the broker, which opens it, and read back', async () => {
    const replies = newName(`sent-${codec}`);
    const { one, receiver, warnings } = await gateway(replies, { compression: codec });
    const large = JSON.stringify(Array.from({ length: 9000 }, (_, index) => index * 7919));
    const small = texts(codec).map((text) => row(replies, text, { key: text }));
    await publishAll(one, [...small, row(replies, large)]);
    await receiver.receives(...texts(codec), large);
    expect(receiver.received).toHaveLength(COUNT + 1);
    expect(warnings).toEqual([]);
  });
});

/** Small on the wire, and far more than anyone wants to have in memory. */
async function sendBomb(topic: string, records: number): Promise<void> {
  const producer = new Kafka({
    brokers: [...kafka.brokers],
    clientId: 'bomb',
    logLevel: logLevel.NOTHING,
  }).producer();
  await producer.connect();
  try {
    const value = Buffer.alloc(20_000_000);
    const messages = Array.from({ length: records }, () => ({ partition: 0, value }));
    const [sent] = await producer.send({ topic, messages, compression: CompressionTypes.GZIP });
    expect(sent?.errorCode).toBe(0);
  } finally {
    await producer.disconnect();
  }
}

test('a batch that opens to more than the limit is quarantined by its offsets, and its partition goes on', async () => {
  const replies = newName('bomb');
  const { one, receiver, warnings } = await gateway(replies, { partitions: 1 });
  await publishAll(one, [row(replies, 'before')]);
  await sendBomb(replies, 2);
  await publishAll(one, [row(replies, 'after')]);
  await receiver.receives('before', 'after');
  expect(
    receiver.received.map((one) => [
      one.position.offset,
      one.kind === 'poison' ? one.poison.code : null,
    ]),
  ).toEqual([
    [0n, 'NOT_READ'],
    [2n, 'BATCH_UNREADABLE'],
    [3n, 'NOT_READ'],
  ]);
  const [, unreadable] = receiver.received;
  expect(unreadable?.kind === 'poison' && unreadable.poison.message).toMatch(
    /from offset 1 to 2 cannot be read: gzip: /,
  );
  // The batch as it is on the topic, still compressed.
  expect(unreadable?.raw.value?.length).toBeLessThan(100_000);
  expect(warnings).toEqual([expect.stringContaining('quarantined')]);
});
