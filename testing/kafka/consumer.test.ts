/**
 * What only a real group can do to a reader: partitions that move, members that die, topics made
 * again while it reads.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { Broker } from '../../src/engine/ports.js';
import {
  GatewayReceiver,
  loudLog,
  MemoryInbox,
  publishAll,
  row,
} from '../contracts/broker-builders.js';
import { until } from '../e2e/kit/until.js';
import { deleteTopic, newName, onAdmin, testCluster } from '../kit/cluster.js';

const kafka = testCluster();

async function gateway(
  replies: string,
  receiver: GatewayReceiver,
  log = loudLog().log,
): Promise<Broker> {
  const one = await kafka.open(replies, { log });
  return receiver.attach(one);
}

/** Over all partitions. */
const textsOf = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);
const send = (broker: Broker, topic: string, texts: readonly string[]): Promise<void> =>
  publishAll(
    broker,
    texts.map((text) => row(topic, text, { key: text })),
  );
const partitionsOf = (receiver: GatewayReceiver): Set<number | undefined> =>
  new Set(receiver.received.map(({ position }) => position?.partition));

test('two gateways of one group share the partitions, and what one leaves the other takes over', async () => {
  const replies = newName('shared');
  const inbox = new MemoryInbox();
  const [one, two] = [new GatewayReceiver(inbox), new GatewayReceiver(inbox)];
  const first = await gateway(replies, one);
  const second = await gateway(replies, two);
  const both = textsOf('both', 60);
  await send(first, replies, both);
  const enough = (): boolean => new Set([...one.texts, ...two.texts]).size === both.length;
  await Promise.race([one.until(enough), two.until(enough)]);
  expect([one, two].map((receiver) => partitionsOf(receiver).size)).toEqual([2, 2]);
  expect(one.received.length + two.received.length).toBe(both.length);
  await second.close();
  const alone = textsOf('alone', 60);
  await send(first, replies, alone);
  await one.receives(...alone);
});

test('its lag is what is not admitted yet', async () => {
  const replies = newName('lag');
  const receiver = new GatewayReceiver();
  const one = await gateway(replies, receiver);
  expect(one.health().lag).toBe(0);
  const gate = Promise.withResolvers<void>();
  receiver.gate = gate.promise;
  const texts = textsOf('waiting', 40);
  await send(one, replies, texts);
  await until('a batch waits', () => (one.health().lag ?? 0) > 0);
  expect(receiver.received).toEqual([]);
  gate.resolve();
  await receiver.receives(...texts);
  await until('all of it is admitted', () => one.health().lag === 0);
});

test('partitions that are added are read within 30 seconds', async () => {
  const replies = newName('added');
  const receiver = new GatewayReceiver();
  const one = await gateway(replies, receiver);
  await onAdmin(kafka.brokers, (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic: replies, count: 9 }] }),
  );
  const texts = textsOf('added', 200);
  await send(one, replies, texts);
  await receiver.receives(...texts);
  expect(partitionsOf(receiver).size).toBe(9);
});

test('a member that is killed hands its partitions over, from the position of the inbox', async () => {
  const replies = newName('killed');
  const receiver = new GatewayReceiver();
  const survivor = await gateway(replies, receiver);
  const member = fileURLToPath(new URL('member.mjs', import.meta.url));
  const child = spawn(process.execPath, [member, kafka.brokers.join(','), replies], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // It has printed that it was given partitions; it never commits, as a process that hangs would
  // not.
  await once(child.stdout, 'data');
  const texts = textsOf('reply', 60);
  await send(survivor, replies, texts);
  await receiver.until((received) => received.length > 0);
  child.kill('SIGKILL');
  await receiver.receives(...texts);
  expect(receiver.received).toHaveLength(texts.length);
  expect(partitionsOf(receiver).size).toBe(4);
});

test('partitions that move while a batch is being recorded: nothing is lost, nothing is admitted twice', async () => {
  const replies = newName('moving');
  const inbox = new MemoryInbox();
  const [one, two] = [new GatewayReceiver(inbox), new GatewayReceiver(inbox)];
  const first = await gateway(replies, one);
  const gate = Promise.withResolvers<void>();
  one.gate = gate.promise;
  const slow = textsOf('slow', 40);
  await send(first, replies, slow);
  // The group rebalances only when the first member has finished its batch.
  const joining = gateway(replies, two);
  gate.resolve();
  await joining;
  const after = textsOf('after', 40);
  await send(first, replies, after);
  const enough = (): boolean => new Set([...one.texts, ...two.texts]).size === 80;
  await Promise.race([one.until(enough), two.until(enough)]);
  expect(one.received.length + two.received.length).toBe(80);
});

test('a topic deleted and made again while it is read is read from its beginning, loudly', async () => {
  const replies = newName('anew');
  const receiver = new GatewayReceiver();
  const { log, warnings } = loudLog();
  const broker = await gateway(replies, receiver, log);
  const before = textsOf('before', 40);
  await send(broker, replies, before);
  await receiver.receives(...before);
  await deleteTopic(kafka.brokers, replies);
  await broker.ensureTopics([replies]);
  const after = textsOf('after', 20);
  await send(broker, replies, after);
  await receiver.receives(...after);
  expect(receiver.inbox.resets.length).toBeGreaterThan(0);
  expect(warnings).toContain(
    'this topic is not the one the inbox knows: starting at its beginning',
  );
});

test('records gone by retention are no new topic: reading goes on at the earliest that is left', async () => {
  const replies = newName('retention');
  const first = new GatewayReceiver();
  const old = await gateway(replies, first);
  const key = { key: 'one partition' };
  await publishAll(old, [row(replies, 'read', key)]);
  await first.receives('read');
  await old.close();
  await publishAll(
    old,
    ['gone', 'gone as well', 'left'].map((text) => row(replies, text, key)),
  );
  const partition = first.received[0]?.position?.partition ?? 0;
  await onAdmin(kafka.brokers, async (admin) => {
    // The client must know the topic.
    await admin.fetchTopicOffsets(replies);
    await admin.deleteTopicRecords({ topic: replies, partitions: [{ partition, offset: '3' }] });
  });
  const second = new GatewayReceiver(first.inbox);
  await gateway(replies, second);
  await second.receives('left');
  expect(second.texts).toEqual(['left']);
  expect(first.inbox.resets).toEqual([]);
});

test('the lag that monitors see is what was recorded', async () => {
  const replies = newName('lag');
  const receiver = new GatewayReceiver();
  const broker = await gateway(replies, receiver);
  const texts = textsOf('reply', 30);
  await send(broker, replies, texts);
  await receiver.receives(...texts);
  await broker.close();
  const [topic] = await onAdmin(kafka.brokers, (admin) =>
    admin.fetchOffsets({ groupId: replies, topics: [replies] }),
  );
  const committed = topic?.partitions.reduce(
    (sum, { offset }) => sum + Math.max(0, Number(offset)),
    0,
  );
  expect(committed).toBe(30);
});
