/** The lag of workers while the cluster does not answer: no value, and nobody waits. */
import { expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { WorkerLags } from '../../src/kafka/worker-lag.js';
import { until } from '../e2e/kit/until.js';

const bounds = [{ partition: 0, low: '2', high: '5', offset: '5' }];

/** A cluster with one topic of a step, one of something else, and no group. */
function cluster() {
  const state = { connected: 0, away: false };
  const admin = {
    connect: async () => {
      state.connected++;
      if (state.away) throw new Error('no broker answers');
    },
    disconnect: async () => undefined,
    listTopics: async () => ['orchestrator.o.a.do', 'orders'],
    listGroups: async () => ({ groups: [] }),
    describeGroups: async () => ({ groups: [] }),
    fetchTopicOffsets: async () => bounds,
  } as unknown as Admin;
  return { state, newAdmin: () => admin };
}

const SEEN = { orchestrationName: 'o', stepName: 'a', action: 'DO', records: 3, consumers: 0 };

test('the first look finds nothing yet; what was read is kept until the cluster is away', async () => {
  const { state, newAdmin } = cluster();
  const lags = new WorkerLags(newAdmin, 0);
  expect(lags.known()).toEqual([]);
  await until('it was read', () => lags.known().length > 0);
  expect(lags.known()).toEqual([SEEN]);
  state.away = true;
  await until('it is not known any more', () => lags.known().length === 0);
  await lags.close();
});

test('however often somebody looks, it is read once in its time', async () => {
  const { state, newAdmin } = cluster();
  const lags = new WorkerLags(newAdmin, 3_600_000);
  lags.known();
  await until('it was read', () => lags.known().length > 0);
  for (let looks = 0; looks < 100; looks++) lags.known();
  await lags.close();
  expect(state.connected).toBe(1);
});
