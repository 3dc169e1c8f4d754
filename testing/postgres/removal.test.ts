/** Removal beside the road: neither waits for the other, and nothing of a flow stays behind. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Store } from '../../src/engine/ports.js';
import {
  change,
  changeRecord,
  lockOne,
  register,
  startInput,
  startRecord,
} from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const DAY = 86_400_000;
let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await testDatabase();
  store = database.open().store;
  await register(store);
});
afterAll(() => database?.close());

async function completed(flowId: string, days: number): Promise<void> {
  const outbox = await store.road(async (tx) => {
    const { now } = await tx.lock([], []);
    const record = startRecord(startInput(flowId), now - days * DAY);
    await tx.record([record], true);
    return record.outbox;
  });
  await store.outboxSent(outbox);
  await store.outboxTake(0);
  const end = { type: 'FLOW_COMPLETED', output: null } as const;
  await change(store, flowId, (flow) =>
    changeRecord(flow, { flow: { status: 'COMPLETED', endedAt: flow.now - days * DAY } }, [end]),
  );
}

const remove = () => store.removing((removal) => removal.flows('COMPLETED', 30 * DAY, null, 100));

test('a flow the road holds just now is passed by, not waited for', async () => {
  await completed('held', 40);
  await completed('free', 39);
  const removed = await store.road(async (tx) => {
    await lockOne(tx, 'held');
    return remove();
  });
  expect(removed?.removed).toBe(1);
  expect((await remove())?.removed).toBe(1);
});

test('nothing of a flow stays behind, whatever the road writes to it at the same time', async () => {
  const ids = Array.from({ length: 40 }, (_, index) => `busy-${index}`);
  for (const flowId of ids) await completed(flowId, 40);
  const refusal = {
    type: 'REPLY_REFUSED',
    code: 'FLOW_ENDED',
    stepName: null,
    action: null,
    message: 'late',
  } as const;
  const write = async (flowId: string): Promise<unknown> =>
    store.road(async (tx) => {
      const flow = (await tx.lock([flowId], [])).flows.get(flowId);
      return flow === undefined ? null : tx.record([changeRecord(flow, {}, [refusal])], true);
    });
  const writes = (async () => {
    for (const flowId of ids) await write(flowId);
  })();
  await store.removing(async (removal) => {
    for (let after: string | null = null; ; ) {
      const { next } = await removal.flows('COMPLETED', 30 * DAY, after, 3);
      if (next === null) return;
      after = next;
    }
  });
  await writes;
  await remove();
  const left = await database.sql(
    `SELECT flow_id FROM orchestration_timeline t WHERE NOT EXISTS (SELECT FROM orchestration_run r WHERE r.flow_id = t.flow_id)
     UNION ALL SELECT flow_id FROM orchestration_step_run s WHERE NOT EXISTS (SELECT FROM orchestration_run r WHERE r.flow_id = s.flow_id)`,
  );
  expect(left).toEqual([]);
});

test('a gateway whose connection breaks in the middle is no longer alone: another one goes on', async () => {
  const other = database.open({ instanceId: 'two' }).store;
  await completed('late', 40);
  const broken = store.removing(async (removal) => {
    await database.sql(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'backstep retention' AND datname = current_database()`,
    );
    return removal.flows('COMPLETED', 30 * DAY, null, 100);
  });
  await expect(broken).rejects.toMatchObject({ code: 'DATABASE_AWAY' });
  expect(
    (await other.removing((removal) => removal.flows('COMPLETED', 30 * DAY, null, 100)))?.removed,
  ).toBe(1);
});
