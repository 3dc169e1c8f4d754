/** The monitoring checklist: what commits count, and what the figures are made of it. */
import { describe, expect, test } from '@jest/globals';
import type { ReadModel, SloCounts } from '../../src/engine/ports.js';
import { addTo, noCounts, percentile, placeOfTime } from '../../src/engine/slo/counters.js';
import { sloOf } from '../../src/engine/slo/slo.js';
import { SloLog } from '../../src/engine/slo/slo-log.js';
import { silent } from '../../src/observability/log.js';

const times = (...ms: number[]): number[] => {
  const counts = noCounts();
  for (const one of ms) {
    const place = placeOfTime('response', one);
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
};

describe('a percentile', () => {
  test('is null without replies, and lies within the bucket of its reply', () => {
    expect(percentile(noCounts(), 'response', 0.5)).toBeNull();
    const p50 = Number(percentile(times(3, 90, 90, 90, 4000), 'response', 0.5));
    expect(p50).toBeGreaterThan(75);
    expect(p50).toBeLessThanOrEqual(100);
    expect(percentile(times(3, 90, 90, 90, 4000), 'worker', 0.5)).toBeNull();
  });

  test('grows with the share, and ends at the last bound', () => {
    const counts = times(1, 10, 100, 1000, 10_000, 10_000_000);
    const found = [0.1, 0.3, 0.5, 0.7, 0.9, 1].map((share) =>
      Number(percentile(counts, 'response', share)),
    );
    expect(found).toEqual([...found].sort((a, b) => a - b));
    expect(found.at(-1)).toBe(300_000);
  });
});

const NOBODY = { orchestration: async () => null };

describe('the checklist', () => {
  const readOf = (
    parts: readonly (readonly number[])[],
    stuck = 0,
  ): Pick<ReadModel, 'sloCounts' | 'stuckSteps'> => ({
    sloCounts: async () => parts,
    stuckSteps: async () => stuck,
  });
  const request = { orchestrationName: null, windowMinutes: 60, parts: 2 };

  test('has six lines, which are neither met nor missed while nothing was counted', async () => {
    const slo = await sloOf(NOBODY, readOf([[], []]), request);
    expect(slo.lines.map(({ target, value, met }) => [target, value, met])).toEqual([
      ['> 95 %', null, null],
      ['< 1', null, null],
      ['< 5 %', null, null],
      ['> 99 %', null, null],
      ['none', 0, true],
      ['< 100 ms', null, null],
    ]);
    expect(slo).toMatchObject({ flows: 0, doSuccessRate: null, responseTimeP99Ms: null });
  });

  test('adds the parts of the window up, and shows each as the trend', async () => {
    const counts = (...first: number[]): number[] => {
      const all = times(80);
      addTo(all, first);
      return all;
    };
    // started, completed, turned around, done, given up, retries, undone, undo given up
    const parts = [counts(10, 9, 1, 19, 1, 5, 1, 0), counts(10, 10, 0, 20, 0, 0, 0, 1)];
    const slo = await sloOf(NOBODY, readOf(parts, 2), request);
    expect(slo).toMatchObject({
      flows: 20,
      doSuccessRate: 39 / 40,
      averageRetryCount: 5 / 40,
      undoTriggerRate: 1 / 20,
      undoSuccessRate: 0.5,
      stuckSteps: 2,
    });
    expect(slo.lines.map(({ met }) => met)).toEqual([true, true, false, false, false, true]);
    expect(slo.trend.map(({ flows, undoTriggerRate }) => [flows, undoTriggerRate])).toEqual([
      [10, 0.1],
      [10, 0],
    ]);
  });

  test('measures against targets of its own', async () => {
    const objectives = { responseTime: 50, stuckAfter: 60_000 };
    const store = { orchestration: async () => ({ orchestration: { objectives } }) };
    const ofOne = { ...request, orchestrationName: 'accounts' };
    const slo = await sloOf(store, readOf([times(80)]), ofOne);
    const hidden = await sloOf(store, readOf([times(80)]), { ...ofOne, within: ['others'] });
    expect(hidden.lines.at(-1)).toMatchObject({ target: '< 100 ms' });
    expect(slo.lines.at(-1)).toMatchObject({ target: '< 50 ms', met: false });
    expect(slo.lines.at(-2)?.name).toBe('steps in progress for more than 1 min');
  });
});

test('what could not be stored is added to what comes next', async () => {
  const stored: (readonly SloCounts[])[] = [];
  let away = true;
  const store = {
    async addSlo(rows: readonly SloCounts[]): Promise<void> {
      if (away) throw new Error('the database is away');
      stored.push(rows);
    },
  };
  const log = new SloLog(store, silent('slo'));
  log.count('accounts', 61_000, 0, 1);
  await log.flush();
  away = false;
  log.count('accounts', 62_000, 0, 1);
  log.count('accounts', 121_000, 0, 1);
  await log.stop();
  expect(
    stored
      .flat()
      .map(({ orchestrationName, minute, counts }) => [orchestrationName, minute, counts[0]]),
  ).toEqual([
    ['accounts', 60_000, 2],
    ['accounts', 120_000, 1],
  ]);
});
