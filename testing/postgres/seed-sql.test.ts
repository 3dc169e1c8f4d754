import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Store } from '../../src/engine/ports.js';
import type { StepRun } from '../../src/saga/flow.js';
import { change, changeRecord, register, start, startInput } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

/** The SQL under a heading of the quick reference, letter for letter. */
async function seedSql(heading: string): Promise<string> {
  const text = await readFile(
    new URL('../fixtures/seed-quick-reference.md', import.meta.url),
    'utf8',
  );
  const found = new RegExp(`### ${heading}\\n\`\`\`sql\\n([^\`]+)\`\`\``).exec(text)?.[1];
  if (found === undefined) throw new Error(`the quick reference has no SQL under ${heading}`);
  return found;
}

const set = (store: Store, flowId: string, steps: Readonly<Record<string, Partial<StepRun>>>) =>
  change(store, flowId, (flow) => changeRecord(flow, { steps }, [{ type: 'FLOW_RELEASED' }]));

describe("the quick reference's queries run as they are written", () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase();
    const { store } = database.open();
    await register(store);
    await start(
      store,
      ['your-flow-id', 'other', 'old'].map((flowId) => startInput(flowId)),
    );
    await set(store, 'your-flow-id', {
      createRealm: { status: 'DO_SUCCESS', attempt: 3, open: null },
      createClient: { status: 'DO_FAIL', attempt: 2, undoAttempt: 3, errorMessage: 'no client' },
    });
    await set(store, 'other', {
      createRealm: { status: 'UNDO_FAIL' },
      createClient: { status: 'RETRY_EXHAUSTED' },
    });
    await set(store, 'old', { createRealm: { status: 'DO_FAIL' } });
    await database.sql(
      `UPDATE orchestration_step_run SET created_at = created_at - interval '2 hours' WHERE flow_id = 'old'`,
    );
  });
  afterAll(() => database?.close());

  test('check step status', async () => {
    const row = (
      step_name: string,
      status: string,
      retry_count: number,
      error_message: string | null,
    ) => ({
      flow_id: 'your-flow-id',
      step_name,
      status,
      retry_count,
      max_retries: 3,
      error_message,
    });
    expect(await database.sql(await seedSql('Check Step Status'))).toEqual([
      row('createRealm', 'DO_SUCCESS', 2, null),
      row('createClient', 'DO_FAIL', 1, 'no client'),
      row('createUser', 'PENDING', 0, null),
    ]);
  });

  test('find failed steps, of the last hour only', async () => {
    const rows = await database.sql(await seedSql('Find Failed Steps'));
    expect(
      rows.map(({ flow_id, step_name, status }) => `${flow_id} ${step_name} ${status}`).sort(),
    ).toEqual([
      'other createClient RETRY_EXHAUSTED',
      'other createRealm UNDO_FAIL',
      'your-flow-id createClient DO_FAIL',
    ]);
  });

  test('monitor retry rates: UNDO retries are not among them', async () => {
    const rows = await database.sql(await seedSql('Monitor Retry Rates'));
    const rates = rows.map(({ step_name, avg_retries, max_retries, total_executions }) => [
      step_name,
      Number(avg_retries).toFixed(2),
      max_retries,
      total_executions,
    ]);
    expect(rates.sort()).toEqual([
      ['createClient', '0.33', 1, '3'],
      ['createRealm', '0.67', 2, '3'],
      ['createUser', '0.00', 0, '3'],
    ]);
  });
});
