/** What only a real group can do to a reader: partitions that move, members that die, topics made anew under its hands. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import type { Broker } from '../../src/engine/ports.js';
import { GatewayEar, loudLog, MemoryInbox, publishAll, row } from '../contracts/broker-builders.js';
import { deleteTopic, newName, onAdmin, testCluster } from '../kit/cluster.js';

const kafka = testCluster();

async function gateway(replies: string, ear: GatewayEar, log = loudLog().log): Promise<Broker> {
  const one = await kafka.open(replies, { log });
  return ear.attach(one);
}

/** Over all partitions. */
const said = (name: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${name} ${index}`);
const say = (broker: Broker, topic: string, texts: readonly string[]): Promise<void> =>
  publishAll(
    broker,
    texts.map((text) => row(topic, text, { key: text })),
  );
const partitionsOf = (ear: GatewayEar): Set<number | undefined> =>
  new Set(ear.heard.map(({ position }) => position?.partition));

test('two gateways of one group share the partitions, and what one leaves the other takes over', async () => {
  const replies = newName('shared');
  const inbox = new MemoryInbox();
  const [one, two] = [new GatewayEar(inbox), new GatewayEar(inbox)];
  const first = await gateway(replies, one);
  const second = await gateway(replies, two);
  const both = said('both', 60);
  await say(first, replies, both);
  const enough = (): boolean => new Set([...one.texts, ...two.texts]).size === both.length;
  await Promise.race([one.until(enough), two.until(enough)]);
  expect([one, two].map((ear) => partitionsOf(ear).size)).toEqual([2, 2]);
  expect(one.heard.length + two.heard.length).toBe(both.length);
  await second.close();
  const alone = said('alone', 60);
  await say(first, replies, alone);
  await one.hears(...alone);
});

test('partitions that are added are read within 30 seconds', async () => {
  const replies = newName('added');
  const ear = new GatewayEar();
  const one = await gateway(replies, ear);
  await onAdmin(kafka.brokers, (admin) =>
    admin.createPartitions({ topicPartitions: [{ topic: replies, count: 9 }] }),
  );
  const texts = said('added', 200);
  await say(one, replies, texts);
  await ear.hears(...texts);
  expect(partitionsOf(ear).size).toBe(9);
}, 30_000);

test('a member that is killed hands its partitions over, from the position of the inbox', async () => {
  const replies = newName('killed');
  const ear = new GatewayEar();
  const survivor = await gateway(replies, ear);
  const member = fileURLToPath(new URL('member.mjs', import.meta.url));
  const child = spawn(process.execPath, [member, kafka.brokers.join(','), replies], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // It has said that it was given partitions; it never commits, as a process that hangs would not.
  await once(child.stdout, 'data');
  const texts = said('reply', 60);
  await say(survivor, replies, texts);
  await ear.until((heard) => heard.length > 0);
  child.kill('SIGKILL');
  await ear.hears(...texts);
  expect(ear.heard).toHaveLength(texts.length);
  expect(partitionsOf(ear).size).toBe(4);
});

test('partitions that move while a batch is being recorded: nothing is lost, nothing is admitted twice', async () => {
  const replies = newName('moving');
  const inbox = new MemoryInbox();
  const [one, two] = [new GatewayEar(inbox), new GatewayEar(inbox)];
  const first = await gateway(replies, one);
  const gate = Promise.withResolvers<void>();
  one.gate = gate.promise;
  const slow = said('slow', 40);
  await say(first, replies, slow);
  // The group shares out anew only when the first one lets go of its batch.
  const joining = gateway(replies, two);
  gate.resolve();
  await joining;
  const after = said('after', 40);
  await say(first, replies, after);
  const enough = (): boolean => new Set([...one.texts, ...two.texts]).size === 80;
  await Promise.race([one.until(enough), two.until(enough)]);
  expect(one.heard.length + two.heard.length).toBe(80);
});

test('a topic deleted and made again while it is read is read from its beginning, loudly', async () => {
  const replies = newName('anew');
  const ear = new GatewayEar();
  const { log, warnings } = loudLog();
  const broker = await gateway(replies, ear, log);
  const before = said('before', 40);
  await say(broker, replies, before);
  await ear.hears(...before);
  await deleteTopic(kafka.brokers, replies);
  await broker.ensureTopics([replies]);
  const after = said('after', 20);
  await say(broker, replies, after);
  await ear.hears(...after);
  expect(ear.inbox.resets.length).toBeGreaterThan(0);
  expect(warnings).toContain(
    'this topic is not the one the inbox knows: starting at its beginning',
  );
});

test('records gone by retention are no new topic: reading goes on at the earliest that is left', async () => {
  const replies = newName('retention');
  const first = new GatewayEar();
  const old = await gateway(replies, first);
  const key = { key: 'one partition' };
  await publishAll(old, [row(replies, 'read', key)]);
  await first.hears('read');
  await old.close();
  await publishAll(
    old,
    ['gone', 'gone as well', 'left'].map((text) => row(replies, text, key)),
  );
  const partition = first.heard[0]?.position?.partition ?? 0;
  await onAdmin(kafka.brokers, async (admin) => {
    // The client wants to have heard of the topic.
    await admin.fetchTopicOffsets(replies);
    await admin.deleteTopicRecords({ topic: replies, partitions: [{ partition, offset: '3' }] });
  });
  const second = new GatewayEar(first.inbox);
  await gateway(replies, second);
  await second.hears('left');
  expect(second.texts).toEqual(['left']);
  expect(first.inbox.resets).toEqual([]);
});

test('the lag that monitors see is what was recorded', async () => {
  const replies = newName('lag');
  const ear = new GatewayEar();
  const broker = await gateway(replies, ear);
  const texts = said('reply', 30);
  await say(broker, replies, texts);
  await ear.hears(...texts);
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
