/** Work bounded by bytes, and work that its store cannot take. */
import { describe, expect, test } from '@jest/globals';
import { DeliveryQueue } from '../../src/engine/intake/queue.js';
import { resolveStarts } from '../../src/engine/intake/resolve-starts.js';
import { CannotRecord, Road } from '../../src/engine/intake/road.js';
import { tooMuchAnswered, tooMuchFanOut } from '../../src/engine/intake/weights.js';
import { type Delivery, Fault, type RoadTransaction, type Store } from '../../src/engine/ports.js';
import { LIMITS } from '../../src/limits/limits.js';
import type { Flow } from '../../src/saga/flow.js';
import type { ReplyInput } from '../../src/saga/input.js';
import { workOf } from '../kit/work.js';
import { listeningLog, sequential, started } from './builders.js';

const MB = 1024 * 1024;
const startOf = (bytes: number, name = 'o'): Delivery => ({
  from: 'caller',
  kind: 'start',
  start: {
    orchestrationName: name,
    flowId: `f-${Math.random()}`,
    payload: 'x'.repeat(bytes),
    headers: {},
    initiator: null,
    idempotencyKey: null,
  },
});
const parallel = (steps: number) => ({
  ...sequential('o', ...Array.from({ length: steps }, (_, n) => `s${n}`)),
  type: 'PARALLEL' as const,
});

describe('what waits', () => {
  test('shares a transaction as far as its bytes allow, one at least', () => {
    const queue = new DeliveryQueue({ queueLimit: 100, batchSize: 10 });
    queue.submit([5 * MB, 2 * MB, 2 * MB, 20 * MB, 1, 1].map((bytes) => startOf(bytes)));
    const sizes = [];
    while (queue.length > 0) sizes.push(queue.take().length);
    expect(sizes).toEqual([2, 1, 1, 2]);
  });

  test('is refused beyond its bytes, and taken again when they have gone', async () => {
    const queue = new DeliveryQueue({ queueLimit: 100, batchSize: 10 });
    queue.submit([startOf(LIMITS.queueBytes.value - 10)]);
    await expect(queue.submit([startOf(100)])).rejects.toThrow('waiting already');
    queue.take();
    queue.submit([startOf(100)]);
    expect(queue.length).toBe(1);
  });
});

describe('a payload', () => {
  test('times the steps that get it at once is bounded', () => {
    const text = 'x'.repeat(900_000);
    expect(tooMuchFanOut(text, parallel(200))).toContain(
      '180000000 bytes in all, at most 16777216',
    );
    expect(tooMuchFanOut(text, parallel(10))).toBeNull();
    expect(tooMuchFanOut(text, sequential('o', 'a', 'b'))).toBeNull();
    expect(tooMuchFanOut('x'.repeat(2 * MB), parallel(1), 1)).toBeNull();
    expect(tooMuchFanOut(null, parallel(200))).toBeNull();
  });

  test('that is too much for its orchestration is refused by name, others of its batch are not', async () => {
    const standing = { paused: false, archived: false, pausedBy: null, archivedBy: null };
    const row = { initiator: null, ...standing, createdAt: 0, policies: [] };
    const registrations = new Map([
      ['wide', { ...row, orchestration: parallel(200) }],
      ['o', { ...row, orchestration: sequential('o', 'a') }],
    ]);
    const starts = [startOf(900_000, 'wide'), startOf(900_000)];
    const work = resolveStarts(starts, { flowIds: ['f1', 'f2'], registrations });
    expect(work.map(({ startRefused }) => startRefused?.code)).toEqual([
      'FAN_OUT_TOO_LARGE',
      undefined,
    ]);
  });

  test('is bounded for all answers of a parallel flow together', () => {
    const { flow } = started('f', sequential('o', 'a', 'b'));
    const answer = (bytes: number): ReplyInput => ({
      type: 'REPLY',
      flowId: 'f',
      stepName: 'a',
      action: 'DO',
      outcome: 'success',
      attemptId: null,
      payload: 'x'.repeat(bytes),
      errorMessage: null,
      errorCode: null,
      retryable: true,
    });
    const wide: Flow = {
      ...flow,
      orchestration: { ...flow.orchestration, type: 'PARALLEL' },
      steps: flow.steps.map((step) => ({ ...step, output: 'x'.repeat(30 * MB) })),
    };
    expect(tooMuchAnswered(wide, answer(3 * MB))).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(tooMuchAnswered(wide, answer(1 * MB))).toBeNull();
    expect(tooMuchAnswered(flow, answer(40 * MB))).toBeNull();
    expect(tooMuchAnswered(wide, { type: 'TICK', flowId: 'f' })).toBeNull();
  });
});

/** Opens at the `count`th call of `open`. */
function tries(count: number) {
  const { promise: enough, resolve } = Promise.withResolvers<void>();
  let left = count;
  return { enough, open: () => void (--left === 0 && resolve()) };
}

describe('work that meets the same fault again although the store answers', () => {
  /**
   * A store that cannot take `poison`; `away`: nor answer a ping; `stalled`: nor take another
   * write.
   */
  function roadWith(
    code: string,
    away: () => boolean = () => false,
    stalled: () => boolean = () => false,
  ) {
    const sizes: number[] = [];
    const quarantined: string[] = [];
    const tried = tries(20);
    const requested = tries(3);
    const tx = {
      admit: async (positions: readonly unknown[]) => ({
        fresh: positions.map(() => true),
        existing: new Map(),
        open: new Set(),
      }),
      lock: async () => ({ now: 1, flows: new Map(), parked: new Map() }),
      record: async () => undefined,
      refuse: async (entries: readonly { code: string }[]) => {
        quarantined.push(...entries.map((entry) => entry.code));
      },
    } as unknown as RoadTransaction;
    const queue = new DeliveryQueue({ batchSize: 100, queueLimit: 100 });
    const road = new Road({
      queue,
      store: {
        road: <T>(work: (tx: RoadTransaction) => Promise<T>) => work(tx),
        ping: async () => {
          requested.open();
          if (away()) throw new Fault('DATABASE_AWAY', 'away');
        },
        probe: async () => {
          if (stalled()) throw new Fault('DATABASE_SLOW', 'no write is taken');
        },
      } as unknown as Store,
      wire: {
        quarantineCopy: () => ({}),
        flowOfRecord: () => ({ flowId: 'f', traceId: null }),
      } as never,
      log: listeningLog(),
      resolve: (deliveries) => {
        sizes.push(deliveries.length);
        if (
          away() ||
          stalled() ||
          deliveries.some((one) => one.kind === 'input' && one.input.flowId === 'poison')
        ) {
          tried.open();
          throw new Fault(code, 'too much');
        }
        return deliveries.map(workOf);
      },
      mayGive: () => true,
      timed: (transaction) => transaction(),
      afterCommit: () => undefined,
      recovered: () => undefined,
      patienceMs: 60_000,
      pauses: { firstMs: 1, longestMs: 2 },
    });
    return { queue, road, sizes, quarantined, tried: tried.enough, requested: requested.enough };
  }
  const tick = (flowId: string, offset?: number): Delivery => {
    const content = { kind: 'input', input: { type: 'TICK', flowId } } as const;
    if (offset === undefined) return { from: 'timer', ...content };
    const position = { topic: 't', partition: 0, offset: BigInt(offset), timestamp: 1 };
    return { from: 'record', position, raw: { key: null, value: null }, ...content };
  };

  test.each(['DATABASE_SLOW', 'DATABASE_AWAY', 'DATABASE_MEMORY'])(
    'is split until it stands alone and is refused; the others are recorded (%s)',
    async (code) => {
      const { queue, sizes } = roadWith(code);
      const ends = await Promise.allSettled(
        ['a', 'b', 'poison', 'c'].map((flowId) => queue.submit([tick(flowId)])),
      );
      expect(ends.map(({ status }) => status)).toEqual([
        'fulfilled',
        'fulfilled',
        'rejected',
        'fulfilled',
      ]);
      expect(ends[2]).toMatchObject({ reason: expect.any(CannotRecord) });
      expect(sizes.slice(0, 3)).toEqual([4, 4, 2]);
    },
  );

  test('goes to quarantine when it came from a topic', async () => {
    const { queue, quarantined } = roadWith('DATABASE_SLOW');
    const [outcome] = await queue.submit([tick('poison', 1)]);
    expect([outcome?.kind, quarantined]).toEqual(['quarantined', ['UNRECORDABLE']]);
  });

  test('is refused sooner when it is large', async () => {
    const { queue, sizes } = roadWith('DATABASE_SLOW');
    const large = { ...tick('poison', 1), raw: { key: null, value: new Uint8Array(100_000) } };
    await queue.submit([large as Delivery]);
    const small = roadWith('DATABASE_SLOW');
    await small.queue.submit([tick('poison', 1)]);
    // The last one is its entry in the quarantine.
    expect([sizes.length, small.sizes.length]).toEqual([7, 10]);
  });

  test('is waited for, however often, when it is small and the fault is not its own', async () => {
    const { queue, road, quarantined, tried } = roadWith('DATABASE_BUSY');
    const waiting = queue.submit([tick('poison', 1)]);
    const first = await Promise.race([tried.then(() => 'tried'), waiting.then(() => 'ended')]);
    expect([first, quarantined]).toEqual(['tried', []]);
    const ended = expect(waiting).rejects.toThrow('is stopping');
    await road.stop();
    await ended;
  });

  test('is waited for while the store takes no other write, and recorded when it does again', async () => {
    let stalled = true;
    const { queue, quarantined, tried } = roadWith(
      'DATABASE_SLOW',
      () => false,
      () => stalled,
    );
    const waiting = queue.submit([tick('innocent', 1)]);
    await tried;
    stalled = false;
    const [outcome] = await waiting;
    expect([outcome?.kind, quarantined]).toEqual(['unknown-flow', ['UNKNOWN_FLOW']]);
  });

  test('is not blamed while the store answers nobody', async () => {
    let away = true;
    const { queue, sizes, requested } = roadWith('DATABASE_AWAY', () => away);
    const recorded = queue.submit([tick('a', 1), tick('b', 2)]);
    await requested;
    away = false;
    await recorded;
    expect(sizes).toEqual([2, 2]);
  });
});
