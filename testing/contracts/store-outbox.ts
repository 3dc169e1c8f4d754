/** Messages leave in flow order, by one instance at a time, until they are acknowledged. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { OutboxRow } from '../../src/engine/ports.js';
import type { Bench } from './store.js';
import {
  change,
  changeRecord,
  firstStepDone,
  outboxRow,
  start,
  startInput,
} from './store-builders.js';

const LEASE_MS = 10_000;
const places = (rows: readonly OutboxRow[]): string[] =>
  rows.map(({ flowId, number }) => `${flowId} ${number}`);

export function storeOutboxContract(bench: () => Bench): void {
  describe('the outbox', () => {
    /** What other tests left over changes nothing. */
    beforeEach(async () => {
      const { rig, one } = bench();
      await rig.age(LEASE_MS + 1);
      for (
        let rows = await one.store.outboxTake(500);
        rows.length > 0;
        rows = await one.store.outboxTake(500)
      )
        await one.store.outboxSent(rows);
    });

    test('rows belong to whoever committed them for a lease, then to whoever takes them, whole flows in order', async () => {
      const { rig, one, two, fresh } = bench();
      const [a, b] = [fresh('flow'), fresh('flow')];
      await start(one.store, [startInput(a), startInput(b)]);
      await change(one.store, a, (flow) => firstStepDone(flow));
      expect(await two.store.outboxTake(10)).toEqual([]);
      await rig.age(LEASE_MS + 1);
      const taken = await two.store.outboxTake(10);
      expect(places(taken)).toEqual([`${a} 2`, `${a} 4`, `${b} 2`].sort());
      expect(taken.find(({ flowId }) => flowId === b)).toEqual(
        outboxRow(b, 2, { attemptId: `${b}:createRealm:DO:0:1` }),
      );
      expect(await one.store.outboxTake(10)).toEqual([]);
    });

    test('rows committed without being given to anybody are taken at once', async () => {
      const { two, one, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)], false);
      expect(places(await two.store.outboxTake(10))).toEqual([`${flowId} 2`]);
    });

    test('two relays and one flow: every row is taken by one of them', async () => {
      const { one, two, fresh } = bench();
      const ids = Array.from({ length: 8 }, () => fresh('flow'));
      await start(
        one.store,
        ids.map((flowId) => startInput(flowId)),
        false,
      );
      for (const flowId of ids)
        await change(one.store, flowId, (flow) => firstStepDone(flow), false);
      const relays = await Promise.all(
        [one, two, one, two].map(({ store }) => store.outboxTake(100)),
      );
      const left = await one.store.outboxTake(100);
      expect([...relays.flatMap(places), ...places(left)].sort()).toEqual(
        ids.flatMap((flowId) => [`${flowId} 2`, `${flowId} 4`]).sort(),
      );
      for (const rows of relays)
        for (const flow of Map.groupBy(rows, ({ flowId }) => flowId).values())
          expect(flow.map(({ number }) => number)).toEqual([2, 4]);
    });

    test('a flow whose earlier message somebody living is publishing is passed by', async () => {
      const { one, two, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)], true);
      await change(one.store, flowId, (flow) => firstStepDone(flow), false);
      expect(await two.store.outboxTake(10)).toEqual([]);
    });

    test('of a flow, only what comes before a message that somebody living is publishing is taken', async () => {
      const { rig, one, two, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      await rig.age(LEASE_MS + 1);
      await change(one.store, flowId, (flow) => firstStepDone(flow));
      await change(
        one.store,
        flowId,
        (flow) =>
          changeRecord(flow, {}, [{ type: 'FLOW_UNDONE' }], { outbox: [outboxRow(flowId, 5)] }),
        false,
      );
      expect(places(await two.store.outboxTake(10))).toEqual([`${flowId} 2`]);
    });

    test('no more flows are taken than the caller wants', async () => {
      const { one, two, fresh } = bench();
      await start(
        one.store,
        [startInput(fresh('flow')), startInput(fresh('flow')), startInput(fresh('flow'))],
        false,
      );
      expect(await two.store.outboxTake(2)).toHaveLength(2);
      expect(await two.store.outboxTake(2)).toHaveLength(1);
    });

    test('acknowledged rows are gone, also when nothing else is committed', async () => {
      const { rig, one, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      await one.store.outboxSent([{ flowId, number: 2 }]);
      await rig.age(LEASE_MS + 1);
      expect(await one.store.outboxTake(10)).toEqual([]);
      expect(await rig.waiting(flowId)).toBe(0);
    });
  });
}
