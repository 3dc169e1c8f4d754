/** What metrics show of the whole database, where the times of rows are what a test wants. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Postgres } from '../../src/postgres/database.js';
import { firstStepDone, register, start, startInput } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

let database: TestDatabase;
let postgres: Postgres;
beforeAll(async () => {
  database = await testDatabase();
  postgres = database.open();
  await register(postgres.store);
  await start(postgres.store, [startInput('old'), startInput('new')]);
});
afterAll(() => database?.close());

test('a step is stuck when its first command was sent more than five minutes ago', async () => {
  const stuck = async () => (await postgres.readModel.backlog()).stuckSteps;
  expect(await stuck()).toBe(0);
  const ago = `now() - interval '301 seconds'`;
  await database.sql(`UPDATE orchestration_run SET started_at = ${ago} WHERE flow_id = 'old'`);
  expect(await stuck()).toBe(0);
  await database.sql(
    `UPDATE orchestration_step_run SET status = 'IN_PROGRESS', started_at = ${ago} WHERE flow_id = 'old' AND seq = 1`,
  );
  expect(await stuck()).toBe(1);
  await database.sql(
    `UPDATE orchestration_step_run SET status = 'DO_SUCCESS' WHERE flow_id = 'old' AND seq = 1`,
  );
  expect(await stuck()).toBe(0);
});

test('the age of the outbox is that of the decision its oldest message came from', async () => {
  const { store, readModel } = postgres;
  const waiting = async () => (await readModel.backlog()).outboxSeconds;
  await store.road(async (tx) => {
    const { flows } = await tx.lock(['new'], []);
    const flow = flows.get('new');
    if (flow === undefined) throw new Error('the flow is gone');
    await tx.record([firstStepDone(flow)], true);
  });
  const [{ messages } = { messages: 0 }] = await database.sql(
    'SELECT count(*)::int AS messages FROM orchestration_outbox',
  );
  expect(messages).toBeGreaterThan(0);
  expect(await waiting()).toBeLessThan(100);
  await database.sql(
    `UPDATE orchestration_timeline SET at = at - interval '600 seconds' WHERE flow_id = 'new'`,
  );
  expect(await waiting()).toBeGreaterThanOrEqual(600);
  await database.sql('DELETE FROM orchestration_outbox');
  expect(await waiting()).toBe(0);
});

test('connections are counted, those for writes and those for reads apart', async () => {
  const counts = postgres.store.connections?.() ?? [];
  expect(counts.map(({ pool }) => pool)).toEqual(['write', 'read']);
  for (const { open, idle, waiting } of counts) {
    expect(open).toBeGreaterThan(0);
    expect(idle).toBeLessThanOrEqual(open);
    expect(waiting).toBe(0);
  }
});
