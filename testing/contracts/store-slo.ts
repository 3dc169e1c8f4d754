/**
 * What the counters of the monitoring checklist promise: every instance adds, a window sums, what
 * is old is removed by age.
 */
import { describe, expect, test } from '@jest/globals';
import type { SloCounts } from '../../src/engine/ports.js';
import type { Bench } from './store.js';
import { orchestration, register, startInput, startRecord } from './store-builders.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export function storeSloContract(bench: () => Bench): void {
  /** The database's clock. */
  const now = (): Promise<number> =>
    bench().one.store.road(async (tx) => (await tx.lock([], [])).now);
  const row = (orchestrationName: string, at: number, ...counts: number[]): SloCounts => ({
    orchestrationName,
    minute: at - (at % MINUTE),
    counts,
  });
  const windowOf = (
    orchestrationName: string | null,
    windowMinutes = 60,
    parts = 1,
  ): Promise<readonly (readonly number[])[]> =>
    bench().two.readModel.sloCounts({ orchestrationName, windowMinutes, parts });

  describe('counters of the monitoring checklist', () => {
    test('are the sum of what all instances add, also when one knows more places', async () => {
      const { one, two, fresh } = bench();
      const [name, other] = [fresh('counted'), fresh('counted')];
      const at = await now();
      await one.store.addSlo([row(name, at, 1, 2), row(other, at, 7)]);
      await two.store.addSlo([row(name, at, 10, 20, 30)]);
      expect(await windowOf(name)).toEqual([[11, 22, 30]]);
      expect(await windowOf(other)).toEqual([[7]]);
      expect(await windowOf(fresh('never'))).toEqual([[]]);
      const [all] = await windowOf(null);
      expect(all?.[0]).toBeGreaterThanOrEqual(18);
    });

    test('are summed within name patterns only', async () => {
      const { one, fresh } = bench();
      const mark = fresh('counted');
      const at = await now();
      await one.store.addSlo([row(`${mark}-a`, at, 1), row(`${mark}-b`, at, 2)]);
      const sum = (within: readonly string[]): Promise<readonly (readonly number[])[]> =>
        bench().two.readModel.sloCounts({
          orchestrationName: null,
          within,
          windowMinutes: 60,
          parts: 1,
        });
      expect(await sum([`${mark}-a`])).toEqual([[1]]);
      expect(await sum([`${mark}-*`])).toEqual([[3]]);
      expect(await sum([`${mark}-c`])).toEqual([[]]);
    });

    test('are cut into equal parts of the window, oldest first; what is older does not count', async () => {
      const { one, fresh } = bench();
      const name = fresh('counted');
      const at = await now();
      await one.store.addSlo([
        row(name, at, 1),
        row(name, at - 25 * MINUTE, 2),
        row(name, at - 55 * MINUTE, 4),
        row(name, at - 2 * HOUR, 8),
      ]);
      expect(await windowOf(name, 60, 3)).toEqual([[4], [2], [1]]);
      expect(await windowOf(name, 10)).toEqual([[1]]);
      expect(await windowOf(name, 180)).toEqual([[15]]);
    });

    test('have targets that an orchestration keeps as registered', async () => {
      const { one, two, fresh } = bench();
      const objectives = { doSuccessRate: 0.9, stuckAfter: 3_600_000 };
      const [own, none] = [fresh('own'), fresh('none')];
      await register(one.store, { ...orchestration(own), objectives });
      await register(one.store, orchestration(none));
      expect((await two.store.orchestration(own, null))?.orchestration.objectives).toEqual(
        objectives,
      );
      expect((await two.store.orchestration(none, null))?.orchestration).not.toHaveProperty(
        'objectives',
      );
    });

    test('are removed by age, at most as many at a time as wanted', async () => {
      const { one, fresh } = bench();
      const name = fresh('counted');
      const at = await now();
      const old = [30, 31, 32].map((days) => row(name, at - days * 24 * HOUR, 1));
      await one.store.addSlo([...old, row(name, at, 2)]);
      const removed = await one.store.removing(async (removal) => {
        let all = 0;
        for (let after: string | null = null; ; ) {
          const batch = await removal.slo(20 * 24 * HOUR, after, 2);
          expect(batch.removed).toBeLessThanOrEqual(2);
          all += batch.removed;
          if (batch.next === null) return all;
          after = batch.next;
        }
      });
      expect(removed).toBe(3);
      expect(await windowOf(name, 60 * 24 * 40)).toEqual([[2]]);
    });

    test('steps in progress for too long are counted, up to a cap', async () => {
      const { one, two, fresh } = bench();
      const stuck = (olderThanMs: number, cap = 10_000): Promise<number> =>
        two.readModel.stuckSteps({ orchestrationName: null, olderThanMs, cap });
      // "Older than an hour from now" is everything under way.
      const [before, old] = [await stuck(-HOUR), await stuck(HOUR)];
      const flows = [fresh('flow'), fresh('flow')];
      for (const flowId of flows)
        await one.store.road(async (tx) => {
          const start = startInput(flowId);
          await tx.admit([], [start], []);
          await tx.record([startRecord(start, (await tx.lock([], [])).now)], true);
        });
      expect(await stuck(-HOUR)).toBe(before + flows.length);
      expect(await stuck(-HOUR, 1)).toBe(1);
      expect(await stuck(HOUR)).toBe(old);
      const query = { orchestrationName: fresh('never'), olderThanMs: -HOUR, cap: 10 };
      expect(await two.readModel.stuckSteps(query)).toBe(0);
    });
  });
}
