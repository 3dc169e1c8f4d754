import { expect, test } from '@jest/globals';
import { Relay } from '../../src/engine/outbox/relay.js';
import type { Delivery, OutboxRow, PublishResult } from '../../src/engine/ports.js';
import { LIMITS } from '../../src/limits/limits.js';
import { gate, listeningLog, rowOf } from './builders.js';

interface Setup {
  readonly answers?: ((rows: readonly OutboxRow[]) => Promise<readonly PublishResult[]>)[];
  readonly leftovers?: readonly OutboxRow[];
  readonly leaseMs?: number;
}

const ok = (rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> =>
  Promise.resolve(rows.map((row) => ({ row, result: 'ok' as const })));

function relayWith({ answers = [], leftovers = [], leaseMs = 10_000 }: Setup) {
  const published: OutboxRow[][] = [];
  const sent: { flowId: string; number: number }[] = [];
  const submitted: Delivery[] = [];
  const log = listeningLog();
  const idle = gate();
  let taken = false;
  const relay = new Relay({
    store: {
      outboxSent: async (rows) => {
        sent.push(...rows);
        idle.open();
      },
      outboxTake: async () => {
        const rows = taken ? [] : leftovers;
        taken = true;
        return rows;
      },
    },
    wire: { flowTrace: () => ({ traceId: '1', spanId: '2', parent: null }) },
    publisher: {
      publish: (rows) => {
        published.push([...rows]);
        return (answers.shift() ?? ok)(rows);
      },
    },
    log,
    submit: async (deliveries) => {
      submitted.push(...deliveries);
    },
    leaseMs,
    memoryLimit: 10,
    leftoverMs: 60_000,
  });
  return { relay, published, sent, submitted, log, idle };
}

test('what was given is published in its order and then marked as sent', async () => {
  const { relay, published, sent, idle } = relayWith({});
  relay.give([rowOf('f', 1), rowOf('f', 2)]);
  await idle.opened;
  expect(published.map((rows) => rows.map((row) => row.number))).toEqual([[1, 2]]);
  expect(sent.map((row) => row.number)).toEqual([1, 2]);
});

test('rows the broker does not take now are sent again, before those that came later', async () => {
  const away = (rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> =>
    Promise.resolve(
      rows.map((row) => ({ row, result: 'later' as const, errorMessage: 'no leader' })),
    );
  const { relay, published, log } = relayWith({ answers: [away] });
  relay.give([rowOf('f', 1)]);
  relay.give([rowOf('f', 2)]);
  await relay.stop(5000);
  expect(published.map((rows) => rows.map((row) => row.number))).toEqual([[1], [1, 2]]);
  expect(log.lines.some((line) => line.message.includes('does not take messages'))).toBe(true);
});

test('a command that can never be published is delivered as a failed attempt, and is not tried again', async () => {
  const never = (rows: readonly OutboxRow[]): Promise<readonly PublishResult[]> =>
    Promise.resolve(
      rows.map((row) => ({
        row,
        result: 'never' as const,
        errorCode: 'UNKNOWN_TOPIC',
        errorMessage: 'gone',
      })),
    );
  const { relay, submitted, sent, idle } = relayWith({ answers: [never] });
  relay.give([rowOf('f', 1)]);
  await idle.opened;
  expect(submitted[0]).toMatchObject({ from: 'relay', kind: 'input' });
  expect(submitted[0]?.kind === 'input' && submitted[0].input).toEqual({
    type: 'UNPUBLISHABLE',
    flowId: 'f',
    attemptId: 'f:a:DO:0:1',
    errorCode: 'UNKNOWN_TOPIC',
    errorMessage: 'gone',
  });
  expect(sent).toHaveLength(1);
});

test('left-over rows of others are published at the start', async () => {
  const { relay, published, idle } = relayWith({ leftovers: [rowOf('g', 7)] });
  relay.start();
  await idle.opened;
  await relay.stop(1000);
  expect(published.flat().map((row) => row.flowId)).toEqual(['g']);
});

test('after a stall longer than half the lease the memory queue is dropped: another instance may be publishing it', async () => {
  const { relay, published, log } = relayWith({ leaseMs: -1 });
  relay.give([rowOf('f', 1)]);
  await relay.stop(1000);
  expect(published.flat()).toEqual([]);
  expect(log.lines.some((line) => line.message.includes('waited too long'))).toBe(true);
});

test('it reports when its memory is full', () => {
  const never = gate<readonly PublishResult[]>();
  const { relay } = relayWith({ answers: [() => never.opened] });
  relay.give([rowOf('f', 0)]);
  relay.give(Array.from({ length: 10 }, (_, index) => rowOf('f', index + 1)));
  expect(relay.hasCapacity).toBe(false);
  never.open([]);
});

test('what is published at once is bounded by whole messages, those that share a payload included', async () => {
  const { relay, published, sent } = relayWith({});
  const startPayload = 'x'.repeat(LIMITS.publishBytes.value / 4);
  relay.give([1, 2, 3, 4, 5].map((number) => ({ ...rowOf('f', number), startPayload })));
  await relay.stop(5000);
  expect(published.map((rows) => rows.length)).toEqual([3, 2]);
  expect(sent).toHaveLength(5);
});
