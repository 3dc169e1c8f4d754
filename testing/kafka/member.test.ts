/** When a consumer is replaced by a new one; on a consumer of the client in name only. */
import { EventEmitter } from 'node:events';
import { mock } from 'node:test';
import { afterEach, expect, test } from '@jest/globals';
import type { Consumer } from 'kafkajs';
import { Member } from '../../src/kafka/member.js';
import { silent } from '../../src/observability/log.js';
import { until } from '../e2e/kit/until.js';

const EVENTS = {
  CRASH: 'crash',
  REQUEST_TIMEOUT: 'request timeout',
  REBALANCING: 'rebalancing',
  HEARTBEAT: 'heartbeat',
  GROUP_JOIN: 'join',
};

afterEach(() => mock.timers.reset());

class JoiningConsumer extends EventEmitter {
  readonly events = EVENTS;
  connect = async (): Promise<void> => undefined;
  subscribe = async (): Promise<void> => undefined;
  disconnect = async (): Promise<void> => undefined;
  run = async (): Promise<void> => {
    this.emit(EVENTS.GROUP_JOIN, { payload: { memberAssignment: { topic: [0] } } });
  };
  timesOut(apiName: string): void {
    this.emit(EVENTS.REQUEST_TIMEOUT, { payload: { apiName, broker: 'kafka-1:9092' } });
  }
}

function joiner({ assigned = async () => undefined }: { assigned?: () => Promise<void> } = {}) {
  const consumers: JoiningConsumer[] = [];
  const taken: JoiningConsumer[] = [];
  const left: JoiningConsumer[] = [];
  let second = (): void => undefined;
  const replaced = new Promise<void>((resolve) => {
    second = resolve;
  });
  const member = new Member({
    topics: ['topic'],
    log: silent('kafka'),
    prepare: async () => undefined,
    newConsumer: () => {
      if (consumers.push(new JoiningConsumer()) === 2) second();
      return consumers.at(-1) as unknown as Consumer;
    },
    reading: () => ({}),
    assigned: (consumer) => {
      taken.push(consumer as unknown as JoiningConsumer);
      return assigned();
    },
    left: (consumer) => left.push(consumer as unknown as JoiningConsumer),
  });
  return { member, consumers, left, replaced, assigned: taken };
}

async function joined() {
  const made = joiner();
  await made.member.start();
  const [first] = made.consumers;
  if (first === undefined) throw new Error('start() resolves when a consumer has joined');
  return { ...made, first };
}

test.each(['Heartbeat', 'JoinGroup', 'SyncGroup', 'OffsetCommit', 'GroupCoordinator'])(
  'a coordinator that does not answer %s is left at once: a new consumer finds another',
  async (apiName) => {
    const { member, first, replaced } = await joined();
    first.timesOut(apiName);
    await replaced;
    await member.stop();
  },
);

test('a coordinator that does not answer is not waited for when its group is left, either', async () => {
  const { member, first, replaced } = await joined();
  const disconnected = Promise.withResolvers<void>();
  first.disconnect = () => disconnected.promise;
  void replaced.then(disconnected.resolve);
  mock.timers.enable({ apis: ['setTimeout'] });
  first.timesOut('Heartbeat');
  for (let ms = 0; ms < 100; ms++) {
    await Promise.resolve();
    mock.timers.tick(1);
  }
  mock.timers.reset();
  await replaced;
  await member.stop();
});

test('a fetch that is not answered is tried again by the client', async () => {
  const { member, consumers, first } = await joined();
  first.timesOut('Fetch');
  await new Promise((resolve) => setImmediate(resolve));
  expect(consumers).toHaveLength(1);
  await member.stop();
});

test('a gateway whose group has moved to another coordinator is ready again, also without a new assignment', async () => {
  const { member, consumers, first } = await joined();
  first.emit(EVENTS.REBALANCING);
  expect(member.detail).toBe('the consumer group is rebalancing');
  first.emit(EVENTS.HEARTBEAT);
  expect(member.detail).toBeNull();
  expect(consumers).toHaveLength(1);
  await member.stop();
});

test('a consumer that was left takes nothing over, although it joins once more', async () => {
  const { member, consumers, first, replaced, assigned } = await joined();
  first.emit(EVENTS.CRASH, { payload: { error: new Error('Closed connection') } });
  await replaced;
  first.emit(EVENTS.GROUP_JOIN, { payload: { memberAssignment: { topic: [0] } } });
  expect(assigned.filter((consumer) => consumer === first)).toHaveLength(1);
  expect(consumers).toHaveLength(2);
  await member.stop();
});

test('one that reads leaves for a reason of the gateway, and another one follows', async () => {
  const { member, left, first, replaced } = await joined();
  member.leaveFor(new Error('the database is away'));
  expect(left).toEqual([first]);
  await replaced;
  await member.stop();
});

test('one that is still joining leaves as well: one consumer at a time follows', async () => {
  const joining = Promise.withResolvers<void>();
  const { member, consumers } = joiner({ assigned: () => joining.promise });
  const started = member.start();
  await until('it joins', () => consumers.length === 1);
  member.leaveFor(new Error('the database is away'));
  member.leaveFor(new Error('the database is away'));
  joining.resolve();
  await started;
  expect(consumers).toHaveLength(2);
  await member.stop();
});

test('a rebalance without an end is left: a new consumer joins', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { member, first, replaced } = await joined();
  first.emit(EVENTS.REBALANCING);
  mock.timers.tick(60_000);
  mock.timers.reset();
  await replaced;
  await member.stop();
});

test('a rebalance that has ended is not left', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const { member, consumers, first } = await joined();
  first.emit(EVENTS.REBALANCING);
  first.emit(EVENTS.HEARTBEAT);
  mock.timers.tick(60_000);
  await Promise.resolve();
  expect(consumers).toHaveLength(1);
  mock.timers.reset();
  await member.stop();
});

test('what belongs to a consumer is given up before another one joins', async () => {
  const { member, left, first, replaced } = await joined();
  first.emit(EVENTS.CRASH, { payload: { error: new Error('Closed connection') } });
  expect(left).toEqual([first]);
  await replaced;
  await member.stop();
});
