import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import type { Broker } from '../../src/engine/ports.js';
import { openKafka } from '../../src/kafka/client.js';
import { openKafkaWorker } from '../../src/kafka/worker-client.js';
import { silent } from '../../src/observe/log.js';
import { brokerContract, Collected, decodeNothing, MemoryInbox, rowTo } from '../contracts/broker.js';
import { startKafka } from '../kit/kafka.mjs';

const brokers = (process.env.TEST_KAFKA_BROKERS ?? '').split(',').filter((one) => one !== '');
if (brokers.length === 0) throw new Error('TEST_KAFKA_BROKERS is not set: run this by npm test -- kafka');
const log = silent('kafka');
const closers: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closers) await close();
});

function open(intake: string, groupId: string, at: readonly string[] = brokers): Promise<Broker> {
  const topics = { partitions: 4, replicationFactor: -1, maxMessageBytes: 2 * 1024 * 1024, intakeTopics: [intake], ownTopics: [intake] };
  return openKafka({ brokers: at, clientId: 'test', groupId, ...topics, decode: decodeNothing, log });
}

const intake = `contract.${randomUUID()}`;
brokerContract(
  'a real Kafka',
  async () => {
    const broker = await open(intake, intake);
    return { broker, worker: (groupId) => openKafkaWorker({ brokers, groupId, log }), close: () => broker.close() };
  },
  intake,
);

describe('positions are those of the inbox, never of the group', () => {
  test('a new reader of an old group goes on where the inbox says, and an unknown partition starts at its earliest', async () => {
    const topic = `positions.${randomUUID()}`;
    const first = await open(topic, topic);
    const before = new Collected(new MemoryInbox());
    await first.consume(before.intake, before.inbox);
    await first.publisher.publish(Array.from({ length: 40 }, (_, index) => rowTo(topic, `m${index}`, { key: `k${index}` })));
    await before.until(() => before.texts.length === 40);
    await first.close();

    const restored = new MemoryInbox();
    for (const position of before.inbox.positions.values()) {
      // The database came back from a backup: it is one record behind in every partition but one, which it does not know.
      if (position.partition === 0) continue;
      const seen = before.deliveries.filter((one) => one.position?.partition === position.partition);
      const last = seen.at(-2)?.position ?? null;
      restored.positions.set(`${topic}/${position.partition}`, {
        ...position,
        nextOffset: position.nextOffset - 1n,
        lastTimestamp: last?.timestamp ?? null,
      });
    }
    const second = await open(topic, topic);
    const after = new Collected(restored);
    await second.consume(after.intake, restored);
    const ofZero = before.deliveries.filter((one) => one.position?.partition === 0).length;
    const partitions = new Set(before.deliveries.map((one) => one.position?.partition)).size;
    const expected = ofZero + (ofZero > 0 ? partitions - 1 : partitions);
    await after.until(() => after.texts.length >= expected);
    expect(after.texts.length).toBe(expected);
    await second.close();
  });

  test('a topic that was made anew is read from its beginning', async () => {
    const topic = `anew.${randomUUID()}`;
    const first = await open(topic, topic);
    const before = new Collected(new MemoryInbox());
    await first.consume(before.intake, before.inbox);
    await first.publisher.publish([rowTo(topic, 'old 1'), rowTo(topic, 'old 2')]);
    await before.until(() => before.texts.length === 2);
    await first.close();

    const admin = new Kafka({ brokers, clientId: 'anew', logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await admin.disconnect();
    const second = await open(topic, topic);
    const after = new Collected(before.inbox);
    await second.ensureTopics([topic]);
    const sent = [1, 2, 3].map((index) => rowTo(topic, `new ${index}`));
    while ((await second.publisher.publish(sent)).some(({ result }) => result !== 'ok')) sent.splice(0, 0);
    await second.consume(after.intake, after.inbox);
    await after.until(() => after.texts.includes('new 3'));
    expect(after.texts.filter((text) => text.startsWith('new')).slice(0, 3)).toEqual(['new 1', 'new 2', 'new 3']);
    await second.close();
  });

  test('two of one group share the partitions, and what one leaves the other takes', async () => {
    const topic = `shared.${randomUUID()}`;
    const inbox = new MemoryInbox();
    const both = new Collected(inbox);
    const one = await open(topic, topic);
    await one.consume(both.intake, inbox);
    const other = await open(topic, topic);
    await other.consume(both.intake, inbox);
    const rows = (name: string) => Array.from({ length: 40 }, (_, index) => rowTo(topic, `${name}${index}`, { key: `k${index}` }));
    await one.publisher.publish(rows('a'));
    await both.until(() => both.texts.filter((text) => text.startsWith('a')).length >= 40);
    await other.close();
    await one.publisher.publish(rows('b'));
    await both.until(() => new Set(both.texts.filter((text) => text.startsWith('b'))).size >= 40);
    await one.close();
  });
});

test('a broker that goes away and comes back is used again, with nobody doing anything', async () => {
  const kafka = await startKafka();
  closers.push(() => kafka.stop());
  const topic = `away.${randomUUID()}`;
  const broker = await open(topic, topic, [kafka.brokers]);
  const collected = new Collected(new MemoryInbox());
  await broker.consume(collected.intake, collected.inbox);
  await broker.publisher.publish([rowTo(topic, 'before')]);
  await collected.until(() => collected.texts.includes('before'));
  await kafka.kill();
  expect((await broker.publisher.publish([rowTo(topic, 'lost?')])).map(({ result }) => result)).toEqual(['later']);
  await kafka.restart();
  while ((await broker.publisher.publish([rowTo(topic, 'after')]))[0]?.result !== 'ok') expect(kafka.pid).toBeGreaterThan(0);
  await collected.until(() => collected.texts.includes('after'));
  await broker.close();
}, 120_000);
