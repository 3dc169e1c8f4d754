/**
 * Records and starts count once, whoever sends them, and nothing of a transaction that fails is
 * kept.
 */
import { describe, expect, test } from '@jest/globals';
import type { RecordPosition, Store } from '../../src/engine/ports.js';
import type { StartInput } from '../../src/saga/input.js';
import type { Bench } from './store.js';
import {
  ACCOUNTS,
  orchestration,
  position,
  start,
  startInput,
  startRecord,
} from './store-builders.js';

const admit = (store: Store, positions: readonly RecordPosition[]): Promise<readonly boolean[]> =>
  store.road(async (tx) => (await tx.admit(positions, [], [])).fresh);

const startAll = (store: Store, starts: readonly StartInput[]) =>
  store.road(async (tx) => {
    const { existing } = await tx.admit([], starts, []);
    const { now } = await tx.lock([], []);
    const records = starts
      .filter((_, index) => !existing.has(index))
      .map((one) => startRecord(one, now));
    if (records.length > 0) await tx.record(records, true);
    return existing;
  });

export function storeOnceContract(bench: () => Bench): void {
  describe('once only', () => {
    test('a record is admitted once; what comes after it still is', async () => {
      const { one, two, fresh } = bench();
      const topic = fresh('topic');
      expect(await admit(one.store, [position(0, { topic }), position(1, { topic })])).toEqual([
        true,
        true,
      ]);
      expect(await admit(two.store, [position(1, { topic }), position(2, { topic })])).toEqual([
        false,
        true,
      ]);
    });

    test('a record that comes twice in one batch counts once, and offsets may skip', async () => {
      const { one, fresh } = bench();
      const topic = fresh('topic');
      const offsets = [7, 7, 9, 8].map((offset) => position(offset, { topic }));
      expect(await admit(one.store, offsets)).toEqual([true, false, true, true]);
      expect(await one.store.inbox(topic)).toEqual([
        { topic, partition: 0, nextOffset: 10n, lastTimestamp: 1_700_000_000_009 },
      ]);
    });

    test('partitions are counted apart, and offsets of 64 bits are exact', async () => {
      const { one, fresh } = bench();
      const topic = fresh('topic');
      const far = 9_007_199_254_740_993n;
      await admit(one.store, [
        position(far, { topic, partition: 3 }),
        position(4, { topic, partition: 1 }),
      ]);
      expect(
        (await one.store.inbox(topic)).map(({ partition, nextOffset }) => [partition, nextOffset]),
      ).toEqual([
        [1, 5n],
        [3, far + 1n],
      ]);
      expect(
        await admit(one.store, [
          position(far, { topic, partition: 3 }),
          position(5, { topic, partition: 1 }),
        ]),
      ).toEqual([false, true]);
    });

    test('a zombie consumer admits nothing, and moves nothing back', async () => {
      const { one, two, fresh } = bench();
      const topic = fresh('topic');
      await admit(one.store, [position(20, { topic })]);
      expect(await admit(two.store, [position(3, { topic }), position(4, { topic })])).toEqual([
        false,
        false,
      ]);
      expect(
        (await one.store.inbox(topic)).map(({ nextOffset, lastTimestamp }) => [
          nextOffset,
          lastTimestamp,
        ]),
      ).toEqual([[21n, 1_700_000_000_020]]);
    });

    test('of two instances that admit the same records at one moment, each record counts for one', async () => {
      const { one, two, fresh } = bench();
      const topic = fresh('topic');
      const records = Array.from({ length: 20 }, (_, offset) =>
        position(Math.floor(offset / 2), { topic, partition: offset % 2 }),
      );
      const answers = await Promise.all(
        [one, two, one, two].map(({ store }, index) =>
          admit(store, index % 2 === 0 ? records : [...records].reverse()),
        ),
      );
      expect(answers.flat().filter(Boolean)).toHaveLength(20);
    });

    test('a partition of a topic that was created again starts where it is set', async () => {
      const { one, fresh } = bench();
      const topic = fresh('topic');
      await admit(one.store, [position(50, { topic })]);
      await one.store.resetInbox(topic, 0, 2n);
      expect(await one.store.inbox(topic)).toEqual([
        { topic, partition: 0, nextOffset: 2n, lastTimestamp: null },
      ]);
      expect(await admit(one.store, [position(1, { topic }), position(2, { topic })])).toEqual([
        false,
        true,
      ]);
    });

    test('a start whose flowId exists is an echo of it', async () => {
      const { one, two, fresh } = bench();
      const flowId = fresh('flow');
      await startAll(one.store, [startInput(flowId, { payload: '{"n":1}' })]);
      const existing = await startAll(two.store, [
        startInput(fresh('flow')),
        startInput(flowId, { payload: '{"n":2}' }),
      ]);
      expect([...existing]).toEqual([
        [1, { flowId, orchestrationName: ACCOUNTS, idempotencyKey: null, payload: '{"n":1}' }],
      ]);
    });

    test('a start whose idempotency key exists is an echo, of the same orchestration only', async () => {
      const { one, fresh } = bench();
      const [flowId, key] = [fresh('flow'), fresh('key')];
      await startAll(one.store, [startInput(flowId, { idempotencyKey: key })]);
      const other = orchestration('billing');
      const starts = [
        startInput(fresh('flow'), { idempotencyKey: key }),
        startInput(fresh('flow'), { idempotencyKey: key, recipe: other }),
      ];
      const existing = await startAll(one.store, starts);
      expect([...existing].map(([index, found]) => [index, found.flowId])).toEqual([[0, flowId]]);
    });

    test('starts with one key at one moment, in any order, on two instances, make one flow', async () => {
      const { one, two, fresh } = bench();
      const keys = [fresh('key'), fresh('key'), fresh('key')];
      const batch = (order: readonly string[]): StartInput[] =>
        order.map((idempotencyKey) => startInput(fresh('flow'), { idempotencyKey }));
      const rounds = [keys, [...keys].reverse(), keys, [...keys].reverse()];
      const existing = await Promise.all(
        rounds.map((order, index) => startAll((index % 2 === 0 ? one : two).store, batch(order))),
      );
      expect(existing.reduce((sum, { size }) => sum + size, 0)).toBe(9);
      for (const idempotencyKey of keys)
        expect((await one.readModel.history({ idempotencyKey }, 10, null)).items).toHaveLength(1);
    });

    test('a rolled-back transaction changes nothing, and acked rows are not forgotten', async () => {
      const { rig, one, two, fresh } = bench();
      const [known, never, topic] = [fresh('flow'), fresh('flow'), fresh('topic')];
      await start(one.store, [startInput(known)]);
      await one.store.outboxSent([{ flowId: known, number: 2 }]);
      const failed = one.store.road(async (tx) => {
        await tx.admit([position(5, { topic })], [startInput(never)], []);
        const { now } = await tx.lock([known], []);
        await tx.record([startRecord(startInput(never), now)], true);
        throw new Error('the work broke');
      });
      await expect(failed).rejects.toThrow('the work broke');
      expect(await one.store.inbox(topic)).toEqual([]);
      expect(await two.readModel.flows([never])).toEqual(new Map());
      expect(await two.readModel.timeline(never, 0, 10)).toBeNull();
      await start(one.store, [startInput(fresh('flow'))]);
      expect(await rig.waiting(known)).toBe(0);
    });
  });
}
