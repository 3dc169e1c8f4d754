/** What is old and over goes, whole; whatever is not over stays, however old. */
import { describe, expect, test } from '@jest/globals';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import type {
  Delivery,
  EndStatus,
  QuarantineEntry,
  Removal,
  Store,
} from '../../src/engine/ports.js';
import type { EventBody } from '../../src/saga/event.js';
import type { Flow } from '../../src/saga/flow.js';
import { createWire } from '../../src/wire/outgoing.js';
import type { Bench } from './store.js';
import {
  change,
  changeRecord,
  outboxRow,
  position,
  type StartWish,
  startInput,
  startRecord,
} from './store-builders.js';

const DAY = 86_400_000;
const ENDS = {
  COMPLETED: { type: 'FLOW_COMPLETED', output: null },
  UNDONE: { type: 'FLOW_UNDONE' },
  FAILED: { type: 'FLOW_FAILED', failureReason: 'boom' },
  CANCELLED: { type: 'FLOW_CANCELLED', failureReason: 'no', actor: 'ann', reason: 'no' },
} as const satisfies Readonly<Record<EndStatus, EventBody>>;

/** A flow that began `days` ago, its first command sent. */
async function begin(
  store: Store,
  flowId: string,
  days: number,
  wish: StartWish = {},
): Promise<void> {
  const sent = await store.road(async (tx) => {
    const { now } = await tx.lock([], []);
    const record = startRecord(startInput(flowId, wish), now - days * DAY);
    await tx.record([record], true);
    return record.outbox;
  });
  await store.outboxSent(sent);
  await store.outboxTake(0);
}

function end(
  store: Store,
  flowId: string,
  [status, days]: readonly [EndStatus, number],
  more: Parameters<typeof changeRecord>[3] = {},
) {
  return change(store, flowId, (flow) =>
    changeRecord(flow, { flow: { status, endedAt: flow.now - days * DAY } }, [ENDS[status]], more),
  );
}

/** All batches of one status; how many were removed. */
async function remove(
  store: Store,
  status: EndStatus,
  days: number,
  most = 100,
): Promise<number | null> {
  return store.removing(async (removal: Removal) => {
    let count = 0;
    for (let after: string | null = null; ; ) {
      const { removed, next } = await removal.flows(status, days * DAY, after, most);
      count += removed;
      if (next === null) return count;
      after = next;
    }
  });
}

function unusable(topic: string): QuarantineEntry {
  const copy = {
    topic: 'dlq',
    key: null,
    value: null,
    headers: {},
    flowId: `!${topic}/0`,
    number: 7,
    attemptId: null,
  };
  const cause = { code: 'NOT_JSON', message: 'no JSON', flowId: null, stepName: null };
  return { ...cause, key: null, value: null, position: position(7, { topic }), copy, notice: null };
}

function late(flowId: string, topic: string): Delivery {
  const rest = {
    stepName: 'createRealm',
    action: 'DO',
    outcome: 'success',
    attemptId: null,
    payload: null,
  } as const;
  const input = {
    type: 'REPLY',
    flowId,
    ...rest,
    errorMessage: null,
    errorCode: null,
    retryable: true,
  } as const;
  const raw = { key: null, value: Uint8Array.from([1]) };
  const place = position(3, { topic });
  return { from: 'record', position: place, raw, kind: 'input', input };
}

export function storeRemovalContract(bench: () => Bench): void {
  describe('removal', () => {
    test.each(Object.keys(ENDS) as EndStatus[])(
      'a flow that ended as %s long enough ago goes, rows and all',
      async (status) => {
        const { rig, one, fresh } = bench();
        const [old, young] = [fresh('flow'), fresh('flow')];
        for (const flowId of [old, young]) await begin(one.store, flowId, 50);
        await end(one.store, old, [status, 40]);
        await end(one.store, young, [status, 20]);
        expect(await remove(one.store, status, 30)).toBe(1);
        expect(await rig.rows(old)).toBe(0);
        expect(await one.readModel.timeline(old, 0, 10)).toBeNull();
        expect(await one.readModel.timeline(young, 0, 10)).toHaveLength(3);
        expect(await remove(one.store, status, 30)).toBe(0);
      },
    );

    test('a status is removed only when it is named: a FAILED flow stays with COMPLETED ones gone', async () => {
      const { one, fresh } = bench();
      const [failed, completed] = [fresh('flow'), fresh('flow')];
      for (const flowId of [failed, completed]) await begin(one.store, flowId, 50);
      await end(one.store, failed, ['FAILED', 45]);
      await end(one.store, completed, ['COMPLETED', 45]);
      for (const status of ['COMPLETED', 'UNDONE', 'CANCELLED'] as const)
        await remove(one.store, status, 30);
      expect([...(await one.readModel.flows([failed, completed])).keys()]).toEqual([failed]);
      await remove(one.store, 'FAILED', 30);
    });

    test('what is not over stays: running, held, undoing, parked, to be looked at again, with a message on its way', async () => {
      const { one, fresh } = bench();
      const kept = new Map<string, (flow: Flow) => Partial<Flow>>([
        [fresh('running'), () => ({})],
        [fresh('held'), () => ({ held: true })],
        [fresh('paused'), ({ now }) => ({ paused: true, pausedAt: now })],
        [fresh('undoing'), () => ({ status: 'UNDOING' })],
      ]);
      for (const [flowId, state] of kept) {
        await begin(one.store, flowId, 50);
        await change(one.store, flowId, (flow) =>
          changeRecord(flow, { flow: state(flow) }, [{ type: 'FLOW_RELEASED' }]),
        );
      }
      const [parked, waking, sending] = [fresh('parked'), fresh('waking'), fresh('sending')];
      for (const flowId of [parked, waking, sending]) await begin(one.store, flowId, 50);
      await end(one.store, parked, ['COMPLETED', 45]);
      await one.store.road((tx) => tx.refuse([], [{ flowId: parked, reason: 'broken' }], []));
      await change(one.store, waking, (flow) =>
        changeRecord(
          flow,
          { flow: { status: 'COMPLETED', endedAt: flow.now - 45 * DAY } },
          [ENDS.COMPLETED],
          { wakeAt: flow.now + DAY },
        ),
      );
      await end(one.store, sending, ['COMPLETED', 45], { outbox: [outboxRow(sending, 3)] });
      for (const status of Object.keys(ENDS) as EndStatus[])
        expect(await remove(one.store, status, 30)).toBe(0);
      const ids = [...kept.keys(), parked, waking, sending];
      expect((await one.readModel.flows(ids)).size).toBe(ids.length);
      await one.store.outboxSent([{ flowId: sending, number: 3 }]);
      await one.store.outboxTake(0);
      expect(await remove(one.store, 'COMPLETED', 30)).toBe(1);
    });

    test('small batches walk from the oldest on, past those that stay', async () => {
      const { one, fresh } = bench();
      const flows = Array.from({ length: 7 }, (_, index) => ({
        flowId: fresh('flow'),
        days: 60 - index,
        stays: index % 3 === 1,
      }));
      for (const { flowId, days, stays } of flows) {
        await begin(one.store, flowId, days);
        if (!stays) await end(one.store, flowId, ['COMPLETED', 40]);
      }
      expect(await remove(one.store, 'COMPLETED', 30, 2)).toBe(5);
      const left = await one.readModel.flows(flows.map(({ flowId }) => flowId));
      expect([...left.keys()].sort()).toEqual(
        flows
          .filter(({ stays }) => stays)
          .map(({ flowId }) => flowId)
          .sort(),
      );
    });

    test('the idempotency key of a removed flow starts a new one', async () => {
      const { one, fresh } = bench();
      const [first, second, idempotencyKey] = [fresh('flow'), fresh('flow'), fresh('key')];
      await begin(one.store, first, 50, { idempotencyKey });
      await end(one.store, first, ['COMPLETED', 40]);
      const known = () =>
        one.store.road(
          async (tx) =>
            (await tx.admit([], [startInput(second, { idempotencyKey })], [])).existing.get(0)
              ?.flowId,
        );
      expect(await known()).toBe(first);
      await remove(one.store, 'COMPLETED', 30);
      expect(await known()).toBeUndefined();
      await begin(one.store, second, 0, { idempotencyKey });
      expect(await known()).toBe(second);
    });

    test('a late reply to a removed flow lies in quarantine: there is no such flow', async () => {
      const { rig, one, fresh } = bench();
      const [flowId, topic] = [fresh('flow'), fresh('topic')];
      await begin(one.store, flowId, 50);
      await end(one.store, flowId, ['UNDONE', 40]);
      await remove(one.store, 'UNDONE', 30);
      const { outcomes, records } = await unitOfWork(
        { store: one.store, wire: createWire({ commandTypeId: null, source: '/test' }) },
        [late(flowId, topic)],
        true,
      );
      expect([outcomes.map(({ kind }) => kind), records]).toEqual([['unknown-flow'], []]);
      expect((await rig.quarantined(topic)).map(({ code }) => code)).toEqual(['UNKNOWN_FLOW']);
    });

    test('one instance at a time', async () => {
      const { one, two } = bench();
      const inside = await one.store.removing(async () => two.store.removing(async () => 'both'));
      expect(inside).toBeNull();
      expect(await two.store.removing(async () => 'afterwards')).toBe('afterwards');
      await expect(one.store.removing(() => Promise.reject(new Error('broke')))).rejects.toThrow(
        'broke',
      );
      expect(await two.store.removing(async () => 'again')).toBe('again');
    });

    test('a quarantined record goes when it is settled and old, and not before', async () => {
      const { rig, one, fresh } = bench();
      const [settled, young, open] = [fresh('topic'), fresh('topic'), fresh('topic')];
      await one.store.road((tx) => tx.refuse([settled, young, open].map(unusable), [], []));
      await rig.settle(settled, 40 * DAY);
      await rig.settle(young, 20 * DAY);
      const removed = await one.store.removing((removal) =>
        removal.quarantined(30 * DAY, null, 100),
      );
      expect(removed).toEqual({ removed: 1, next: null });
      const left = await Promise.all([settled, young, open].map((topic) => rig.quarantined(topic)));
      expect(left.map((rows) => rows.length)).toEqual([0, 1, 1]);
    });
  });
}
