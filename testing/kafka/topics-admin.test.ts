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

test('a request that is never answered does not hold up those after it', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const called = Promise.withResolvers<void>();
  const lost = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    describeGroups: () => {
      called.resolve();
      return new Promise(() => undefined);
    },
  };
  const answering = { ...lost, describeGroups: async () => ({ groups: [{ groupId: 'g' }] }) };
  const clients = [lost, answering] as unknown as Admin[];
  const groups = new GroupReader(() => clients.shift() as Admin, SETTINGS.brokers);
  const first = groups.describe('g');
  await called.promise;
  mock.timers.tick(5_000);
  await expect(first).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
  expect(await groups.describe('g')).toEqual({ groupId: 'g' });
});

test('a look at topics that exist is given up as soon as other requests, before a consumer joins', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const called = Promise.withResolvers<void>();
  const lost = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    fetchTopicMetadata: () => {
      called.resolve();
      return new Promise(() => undefined);
    },
  };
  const topics = new TopicsAdmin(() => lost as unknown as Admin, SETTINGS);
  const ensured = topics.ensure(['topic']);
  await called.promise;
  mock.timers.tick(30_000);
  await expect(ensured).rejects.toMatchObject({ code: 'BROKER_UNAVAILABLE' });
});
