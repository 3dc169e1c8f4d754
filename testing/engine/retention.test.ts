import { expect, test } from '@jest/globals';
import { Fault, type Removal, type Removed } from '../../src/engine/ports.js';
import { KEEP_ALL, type Keep, Retention } from '../../src/engine/retention/retention.js';
import { gate, listeningLog } from './builders.js';

const COMPLETED: Keep = { ...KEEP_ALL, flows: { ...KEEP_ALL.flows, COMPLETED: 1000 } };

/** A retention whose store answers each batch as `batch` returns. */
function retentionOver(
  batch: (look: number, after: string | null) => Promise<Removed> | Removed,
  keep = COMPLETED,
  everyMs = 1,
) {
  const log = listeningLog();
  let looks = 0;
  let passes = 0;
  const requested: string[] = [];
  const removal: Removal = {
    flows: async (status, ageMs, after) => {
      requested.push(`${status} ${ageMs}`);
      return batch(++looks, after);
    },
    quarantined: async (ageMs, after) => {
      requested.push(`quarantined ${ageMs}`);
      return batch(++looks, after);
    },
    audit: async (ageMs, after) => {
      requested.push(`audit ${ageMs}`);
      return batch(++looks, after);
    },
    slo: async (ageMs, after) => {
      requested.push(`slo ${ageMs}`);
      return batch(++looks, after);
    },
  };
  const store = {
    removing: async <T>(work: (removal: Removal) => Promise<T>): Promise<T | null> => {
      passes++;
      return work(removal);
    },
  };
  const retention = new Retention({ store, log, keep, everyMs, batchSize: 500 });
  return { retention, log, requested, looks: () => looks, passes: () => passes };
}

test('a pass goes on where the last batch ended, logs what it removed, and is repeated', async () => {
  const again = gate();
  const places: (string | null)[] = [];
  const { retention, log } = retentionOver((look, after) => {
    places.push(after);
    if (look === 4) again.open();
    return look < 3
      ? { removed: 500, next: `place ${look}` }
      : { removed: look === 3 ? 7 : 0, next: null };
  });
  retention.start();
  await again.opened;
  await retention.stop();
  expect(places.slice(0, 4)).toEqual([null, 'place 1', 'place 2', null]);
  expect(log.lines.map(({ level, fields }) => [level, fields])).toEqual([
    ['info', { removed: { COMPLETED: 1007 } }],
  ]);
});

test('each status has its own age, quarantined records, the audit and counters theirs', async () => {
  const keep: Keep = {
    flows: { COMPLETED: 1, UNDONE: 2, CANCELLED: 3, FAILED: null },
    quarantined: 4,
    audit: 5,
    slo: 6,
  };
  const last = gate();
  const { retention, requested } = retentionOver((look) => {
    if (look === 6) last.open();
    return { removed: 0, next: null };
  }, keep);
  retention.start();
  await last.opened;
  await retention.stop();
  expect(requested.slice(0, 6)).toEqual([
    'COMPLETED 1',
    'UNDONE 2',
    'CANCELLED 3',
    'quarantined 4',
    'audit 5',
    'slo 6',
  ]);
});

test('with everything kept for ever it never looks', async () => {
  const { retention, passes } = retentionOver(() => ({ removed: 0, next: null }), KEEP_ALL, 0);
  retention.start();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await retention.stop();
  expect(passes()).toBe(0);
});

test('it rests after each batch in proportion to its time, and stop ends the rest at once', async () => {
  const first = gate();
  const { retention, looks } = retentionOver(async () => {
    // The rest after it would take nine times as long.
    await new Promise((resolve) => setTimeout(resolve, 500));
    first.open();
    return { removed: 1, next: 'on' };
  });
  retention.start();
  await first.opened;
  const began = performance.now();
  await retention.stop();
  expect(performance.now() - began).toBeLessThan(4000);
  expect(looks()).toBe(1);
});

test('stop waits for the batch under way, and no other follows', async () => {
  const [inside, done] = [gate(), gate()];
  const { retention, looks, log } = retentionOver(async () => {
    inside.open();
    await done.opened;
    return { removed: 3, next: 'on' };
  });
  retention.start();
  await inside.opened;
  const stopped = retention.stop();
  done.open();
  await stopped;
  expect(looks()).toBe(1);
  expect(log.lines.map(({ fields }) => fields)).toEqual([{ removed: { COMPLETED: 3 } }]);
});

test('a database that is away is tried again with the next pass', async () => {
  const again = gate();
  const { retention, log } = retentionOver((look) => {
    if (look === 1) throw new Fault('DATABASE_AWAY', 'away');
    again.open();
    return { removed: 0, next: null };
  });
  retention.start();
  await again.opened;
  await retention.stop();
  expect(log.lines[0]).toMatchObject({
    level: 'warn',
    message: expect.stringContaining('trying again'),
  });
});
