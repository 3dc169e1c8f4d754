/** The steps there are, from the first schema to this one, while an instance of then serves; upgrade.test.ts shows the way with steps made up. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Store } from '../../src/engine/ports.js';
import { change, firstStepDone, register, start, startInput } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

const EARLIER = new URL('../fixtures/schema-1.sql', import.meta.url);
const NEW_COLUMNS = `SELECT column_name AS name FROM information_schema.columns
  WHERE table_name = 'orchestration_quarantine' AND column_name IN ('headers', 'settled_at', 'settled_by', 'settled_reason') ORDER BY 1`;

describe('from the first revision of the schema', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ empty: true });
    await database.sql(await readFile(EARLIER, 'utf8'));
  });
  afterAll(() => database?.close());

  test('to this one, while an instance of then goes on starting and recording flows', async () => {
    const serving = database.open({ instanceId: 'then' }).store;
    await register(serving);
    const served = load(serving);
    await served.some(20);
    expect(await database.open({ instanceId: 'now' }).migrate()).toEqual({
      applied: ['migration-quarantine-settled'],
    });
    await served.some(20);
    expect(await served.stop()).toBeGreaterThanOrEqual(40);
    expect((await database.sql(NEW_COLUMNS)).map(({ name }) => name)).toEqual([
      'headers',
      'settled_at',
      'settled_by',
      'settled_reason',
    ]);
  });
});

/** Flows started and their first replies recorded, one after the other, until it is stopped. */
function load(store: Store) {
  let done = 0;
  let stopping = false;
  const run = (async () => {
    for (let number = 0; !stopping; number++) {
      await start(store, [startInput(`load-${number}`)]);
      await change(store, `load-${number}`, (flow) => firstStepDone(flow));
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
