import { expect, test } from '@jest/globals';
import { DeliveryQueue, Overloaded, Stopped } from '../../src/engine/intake/queue.js';
import { Road } from '../../src/engine/intake/road.js';
import {
  type Delivery,
  type DeliveryOutcome,
  Fault,
  type RoadTransaction,
  type Store,
  type Wire,
} from '../../src/engine/ports.js';
import { type Flow, isTerminal } from '../../src/saga/flow.js';
import { workOf } from '../kit/work.js';
import { gate, listeningLog, sequential, started } from './builders.js';

interface Setup {
  /** Called in each transaction, with its number from 1; may throw or wait. */
  readonly before?: (transaction: number) => Promise<void> | void;
  /** Called with how many deliveries a transaction decides; may throw. */
  readonly decides?: (deliveries: number) => void;
  readonly queueLimit?: number;
  readonly patienceMs?: number;
  readonly batchSize?: number;
}

const wire: Wire = {
  outgoing: () => [],
  quarantineCopy: (_cause, raw, position) => ({
    ...raw,
    topic: 'dlq',
    headers: {},
    flowId: '!',
    number: Number(position.offset),
    attemptId: null,
  }),
  refusedStart: (_cause, _refused, position) => ({
    topic: 'ends',
    key: null,
    value: null,
    headers: {},
    flowId: '!refused',
    number: Number(position.offset),
    attemptId: null,
  }),
  registrationStatus: () => ({ topic: 't', key: null, value: null, headers: {} }),
  stepTopics: (name, step) => [`${name}.${step}.do`, `${name}.${step}.undo`],
  replyTopic: 'replies',
  flowTrace: () => ({ traceId: '1', spanId: '2', parent: null }),
  flowOfRecord: () => ({ flowId: null, traceId: null }),
  attemptSpanId: (attemptId) => attemptId,
  nearest: () => [],
};

/** A road over one flow `f` that every transaction finds as it was left. */
function roadOver({
  before = () => undefined,
  decides = () => undefined,
  queueLimit = 100,
  patienceMs = 10_000,
  batchSize = 100,
}: Setup) {
  let flow: Flow = started('f', sequential('o', 'a')).flow;
  const sizes: number[] = [];
  const quarantined: string[] = [];
  let transactions = 0;
  const tx: RoadTransaction = {
    admit: async (positions) => ({
      fresh: positions.map(() => true),
      existing: new Map(),
      open: new Set(),
    }),
    registrations: async () => new Map(),
    lock: async () => {
      await before(++transactions);
      const flows = new Map([['f', { ...flow, now: 2000 }]]);
      return { now: 2000, flows, parked: new Map() };
    },
    record: async (records) => {
      flow = records[0]?.after ?? flow;
    },
    refuse: async (entries) => {
      quarantined.push(...entries.map((entry) => entry.code));
    },
  };
  const store = {
    road: <T>(work: (road: RoadTransaction) => Promise<T>): Promise<T> => work(tx),
    ping: async () => undefined,
  } as unknown as Store;
  const log = listeningLog();
  const queue = new DeliveryQueue({ batchSize, queueLimit });
  const road = new Road({
    queue,
    store,
    wire,
    log,
    resolve: (deliveries) => {
      sizes.push(deliveries.length);
      decides(deliveries.length);
      return deliveries.map(workOf);
    },
    mayGive: () => true,
    timed: (transaction) => transaction(),
    afterCommit: () => undefined,
    recovered: () => undefined,
    patienceMs,
  });
  return { road, queue, sizes, quarantined, log, count: () => transactions, current: () => flow };
}

const noted = (message: string, offset: number | null = null, flowId = 'f'): Delivery => {
  const input = { type: 'QUARANTINED', flowId, stepName: null, code: 'X', message } as const;
  if (offset === null) return { from: 'caller', kind: 'input', input };
  const position = { topic: 't', partition: 0, offset: BigInt(offset), timestamp: 0 };
  return { from: 'record', position, raw: { key: null, value: null }, kind: 'input', input };
};

const kinds = (outcomes: readonly DeliveryOutcome[]): string[] =>
  outcomes.map((outcome) => outcome.kind);

test('what gathers while a transaction runs shares the next one', async () => {
  const first = gate();
  const { queue, sizes } = roadOver({
    before: (transaction) => (transaction === 1 ? first.opened : undefined),
  });
  const one = queue.submit([noted('1')]);
  await new Promise((resolve) => setImmediate(resolve));
  const others = [queue.submit([noted('2')]), queue.submit([noted('3'), noted('4')])];
  first.open();
  expect(kinds((await Promise.all([one, ...others])).flat())).toEqual([
    'recorded',
    'recorded',
    'recorded',
    'recorded',
  ]);
  expect(sizes).toEqual([1, 3]);
});

test('a fault is waited out: the same deliveries are recorded later, and the log has both', async () => {
  const { queue, count, log } = roadOver({
    before: (transaction) => {
      if (transaction < 3) throw new Fault('AWAY', 'away');
    },
  });
  expect(kinds(await queue.submit([noted('1')]))).toEqual(['recorded']);
  expect(count()).toBe(3);
  expect(log.lines.map((line) => line.level)).toEqual(['warn', 'warn', 'info']);
});

test('a caller gets an error after a while; a record of a topic waits on', async () => {
  let away = true;
  const { queue } = roadOver({
    patienceMs: 0,
    before: () => {
      if (away) throw new Fault('AWAY', 'away');
    },
  });
  const record = queue.submit([noted('kept', 1)]);
  await expect(queue.submit([noted('caller')])).rejects.toThrow('away');
  away = false;
  expect(kinds(await record)).toEqual(['recorded']);
});

test('one delivery that cannot be recorded fails alone: a caller gets an error, a record goes to quarantine', async () => {
  const { queue, quarantined } = roadOver({
    decides: (deliveries) => {
      if (deliveries > 1 || broken) throw new Error('bad bytes');
    },
  });
  let broken = false;
  const outcomes = await queue.submit([noted('1', 1), noted('2', 2)]);
  expect(kinds(outcomes)).toEqual(['recorded', 'recorded']);
  broken = true;
  const last = queue.submit([noted('caller')]);
  await expect(last).rejects.toThrow('bad bytes');
  broken = false;
  expect(quarantined).toEqual([]);
});

test('more callers than the queue holds are refused as overload; records of topics are not', async () => {
  const first = gate();
  const { queue } = roadOver({ queueLimit: 1, before: () => first.opened });
  const waiting = [queue.submit([noted('1')])];
  await new Promise((resolve) => setImmediate(resolve));
  waiting.push(queue.submit([noted('2')]));
  await expect(queue.submit([noted('3')])).rejects.toThrow(Overloaded);
  waiting.push(queue.submit([noted('4', 4)]));
  first.open();
  expect(kinds((await Promise.all(waiting)).flat())).toEqual(['recorded', 'recorded', 'recorded']);
});

test('a stopping road finishes what it has and takes no more', async () => {
  const { road, queue, current } = roadOver({});
  const last = queue.submit([noted('1')]);
  const stopped = road.stop();
  await expect(queue.submit([noted('2')])).rejects.toThrow(Stopped);
  expect(kinds(await last)).toEqual(['recorded']);
  await stopped;
  expect(isTerminal(current().status)).toBe(false);
});

test('records that wait behind one the stop refused are refused as well: the inbox would pass it by', async () => {
  const failed = gate();
  const { road, queue, count } = roadOver({
    batchSize: 1,
    before: (transaction) => {
      if (transaction > 1) return;
      failed.open();
      throw new Fault('DATABASE_AWAY', 'it does not answer');
    },
  });
  const ends = Promise.allSettled([queue.submit([noted('1', 1)]), queue.submit([noted('2', 2)])]);
  await failed.opened;
  await road.stop();
  expect(await ends).toEqual([
    { status: 'rejected', reason: expect.any(Stopped) },
    { status: 'rejected', reason: expect.any(Stopped) },
  ]);
  expect(count()).toBe(1);
});

test('a reply for an unknown flow goes to quarantine; a caller gets an error', async () => {
  const { queue, quarantined } = roadOver({});
  const lost = [noted('x', 1, 'nobody'), noted('x', null, 'nobody')];
  expect(kinds(await queue.submit(lost))).toEqual(['unknown-flow', 'unknown-flow']);
  expect(quarantined).toEqual(['UNKNOWN_FLOW']);
});
