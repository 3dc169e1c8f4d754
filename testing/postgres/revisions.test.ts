/**
 * The steps there are, from the first schema to this one, while an instance of the older version
 * serves; upgrade.test.ts shows the way with steps made up.
 */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const EARLIER = new URL('../fixtures/schema-1.sql', import.meta.url);
const NEW_COLUMNS = `SELECT column_name AS name FROM information_schema.columns
  WHERE (table_name, column_name) IN (('orchestration_quarantine', 'headers'), ('orchestration_quarantine', 'settled_at'),
    ('orchestration_quarantine', 'settled_by'), ('orchestration_quarantine', 'settled_reason'),
    ('orchestration_name', 'policies'), ('orchestration_run', 'policy'),
    ('orchestration_step_run', 'input_of_flow'), ('orchestration_outbox', 'payload_of_flow')) ORDER BY 1`;

describe('from the first revision of the schema', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ empty: true });
    await database.sql(await readFile(EARLIER, 'utf8'));
  });
  afterAll(() => database?.close());

  test('to this one, while an older instance goes on starting and recording flows', async () => {
    const served = load(database);
    await served.some(20);
    expect(await database.open({ instanceId: 'now' }).migrate()).toEqual({
      applied: [
        'migration-quarantine-settled',
        'migration-retry-policies',
        'migration-standing',
        'migration-start-payloads',
        'migration-start-schema',
        'migration-with-audit',
        'migration-with-objectives',
        'migration-with-sensitive',
        'migration-with-stored-ciphertext',
        'migration-with-who-started',
        'migration-with-whose-open-flows',
      ],
    });
    await served.some(20);
    expect(await served.stop()).toBeGreaterThanOrEqual(40);
    expect((await database.sql(NEW_COLUMNS)).map(({ name }) => name)).toEqual([
      'headers',
      'input_of_flow',
      'payload_of_flow',
      'policies',
      'policy',
      'settled_at',
      'settled_by',
      'settled_reason',
    ]);
  });
});

const START = `INSERT INTO orchestration_run (flow_id, orchestration_name, orchestration_version, status, started_at, headers, last_event_number)
  VALUES ($1, 'accounts', 1, 'IN_PROGRESS', now(), '{}', 2)`;
const CHANGE = `UPDATE orchestration_run SET state = NULL, last_event_number = 3 WHERE flow_id = $1`;

/**
 * Rows of flows written and changed as an older instance does it, one after the other, until it
 * is stopped. In SQL: the current stores read columns that are not there yet.
 */
function load(database: TestDatabase) {
  let done = 0;
  let stopping = false;
  const run = (async () => {
    for (let number = 0; !stopping; number++) {
      await database.sql(START, [`load-${number}`]);
      await database.sql(CHANGE, [`load-${number}`]);
      done++;
    }
  })();
  return {
    /** Resolves after so many more; rejects when one could not be recorded. */
    async some(more: number): Promise<void> {
      const until = done + more;
      while (done < until)
        await Promise.race([run, new Promise((resolve) => setImmediate(resolve))]);
    },
    async stop(): Promise<number> {
      stopping = true;
      await run;
      return done;
    },
  };
}
