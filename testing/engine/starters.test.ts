/** Under whom a start counts: its caller, or the service that a start by topic names. */
import { expect, test } from '@jest/globals';
import {
  flowIdsOfStarts,
  resolveStarts,
  type StartChecks,
  startedNames,
} from '../../src/engine/intake/resolve-starts.js';
import type { Delivery } from '../../src/engine/ports.js';
import { register } from '../contracts/store-builders.js';
import { MemoryDatabase, memoryStore } from '../kit/memory-store.js';

const { store } = memoryStore(new MemoryDatabase());
const START = {
  orchestrationName: 'accounts',
  flowId: null,
  payload: null,
  headers: {},
  idempotencyKey: null,
};
const start = (initiator: string | null) =>
  ({ kind: 'start', start: { ...START, initiator } }) as const;
const byTopic = (initiator: string | null): Delivery => ({
  ...start(initiator),
  from: 'record',
  position: { topic: 'orchestrator.execute', partition: 0, offset: 0n, timestamp: 0 },
  raw: { key: null, value: null, headers: {} },
});

async function resolved(deliveries: readonly Delivery[], checks: StartChecks = {}) {
  const registrations = await store.road((tx) => tx.registrations(startedNames(deliveries)));
  const flowIds = flowIdsOfStarts(deliveries);
  return resolveStarts(deliveries, { flowIds, registrations }, checks);
}

test('a start by topic counts under the service it names, marked as such, where starters are kept', async () => {
  await register(store);
  const deliveries = [byTopic('portal'), byTopic(null), byTopic('x'.repeat(500))];
  const kept = await resolved(deliveries, { keepsStarters: true });
  const names = ['topic:portal', 'topic:', `topic:${'x'.repeat(300)}`];
  expect(kept.map(({ startedBy }) => startedBy)).toEqual(names);
  // It is never refused for that: its record would be lost.
  expect(kept.map(({ startRefused }) => startRefused)).toEqual([null, null, null]);
  const [not] = await resolved([byTopic('portal')]);
  expect(not?.startedBy).toBeUndefined();
});

test('a start of a caller counts under it, and may be refused if it is new', async () => {
  await register(store);
  const refused = { code: 'TOO_MANY_OPEN_FLOWS', message: 'two are open' };
  const by = (counted: object): Delivery => ({ ...start('portal'), from: 'caller', ...counted });
  const works = await resolved([
    by({ counted: { startedBy: 'token ann', refused: null } }),
    by({ counted: { startedBy: 'token ann', refused } }),
    by({}),
  ]);
  expect(works.map(({ startedBy }) => startedBy)).toEqual(['token ann', 'token ann', undefined]);
  expect(works.map(({ startRefused }) => startRefused?.code)).toEqual([
    undefined,
    'TOO_MANY_OPEN_FLOWS',
    undefined,
  ]);
});
