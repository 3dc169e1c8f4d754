/** A new version arrives while the one before it serves: the schema grows under a load of transactions that know nothing of it. */
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
    expect(await database.open({ instanceId: 'now' }).migrate()).toEqual({ applied: ['migration-do-undo-topics-2'] });
    await served.some(20);
    expect(await served.stop()).toBeGreaterThanOrEqual(40);
    expect((await database.sql(NEW_COLUMNS)).map(({ name }) => name)).toEqual(['headers', 'settled_at', 'settled_by', 'settled_reason']);
  });

  test('a table that is busy is tried again, and whoever waited behind the migration goes on in between', async () => {
    await database.sql("DELETE FROM mikro_orm_migrations WHERE name = 'migration-do-undo-topics-2'");
    await database.sql('ALTER TABLE orchestration_quarantine DROP COLUMN settled_reason');
    const { store } = database.open({ instanceId: 'busy' });
    const holding = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const holder = store.road(async (tx) => {
      await tx.admit([], [], ['1']);
      held.resolve();
      await holding.promise;
    });
    await held.promise;
    const migrated = database.open({ instanceId: 'later' }).migrate();
    // Behind the lock that waits; freed when its patience ends, long before the holder lets go.
    expect(await store.settleQuarantined({ id: '1', actor: 'a', reason: 'b' }, 'DISCARDED').catch((error: Error) => error.message)).toMatch(
      /settled_reason|false/,
    );
    holding.resolve();
    await holder;
    expect(await migrated).toEqual({ applied: ['migration-do-undo-topics-2'] });
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
      while (done < until) await Promise.race([run, new Promise((resolve) => setImmediate(resolve))]);
    },
    async stop(): Promise<number> {
      stopping = true;
      await run;
      return done;
    },
  };
}
