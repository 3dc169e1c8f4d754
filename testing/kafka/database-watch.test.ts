/** How the database is watched; on a database in name only. */
import { mock } from 'node:test';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DatabaseWatch } from '../../src/kafka/database-watch.js';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'setInterval'] }));
afterEach(() => {
  mock.timers.reset();
  mock.restoreAll();
});

/** Its own clock, and what `query` answers. */
function watched(query: () => Promise<string>) {
  let now = 0;
  mock.method(performance, 'now', () => now);
  const away: Error[] = [];
  const watch = new DatabaseWatch({ databaseId: query }, (error) => away.push(error));
  watch.start();
  const passes = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      now += 500;
      mock.timers.tick(500);
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
    }
  };
  return { watch, away, passes };
}

const fails = async (): Promise<string> => {
  throw new Error('connection refused');
};

test('a database that is away for 15 s is reported, with how long and why', async () => {
  const { away, passes, watch } = watched(fails);
  await passes(14_500);
  expect(away).toEqual([]);
  await passes(1_000);
  expect(away[0]?.message).toMatch(/has not answered for 15 s/);
  expect(away[0]?.cause).toMatchObject({ message: 'connection refused' });
  watch.stop();
});

test('one that answers nothing, too', async () => {
  const { away, passes, watch } = watched(() => new Promise(() => undefined));
  await passes(25_000);
  expect(away.length).toBeGreaterThan(0);
  watch.stop();
});

test('not while replies are recorded: the query may lack a connection of its own', async () => {
  const { away, passes, watch } = watched(fails);
  for (let turn = 0; turn < 4; turn++) {
    await passes(10_000);
    await watch.answers(Promise.resolve());
  }
  expect(away).toEqual([]);
  watch.stop();
});

test('after it was stopped nothing is reported', async () => {
  const { away, passes, watch } = watched(fails);
  await passes(10_000);
  watch.stop();
  await passes(20_000);
  expect(away).toEqual([]);
});
