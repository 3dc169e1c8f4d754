/** What is due is found by one instance; commits are notified to the others. */
import { describe, expect, test } from '@jest/globals';
import type { FlowCommit } from '../../src/engine/ports.js';
import type { Bench } from './store.js';
import {
  change,
  changeRecord,
  firstStepDone,
  lockOne,
  start,
  startInput,
} from './store-builders.js';

const HOUR = 3_600_000;

export function storeTimeContract(bench: () => Bench): void {
  describe('time', () => {
    test('a flow is due when its time has come, for one of several instances, and not before', async () => {
      const { rig, one, two, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      while ((await one.store.due(100)).length > 0);
      expect(await one.store.untilNextDue(50)).toBeLessThanOrEqual(50);
      await rig.age(299_000);
      while ((await one.store.due(100)).includes(flowId)) throw new Error('due too early');
      await rig.age(2_000);
      expect(await one.store.untilNextDue(60_000)).toBe(0);
      const found = await Promise.all([one.store.due(1_000), two.store.due(1_000)]);
      expect(found.flat().filter((one) => one === flowId)).toHaveLength(1);
    });

    test('a timer that finds nothing due stores the exact time', async () => {
      const { rig, one, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      await one.store.road(async (tx) => {
        const flow = await lockOne(tx, flowId, true);
        await tx.record(
          [
            {
              before: flow,
              after: flow,
              events: [],
              outbox: [],
              withdrawn: [],
              wakeAt: flow.now + HOUR,
            },
          ],
          true,
        );
      });
      await rig.age(HOUR - 5_000);
      expect(await one.store.due(1_000)).not.toContain(flowId);
      await rig.age(6_000);
      expect(await one.store.due(1_000)).toContain(flowId);
    });

    test('an earlier time is kept, and a later one comes no later than it should', async () => {
      const { rig, one, fresh } = bench();
      const [sooner, later] = [fresh('flow'), fresh('flow')];
      await start(one.store, [startInput(sooner), startInput(later)]);
      await change(one.store, sooner, (flow) => ({
        ...firstStepDone(flow),
        wakeAt: flow.now + 1_000,
      }));
      await change(one.store, later, (flow) => ({
        ...firstStepDone(flow),
        wakeAt: flow.now + HOUR,
      }));
      await rig.age(1_001);
      const due = await one.store.due(1_000);
      expect([due.includes(sooner), due.includes(later)]).toEqual([true, false]);
      await rig.age(HOUR);
      expect(await one.store.due(1_000)).toContain(later);
    });

    test('a flow that has ended, or is parked, is never due', async () => {
      const { rig, one, fresh } = bench();
      const [ended, parked] = [fresh('flow'), fresh('flow')];
      await start(one.store, [startInput(ended), startInput(parked)]);
      await change(one.store, ended, (flow) =>
        changeRecord(flow, { flow: { status: 'COMPLETED', endedAt: flow.now } }, [
          { type: 'FLOW_COMPLETED', output: null },
        ]),
      );
      await one.store.road((tx) => tx.refuse([], [{ flowId: parked, reason: 'broken' }], []));
      await rig.age(HOUR);
      const due = await one.store.due(1_000);
      expect([due.includes(ended), due.includes(parked)]).toEqual([false, false]);
    });

    test('nothing due: the next look is as far away as the caller allows', async () => {
      const { one } = bench();
      await one.store.road(async (tx) => tx.lock([], []));
      while ((await one.store.due(1_000)).length > 0);
      expect(await one.store.untilNextDue(1)).toBeLessThanOrEqual(1);
    });

    test('other instances are notified of commits, the own one is not, and none after it left', async () => {
      const { one, two, fresh } = bench();
      const flowId = fresh('flow');
      const received: FlowCommit[] = [];
      let wake: () => void = () => undefined;
      const own = await one.store.onRemoteCommit(() => {
        throw new Error('was notified of its own commit');
      });
      const leave = await two.store.onRemoteCommit((hints) => {
        received.push(...(hints ?? []));
        wake();
      });
      const receives = (last: number): Promise<void> =>
        new Promise((resolve) => {
          wake = () => {
            if (received.some((hint) => hint.flowId === flowId && hint.lastEventNumber === last))
              resolve();
          };
          wake();
        });
      await start(one.store, [startInput(flowId)]);
      await receives(2);
      await change(one.store, flowId, (flow) => firstStepDone(flow));
      await receives(4);
      expect(received.filter((hint) => hint.flowId === flowId)).toEqual([
        { flowId, firstEventNumber: 1, lastEventNumber: 2 },
        { flowId, firstEventNumber: 3, lastEventNumber: 4 },
      ]);
      await leave();
      await own();
      const many = Array.from({ length: 400 }, () =>
        startInput(`${fresh('flow')}-${'x'.repeat(80)}`),
      );
      const count = received.length;
      await start(one.store, many);
      await two.store.ping();
      expect(received).toHaveLength(count);
    });

    test('notifications of a large commit come in as many messages as it takes', async () => {
      const { one, two, fresh } = bench();
      const starts = Array.from({ length: 400 }, () =>
        startInput(`${fresh('flow')}-${'x'.repeat(80)}`),
      );
      const missing = new Set(starts.map(({ flowId }) => flowId));
      const all = new Promise<void>((resolve, reject) => {
        two.store
          .onRemoteCommit((hints) => {
            for (const { flowId } of hints ?? []) missing.delete(flowId);
            if (missing.size === 0) resolve();
          })
          .then((leave) => start(one.store, starts).then(() => all.then(leave)))
          .catch(reject);
      });
      await all;
      expect(missing.size).toBe(0);
    });
  });
}
