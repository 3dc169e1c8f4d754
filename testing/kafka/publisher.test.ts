/**
 * What only a real cluster can do to a publisher: topics that vanish, limits of their own,
 * refusals.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import kafkajs from 'kafkajs';
import type { Broker, OutboxRow } from '../../src/engine/ports.js';
import { publishAll, row } from '../contracts/broker-builders.js';
import { until } from '../e2e/kit/until.js';
import {
  type Cluster,
  cluster,
  createTopics,
  deleteTopic,
  newName,
  onAdmin,
  openGateway,
} from '../kit/cluster.js';

let kafka: Cluster;
const opened: Broker[] = [];
beforeAll(async () => {
  kafka = await cluster();
});
afterAll(async () => {
  for (const gateway of opened) await gateway.close();
  await kafka.close();
});

async function gatewayWith(...topics: readonly string[]): Promise<Broker> {
  const gateway = await openGateway(kafka.brokers, newName('replies'));
  opened.push(gateway);
  await gateway.ensureTopics(topics);
  return gateway;
}

async function publish(gateway: Broker, ...rows: readonly OutboxRow[]): Promise<string[]> {
  return (await gateway.publisher.publish(rows)).map(({ result, errorCode }) =>
    [result, errorCode ?? ''].join(' ').trim(),
  );
}

/** Records of this topic, all partitions. */
async function countOf(topic: string): Promise<number> {
  const offsets = await onAdmin(kafka.brokers, (admin) => admin.fetchTopicOffsets(topic));
  return offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
}

test('a deleted command topic does not stop the others, nor topics that are made later', async () => {
  const [kept, deleted, later] = [newName('kept'), newName('deleted'), newName('later')];
  const gateway = await gatewayWith(kept, deleted);
  await publishAll(gateway, [row(kept, '1'), row(deleted, '1')]);
  await deleteTopic(kafka.brokers, deleted);
  for (const number of ['2', '3']) {
    expect(
      await publish(gateway, row(kept, number), row(deleted, number), row(kept, number)),
    ).toEqual(['ok', 'never UNKNOWN_TOPIC', 'ok']);
  }
  await gateway.ensureTopics([later]);
  expect(await publish(gateway, row(later, '1'), row(kept, '4'))).toEqual(['ok', 'ok']);
  // What was sent beside the first failure is sent again: at least once.
  expect(await countOf(kept)).toBeGreaterThanOrEqual(6);
});

test('a deleted topic that nothing is sent to does not stop the others either', async () => {
  const [kept, deleted, later] = [newName('kept'), newName('deleted'), newName('later')];
  const gateway = await gatewayWith(kept, deleted);
  await publishAll(gateway, [row(kept, '1'), row(deleted, '1')]);
  await deleteTopic(kafka.brokers, deleted);
  await gateway.ensureTopics([later]);
  expect(await publish(gateway, row(later, '1'), row(kept, '2'))).toEqual(['ok', 'ok']);
});

test('a topic made again is published to again', async () => {
  const topic = newName('again');
  const gateway = await gatewayWith(topic);
  await deleteTopic(kafka.brokers, topic);
  expect(await publish(gateway, row(topic, '1'))).toEqual(['never UNKNOWN_TOPIC']);
  await gateway.ensureTopics([topic]);
  expect(await publish(gateway, row(topic, '2'))).toEqual(['ok']);
});

test('a topic with a lower limit of its own refuses only what is too large for it', async () => {
  const [topic, other] = [newName('narrow'), newName('wide')];
  await createTopics(kafka.brokers, { topic, numPartitions: 1 });
  const gateway = await gatewayWith(topic, other);
  // Lowered by hand once the gateway has looked at it: it is not raised again.
  const configEntries = [{ name: 'max.message.bytes', value: '2000' }];
  const type = kafkajs.ConfigResourceTypes.TOPIC;
  await onAdmin(kafka.brokers, (admin) =>
    admin.alterConfigs({ validateOnly: false, resources: [{ type, name: topic, configEntries }] }),
  );
  const large = row(topic, 'x'.repeat(5000));
  // The broker answers before it applies the limit.
  await until('the limit applies', async () => (await publish(gateway, large))[0] !== 'ok');
  const before = await countOf(topic);
  const small = Array.from({ length: 40 }, (_, index) => row(topic, 'x'.repeat(200 + index)));
  const results = await gateway.publisher.publish([
    ...small.slice(0, 20),
    large,
    row(other, 'x'),
    ...small.slice(20),
  ]);
  const never = results.filter(({ result }) => result !== 'ok');
  expect(never.map((result) => [result.row === large, result.result, result.errorCode])).toEqual([
    [true, 'never', 'MESSAGE_TOO_LARGE'],
  ]);
  expect(await countOf(topic)).toBe(before + 40);
  expect(await countOf(other)).toBeGreaterThanOrEqual(1);
});

test('topics that are there are left as they are', async () => {
  const topic = newName('foreign');
  await createTopics(kafka.brokers, { topic, numPartitions: 7 });
  const other = newName('ours');
  await gatewayWith(topic, other);
  const metadata = await onAdmin(kafka.brokers, (admin) =>
    admin.fetchTopicMetadata({ topics: [topic, other] }),
  );
  const partitions = new Map(
    metadata.topics.map(({ name, partitions: all }) => [name, all.length]),
  );
  expect([partitions.get(topic), partitions.get(other)]).toEqual([7, 4]);
});

test('what the cluster refuses to create is reported with its reason and the request', async () => {
  const gateway = await openGateway(kafka.brokers, newName('replies'), { replicationFactor: 99 });
  opened.push(gateway);
  const topic = newName('refused');
  const refused = gateway.ensureTopics([topic]);
  await expect(refused).rejects.toThrow(new RegExp(`${topic}: INVALID_REPLICATION_FACTOR`));
  await expect(refused).rejects.toThrow(/replication 99/);
});
