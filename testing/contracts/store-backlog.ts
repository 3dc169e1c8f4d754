/**
 * What waits in the whole database, for metrics. Other tests share it: what is compared is what
 * changes.
 */
import { describe, expect, test } from '@jest/globals';
import type { Bench } from './store.js';
import { change, changeRecord, start, startInput } from './store-builders.js';

export function storeBacklogContract(bench: () => Bench): void {
  describe('backlog', () => {
    test('flows are counted by status; what ended well is not', async () => {
      const { one, fresh } = bench();
      const flows = async () => (await one.readModel.backlog()).flows;
      const [failing, completing] = [fresh('flow'), fresh('flow')];
      const { IN_PROGRESS = 0, FAILED = 0 } = await flows();
      await start(one.store, [startInput(failing), startInput(completing)]);
      expect(await flows()).toMatchObject({ IN_PROGRESS: IN_PROGRESS + 2, FAILED });
      await change(one.store, failing, (flow) =>
        changeRecord(flow, { flow: { status: 'FAILED', endedAt: flow.now } }, [
          { type: 'FLOW_FAILED', failureReason: 'broken' },
        ]),
      );
      await change(one.store, completing, (flow) =>
        changeRecord(flow, { flow: { status: 'COMPLETED', endedAt: flow.now } }, [
          { type: 'FLOW_COMPLETED', output: null },
        ]),
      );
      expect(await flows()).toMatchObject({ IN_PROGRESS, FAILED: FAILED + 1 });
      expect(Object.keys(await flows()).sort()).toEqual(['FAILED', 'IN_PROGRESS', 'UNDOING']);
    });

    test('a flow whose time has come is overdue until a timer has taken it', async () => {
      const { rig, one, fresh } = bench();
      await start(one.store, [startInput(fresh('flow'))]);
      await rig.age(400_000);
      const { overdueSeconds } = await one.readModel.backlog();
      expect(overdueSeconds).toBeGreaterThan(90);
      while ((await one.store.due(1_000)).length > 0);
      expect((await one.readModel.backlog()).overdueSeconds).toBeLessThan(overdueSeconds);
    });
  });
}
