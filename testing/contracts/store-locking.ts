/** Flows come back as they were recorded, and two who change one take turns. */
import { describe, expect, test } from '@jest/globals';
import { attemptIdOf } from '../../src/saga/attempt-id.js';
import type { Flow } from '../../src/saga/flow.js';
import type { Bench } from './store.js';
import {
  change,
  changeRecord,
  firstStepDone,
  lockOne,
  orchestration,
  position,
  register,
  start,
  startInput,
} from './store-builders.js';

/** As a reader gets it: without what only the transaction knew. */
const read = (flow: Flow | undefined): Flow | undefined =>
  flow && { ...flow, now: 0, withdrawable: [], unsent: [], orchestrationPaused: false };

const UGLY =
  '{"big":123456789012345678901234567890,"text":"\\"ü\\\\\\n{,}\\t€😀 NULL","list":[1.10,null,""],"a":{}}';

export function storeLockingContract(bench: () => Bench): void {
  describe('flows', () => {
    test('a started flow comes back as it was recorded, payloads to the letter', async () => {
      const { one, two, fresh } = bench();
      const flowId = fresh('flow');
      const headers = { correlationId: 'c-1', deep: { list: [1, 'zwei'] }, '"': '\\' };
      const wish = {
        payload: UGLY,
        headers,
        initiator: 'portal "x"',
        idempotencyKey: fresh('key'),
      };
      const [record] = await start(one.store, [startInput(flowId, wish)]);
      expect((await two.readModel.flows([flowId])).get(flowId)).toEqual(read(record?.after));
      await two.store.road(async (tx) => {
        const flow = await lockOne(tx, flowId);
        expect(flow).toEqual({ ...record?.after, now: flow.now });
      });
    });

    test('every field of a flow and of a step survives', async () => {
      const { one, two, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      const at = 1_760_000_000_123;
      const { after } = await change(one.store, flowId, (flow) =>
        changeRecord(
          flow,
          {
            flow: {
              status: 'UNDOING',
              output: '{"o":1}',
              failureReason: 'it\'s "broken"',
              deadline: at,
              deadlineStoppedAt: at + 1,
              paused: true,
              pausedAt: at + 2,
              pauseReason: 'lunch',
              held: true,
              halted: true,
            },
            steps: {
              createRealm: {
                status: 'UNDO_FAIL',
                open: { action: 'UNDO', attempt: 2, round: 3, deadline: at },
                nextAttemptAt: at + 3,
                attempt: 4,
                attemptBase: 1,
                round: 3,
                roundBase: 2,
                undoAttempt: 2,
                unknown: true,
                neverSent: true,
                final: true,
                undoExhausted: true,
                roundOwed: true,
                skipped: true,
                output: UGLY,
                errorMessage: 'no "such" {realm}\n',
                errorCode: 'E-1',
                progress: 0,
                progressMessage: 'none yet',
                progressAt: at + 4,
                startedAt: at + 5,
                endedAt: at + 6,
                undoneAt: at + 7,
              },
            },
          },
          [{ type: 'FLOW_PAUSED', actor: 'ada', reason: 'lunch' }],
        ),
      );
      expect((await two.readModel.flows([flowId])).get(flowId)).toEqual(read(after));
      const { after: cleared } = await change(two.store, flowId, (flow) =>
        changeRecord(
          flow,
          {
            flow: {
              status: 'UNDONE',
              output: null,
              endedAt: flow.now,
              deadline: null,
              paused: false,
              pauseReason: null,
              held: false,
            },
            steps: {
              createRealm: {
                open: null,
                output: null,
                errorMessage: null,
                skipped: false,
                progress: null,
                undoneAt: null,
              },
            },
          },
          [{ type: 'FLOW_UNDONE' }],
        ),
      );
      expect((await one.readModel.flows([flowId])).get(flowId)).toEqual(read(cleared));
    });

    test('two who change one flow take turns, and each sees what the other did', async () => {
      const { one, two, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      const count = (flow: Flow) => {
        const step = flow.steps[0];
        const progress = (step?.progress ?? 0) + 1;
        const event = {
          type: 'STEP_PROGRESS',
          stepName: 'createRealm',
          action: 'DO',
          attempt: 1,
          progress,
          message: null,
          deadline: 1,
          shown: true,
        } as const;
        return changeRecord(flow, { steps: { createRealm: { progress } } }, [event]);
      };
      await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          change((index % 2 === 0 ? one : two).store, flowId, count),
        ),
      );
      const flow = (await one.readModel.flows([flowId])).get(flowId);
      expect([flow?.steps[0]?.progress, flow?.lastEventNumber]).toEqual([12, 14]);
      expect((await one.readModel.timeline(flowId, 0, 100))?.map(({ number }) => number)).toEqual(
        Array.from({ length: 14 }, (_, index) => index + 1),
      );
    });

    test('flows requested in any order are locked in one order: no two transactions wait for each other', async () => {
      const { one, two, fresh } = bench();
      const ids = Array.from({ length: 30 }, () => fresh('flow'));
      await start(
        one.store,
        ids.map((flowId) => startInput(flowId)),
      );
      const lockAll = (store: typeof one.store, order: readonly string[]) =>
        store.road(async (tx) => {
          const { flows } = await tx.lock(order, []);
          await tx.record(
            [...flows.values()].map((flow) =>
              changeRecord(flow, {}, [
                { type: 'REPLY_QUARANTINED', code: 'X', stepName: null, message: '' },
              ]),
            ),
            true,
          );
          return flows.size;
        });
      const orders = [ids, [...ids].reverse(), [...ids].sort(), [...ids].sort().reverse()];
      const sizes = await Promise.all(
        orders.map((order, index) => lockAll((index % 2 === 0 ? one : two).store, order)),
      );
      expect(sizes).toEqual([30, 30, 30, 30]);
    });

    test('a flow nobody started is not there', async () => {
      const { one } = bench();
      const locked = await one.store.road((tx) => tx.lock(['nobody'], ['nobody']));
      expect([locked.flows.size, locked.parked.size]).toEqual([0, 0]);
      expect(locked.now).toBeGreaterThan(1_700_000_000_000);
    });

    test('a parked flow is reported with its reason, and the other flows are loaded', async () => {
      const { one, two, fresh } = bench();
      const [broken, sound] = [fresh('flow'), fresh('flow')];
      await start(one.store, [startInput(broken), startInput(sound)]);
      await one.store.road((tx) =>
        tx.refuse([], [{ flowId: broken, reason: 'a law "broke"' }], []),
      );
      const { flows, parked } = await two.store.road((tx) => tx.lock([broken, sound], []));
      expect([[...flows.keys()], [...parked]]).toEqual([[sound], [[broken, 'a law "broke"']]]);
    });

    test('flows of a paused orchestration know it', async () => {
      const { rig, one, fresh } = bench();
      const recipe = await register(one.store, orchestration(fresh('recipe')));
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId, { recipe })]);
      await rig.pauseOrchestration(recipe.name);
      expect((await one.store.road((tx) => lockOne(tx, flowId))).orchestrationPaused).toBe(true);
      expect((await one.store.orchestration(recipe.name, null))?.paused).toBe(true);
    });

    test('a command no publisher has can be withdrawn until a relay takes it', async () => {
      const { rig, one, two, fresh } = bench();
      const [given, waiting, taken] = [fresh('flow'), fresh('flow'), fresh('flow')];
      await start(one.store, [startInput(given)]);
      await start(one.store, [startInput(taken)], false);
      while ((await two.store.outboxTake(50)).length > 0);
      await start(one.store, [startInput(waiting)], false);
      const { flows } = await two.store.road((tx) => tx.lock([given, waiting, taken], []));
      const attempt = attemptIdOf(waiting, {
        stepName: 'createRealm',
        action: 'DO',
        round: 0,
        attempt: 1,
      });
      expect([given, waiting, taken].map((flowId) => flows.get(flowId)?.withdrawable)).toEqual([
        [],
        [attempt],
        [],
      ]);
      const withdrawn = { type: 'DO_WITHDRAWN', stepName: 'createRealm', attempt: 1 } as const;
      await change(two.store, waiting, (flow) =>
        changeRecord(flow, {}, [withdrawn], { withdrawn: [attempt] }),
      );
      expect([await rig.waiting(given), await rig.waiting(waiting)]).toEqual([1, 0]);
    });

    test('who ticks learns what is still in the outbox, apart from what was acknowledged', async () => {
      const { one, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      await change(one.store, flowId, (flow) => firstStepDone(flow));
      await one.store.outboxSent([{ flowId, number: 2 }]);
      const unsent = [
        attemptIdOf(flowId, { stepName: 'createClient', action: 'DO', round: 0, attempt: 1 }),
      ];
      expect((await one.store.road((tx) => lockOne(tx, flowId, true))).unsent).toEqual(unsent);
      expect((await one.store.road((tx) => lockOne(tx, flowId, false))).unsent).toEqual([]);
    });

    test('what nobody could use is kept, bytes and all, and its copy waits for the relay', async () => {
      const { rig, one, two, fresh } = bench();
      const topic = fresh('topic');
      const value = Uint8Array.from([0, 255, 34, 92, 10]);
      const copy = {
        topic: `${topic}.dlq`,
        key: null,
        value,
        headers: { cause: 'x' },
        flowId: `!${topic}/0`,
        number: 7,
        attemptId: null,
      };
      const cause = { code: 'NOT_JSON', message: 'no "JSON"', flowId: null, stepName: null };
      const notice = { ...copy, topic: 'ends', value: '{}', flowId: `!refused/${topic}/0` };
      await one.store.road((tx) =>
        tx.refuse(
          [{ ...cause, key: null, value, position: position(7, { topic }), copy, notice }],
          [],
          [],
        ),
      );
      const kept = await rig.quarantined(topic);
      expect(kept.map((entry) => ({ ...entry, value: [...(entry.value ?? [])] }))).toEqual([
        { code: 'NOT_JSON', offset: 7n, value: [...value] },
      ]);
      await rig.age(11_000);
      const rows = await two.store.outboxTake(1_000);
      expect(rows.find(({ flowId }) => flowId === notice.flowId)).toMatchObject({ topic: 'ends' });
      const row = rows.find(({ flowId }) => flowId === copy.flowId);
      expect(row && { ...row, value: [...Buffer.from(row.value ?? '')] }).toEqual({
        ...copy,
        value: [...value],
      });
    });
  });
}
