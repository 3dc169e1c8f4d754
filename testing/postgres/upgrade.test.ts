/**
 * A newer schema comes while gateways of the older version serve: expand, then contract
 * (docs/decisions/0005-expand-then-contract.md).
 */
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MIGRATIONS } from '../../src/postgres/schema/migration-files.js';
import { firstStepDone, register, start, startInput } from '../contracts/store-builders.js';
import { gate, listeningLog } from '../engine/builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';

/** Their names come after those of ours: files are applied in the order of their names. */
const V2 = new URL('../fixtures/upgrade/', import.meta.url);
const CONTRACT = 'migration-z2-c-contract';
const NAMES = ['migration-z2-a-region', 'migration-z2-b-region-index'];
/** The most a migration may hold somebody up (src/postgres/schema/migrations.ts). */
const PATIENCE_MS = 1_500;

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database?.close());

/** The version under test: this code, and a schema one step further. */
const newer = (more: object = {}) =>
  database.open({ instanceId: 'new', migrations: [MIGRATIONS, V2], ...more });

/**
 * A gateway of the older version at work, one transaction after the other; `stop` answers how long
 * each took, ms.
 */
async function load() {
  const { store } = database.open({ instanceId: 'old' });
  await store.onRemoteCommit(() => undefined);
  await register(store);
  const times: number[] = [];
  const waiting: { readonly until: number; readonly open: () => void }[] = [];
  let stopped = false;
  const work = (async () => {
    for (let round = 0; !stopped; round++) {
      const ids = Array.from({ length: 5 }, (_, index) => `load-${round}-${index}`);
      const began = performance.now();
      await start(
        store,
        ids.map((flowId) => startInput(flowId)),
      );
      await store.road(async (tx) => {
        const { flows } = await tx.lock(ids, []);
        await tx.record(
          [...flows.values()].map((flow) => firstStepDone(flow)),
          true,
        );
      });
      times.push(performance.now() - began);
      for (const { until, open } of waiting) if (times.length >= until) open();
    }
    return times;
  })();
  /** Until it has done so many more, or has failed. */
  const rounds = async (count: number): Promise<void> => {
    const { opened, open } = gate();
    waiting.push({ until: times.length + count, open: () => open() });
    await Promise.race([opened, work]);
  };
  const stop = (): Promise<number[]> => {
    stopped = true;
    return work;
  };
  return { times, rounds, stop };
}

test('while an older gateway works, the schema grows: nothing fails, and nobody waits for longer than a moment', async () => {
  const old = await load();
  await old.rounds(30);
  const slowest = Math.max(...old.times);
  const from = old.times.length;
  expect(await newer().migrate()).toEqual({ applied: NAMES });
  await old.rounds(30);
  const times = await old.stop();
  expect(Math.max(...times.slice(from))).toBeLessThan(3 * PATIENCE_MS + 10 * slowest);
  expect(
    await database.sql(
      `SELECT indisvalid FROM pg_index WHERE indexrelid = 'orchestration_run_region'::regclass`,
    ),
  ).toEqual([{ indisvalid: true }]);
});

test('a long transaction in the way: the migration stands back, the gateways work on, and it comes when the way is free', async () => {
  const old = await load();
  await old.rounds(10);
  const slowest = Math.max(...old.times);
  const stoodBack = gate();
  const log = { ...listeningLog(), warn: () => stoodBack.open() };
  const away = gate();
  const holding = gate();
  // Somebody's report: it has read the table and does not end.
  const report = database.open({ instanceId: 'report' }).store.road(async (tx) => {
    await tx.lock(['nobody'], []);
    holding.open();
    await away.opened;
  });
  await holding.opened;
  const migrated = newer({ log }).migrate();
  await stoodBack.opened;
  const from = old.times.length;
  await old.rounds(20);
  away.open();
  await report;
  expect(await migrated).toEqual({ applied: NAMES });
  expect(Math.max(...(await old.stop()).slice(from))).toBeLessThan(3 * PATIENCE_MS + 10 * slowest);
});

test('both versions serve side by side, and the older one can be started again', async () => {
  const before = database.open({ instanceId: 'old' });
  await before.store.onRemoteCommit(() => undefined);
  await register(before.store);
  await start(before.store, [startInput('by-old')]);
  const after = newer();
  await after.migrate();
  await start(after.store, [startInput('by-new')]);
  await start(before.store, [startInput('by-old-later')]);
  const again = database.open({ instanceId: 'old again' });
  expect(await again.migrate()).toEqual({ applied: [] });
  for (const { readModel } of [before, after, again])
    expect((await readModel.flows(['by-old', 'by-new', 'by-old-later'])).size).toBe(3);
});

test('what an older gateway that serves still needs is not taken away; once it has gone, the next start does', async () => {
  const old = database.open({ instanceId: 'old' });
  const leave = await old.store.onRemoteCommit(() => undefined);
  const first = newer();
  expect((await first.migrate()).applied).toEqual(NAMES);
  await first.store.onRemoteCommit(() => undefined);
  expect((await newer({ instanceId: 'second' }).migrate()).applied).toEqual([]);
  await leave();
  // The server notices a moment later that the connection is gone.
  const third = newer({ instanceId: 'third' });
  let applied: readonly string[] = [];
  for (const until = Date.now() + 10_000; applied.length === 0 && Date.now() < until; )
    applied = (await third.migrate()).applied;
  expect(applied).toEqual([CONTRACT]);
});

test('two newer gateways started at once: one builds the index, the other is not in its way', async () => {
  const applied = await Promise.all(
    [newer(), newer({ instanceId: 'new too' })].map((one) => one.migrate()),
  );
  expect(applied.flatMap((one) => one.applied)).toEqual([...NAMES, CONTRACT]);
});

test('by hand it is the same, and twice is harmless; an index that broke off half-way is built again', async () => {
  const byHand = async (): Promise<void> => {
    for (const name of NAMES) {
      const text = await readFile(new URL(`${name}.sql`, V2), 'utf8');
      // As psql -f: one statement after the other, each for itself.
      for (const statement of text.split(/;[ \t]*$/m))
        if (/^\w/m.test(statement.replace(/^--.*$/gm, ''))) await database.sql(statement);
    }
  };
  await byHand();
  await database.sql(
    `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'orchestration_run_region'::regclass`,
  );
  await byHand();
  expect(
    await database.sql(
      `SELECT indisvalid FROM pg_index WHERE indexrelid = 'orchestration_run_region'::regclass`,
    ),
  ).toEqual([{ indisvalid: true }]);
  const since = "SELECT name FROM mikro_orm_migrations WHERE name LIKE 'migration-z2%' ORDER BY id";
  expect(await database.sql(since)).toEqual(NAMES.map((name) => ({ name })));
  expect(await newer().migrate()).toEqual({ applied: [CONTRACT] });
});
