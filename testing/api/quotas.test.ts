/** What one caller may start, and how the starts of several are served beside each other. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { FairShares, quotaKeyOf, Rate, Refusals } from '../../src/api/quotas.js';
import type { Running } from './kit/server.js';
import { Callers } from './kit/tokens.js';
import { eventually } from './kit/until.js';

describe('a rate', () => {
  test('lets so many through at once, and as many each second', () => {
    let now = 0;
    const rate = new Rate(3, undefined, () => now);
    const takes = (count: number): number =>
      Array.from({ length: count }, () => rate.take('ann')).filter((taken) => taken).length;
    expect(takes(5)).toBe(3);
    now += 334;
    expect(takes(5)).toBe(1);
    now += 100_000;
    expect(takes(5)).toBe(3);
  });

  test('is for each caller, and counts what it refuses', () => {
    const refusals = new Refusals();
    const rate = new Rate(1, refusals.of('starts'), () => 0);
    expect(['ann', 'ann', 'bob', 'ann'].map((key) => rate.take(key))).toEqual([
      true,
      false,
      true,
      false,
    ]);
    expect(refusals.counts).toEqual(new Map([['starts', 2]]));
  });

  test('0 is no bound', () => {
    const rate = new Rate(0);
    expect(Array.from({ length: 1000 }, () => rate.take('ann'))).not.toContain(false);
  });

  test('one refusal a second is worth noting', () => {
    let now = 0;
    const rate = new Rate(1, undefined, () => now);
    rate.take('ann');
    const notes = [rate.isWorthNoting('ann'), rate.isWorthNoting('ann')];
    now = 1000;
    notes.push(rate.isWorthNoting('ann'));
    expect(notes).toEqual([true, false, true]);
  });
});

describe('starts of several callers', () => {
  /** Work that ends when the test ends it; `running` has the keys of what is under way. */
  function served(bounds = { atOnce: 2, waiting: 3, patienceMs: 60_000 }) {
    const clock = { now: 0 };
    const fair = new FairShares(bounds, undefined, () => clock.now);
    const running: string[] = [];
    const ends: (() => void)[] = [];
    const start = (key: string): Promise<void> =>
      fair.run(key, () => {
        running.push(key);
        return new Promise((resolve) => {
          ends.push(() => {
            running.splice(running.indexOf(key), 1);
            resolve();
          });
        });
      });
    /** What can happen by itself has happened. */
    const settled = () => new Promise<void>((resolve) => setImmediate(() => resolve()));
    return { clock, running, ends, start, settled };
  }

  test('one alone may have any number under way', async () => {
    const { running, ends, start, settled } = served();
    const all = Array.from({ length: 10 }, () => start('ann'));
    await settled();
    expect(running).toHaveLength(10);
    for (const end of ends) end();
    await Promise.all(all);
  });

  test('beside others each has a few, and the rest waits for its own', async () => {
    const { running, ends, start, settled } = served();
    const bob = start('bob');
    const all = Array.from({ length: 5 }, () => start('ann'));
    await settled();
    expect(running.toSorted()).toEqual(['ann', 'ann', 'bob']);
    ends[1]?.();
    await settled();
    expect(running.toSorted()).toEqual(['ann', 'ann', 'bob']);
    for (let at = 0; at < 6; at++) {
      ends[at]?.();
      await settled();
    }
    await Promise.all([bob, ...all]);
  });

  test('who is alone again has all of it', async () => {
    const { clock, running, ends, start, settled } = served();
    const bob = start('bob');
    const all = Array.from({ length: 5 }, () => start('ann'));
    await settled();
    ends[0]?.();
    await bob;
    clock.now = 2000;
    ends[1]?.();
    await settled();
    expect(running).toEqual(['ann', 'ann', 'ann', 'ann']);
    for (const end of ends.slice(2)) end();
    await Promise.all(all);
  });

  test('too many that wait, or that wait too long, are overload', async () => {
    const { ends, start, settled } = served({ atOnce: 1, waiting: 1, patienceMs: 1 });
    const bob = start('bob');
    const ann = start('ann');
    const late = start('ann');
    await expect(start('ann')).rejects.toMatchObject({ code: 'OVERLOADED' });
    await expect(late).rejects.toMatchObject({ code: 'OVERLOADED' });
    await settled();
    for (const end of ends) end();
    await Promise.all([bob, ann]);
    expect(ends).toHaveLength(2);
  });
});

test('who is counted: the subject once it is proven, the address otherwise', () => {
  const nobody = { roles: [], scopes: [], expiresAt: null, name: 'Ann' } as const;
  expect(quotaKeyOf(null, '10.0.0.1')).toBe('10.0.0.1');
  expect(quotaKeyOf({ ...nobody, kind: 'none', subject: 'anonymous' }, '10.0.0.1')).toBe(
    '10.0.0.1',
  );
  const keys = (['token', 'jwt'] as const).map((kind) =>
    quotaKeyOf({ ...nobody, kind, subject: 'ann' }, '10.0.0.1'),
  );
  expect(keys).toEqual(['token ann', 'jwt ann']);
});

describe('STARTS_PER_SECOND', () => {
  const callers = new Callers();
  let running: Running;
  beforeAll(async () => {
    running = await callers.api({ startsPerSecond: 1 });
  });
  afterAll(async () => {
    await running.close();
    callers[Symbol.dispose]();
  });

  const as = (name: string) => callers.as(name);
  const MANY =
    'mutation ($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { created problems { code message } } }';
  const inputs = Array.from({ length: 5 }, () => ({ orchestrationName: 'tenantCreation' }));
  const many = (name: string) => running.graphql(MANY, { inputs }, as(name));

  test('beyond it a start is refused with RATE_LIMITED and Retry-After; others are served', async () => {
    for (const name of ['ann', 'bob']) {
      const { status, headers, body } = await many(name);
      expect([status, headers.get('retry-after')]).toEqual([200, '1']);
      const answers = body.data?.executeMany as unknown as readonly {
        readonly created: boolean;
        readonly problems: readonly { readonly code: string }[];
      }[];
      expect(answers.map(({ created }) => created)).toEqual([true, false, false, false, false]);
      const codes = answers.flatMap(({ problems }) => problems.map(({ code }) => code));
      expect(codes).toEqual(Array(4).fill('RATE_LIMITED'));
      const rows = running.engine.refusals.filter(({ actor }) => actor.endsWith(name));
      expect(rows).toMatchObject([{ code: 'RATE_LIMITED' }]);
    }
  });

  test('REST answers 429, and the metrics count it', async () => {
    const body = JSON.stringify({ orchestrationName: 'tenantCreation', payload: {} });
    const start = () => running.post('/api/orchestrations/execute', body, as('eve'));
    await eventually(async () => {
      const { status, headers, text } = await start();
      if (status !== 429) return false;
      expect(headers.get('retry-after')).toBe('1');
      expect(JSON.parse(text)).toMatchObject({ code: 'RATE_LIMITED', title: 'Too Many Requests' });
      return true;
    });
    const { text } = await running.get('/metrics', as('eve'));
    expect(text).toMatch(/^backstep_refused_total\{limit="starts_per_second"\} [1-9]/m);
    expect(text).toMatch(/^backstep_refused_total\{limit="subscriptions"\} 0$/m);
  });
});
