/** Requests of an admin client that are never answered; on a client in name only. */
import { mock } from 'node:test';
import { afterEach, expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { GroupReader } from '../../src/kafka/group-reader.js';
import { TopicsAdmin } from '../../src/kafka/topics-admin.js';
import { silent } from '../../src/observability/log.js';

afterEach(() => mock.timers.reset());

const SETTINGS = {
  brokers: ['kafka-1:9092'],
  partitions: 1,
  replicationFactor: -1,
  maxMessageBytes: 1000,
  log: silent('kafka'),
};

/** A client whose request of this name is never answered, and when it was sent. */
function losing(request: 'describeGroups' | 'fetchTopicMetadata') {
  const sent = Promise.withResolvers<void>();
  const client = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    [request]: () => {
      sent.resolve();
      return new Promise(() => undefined);
    },
  };
  return { client: client as unknown as Admin, sent: sent.promise };
}

test('a request about a group that is never answered does not hold up those after it', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { client, sent } = losing('describeGroups');
  const answering = { ...client, describeGroups: async () => ({ groups: [{ groupId: 'g' }] }) };
  const clients = [client, answering] as Admin[];
  const groups = new GroupReader(() => clients.shift() as Admin, SETTINGS.brokers);
  const first = groups.describe('g');
  await sent;
  mock.timers.tick(5_000);
  await expect(first).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  expect(await groups.describe('g')).toEqual({ groupId: 'g' });
});

test('nor does one about topics', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { client, sent } = losing('fetchTopicMetadata');
  const answering = { ...client, fetchTopicMetadata: async () => ({ topics: [] }) };
  const clients = [client, answering] as Admin[];
  const topics = new TopicsAdmin(() => clients.shift() as Admin, SETTINGS);
  const [first, second] = [topics.exists('one'), topics.exists('two')];
  await sent;
  mock.timers.tick(30_000);
  await expect(first).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  expect(await second).toBe(true);
});

test('a look at topics that exist is given up as soon as other requests, before a consumer joins', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { client, sent } = losing('fetchTopicMetadata');
  const ensured = new TopicsAdmin(() => client, SETTINGS).ensure(['topic']);
  await sent;
  mock.timers.tick(30_000);
  await expect(ensured).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
});
