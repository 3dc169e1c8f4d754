/** The calculator's formula stays near what was measured, also where it was not made from it. */
import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { commandsOf, errorsOf, type MeasuredPoint, needsOf } from './calculator/model.mjs';

const FILE = new URL('./calculator/measured.json', import.meta.url);
const { points } = JSON.parse(readFileSync(FILE, 'utf8')) as { points: MeasuredPoint[] };
/** docs/scaling.md#the-calculator names it. */
const MOST = 0.4;

test('the formula is near every measured point, and five of them at least only check it', () => {
  const errors = points.flatMap((point) =>
    errorsOf(point).map((error) => ({ name: point.name, ...error })),
  );
  const checking = new Set(errors.filter(({ fitted }) => !fitted).map(({ name }) => name));
  expect(checking.size).toBeGreaterThanOrEqual(5);
  expect(errors.filter(({ error }) => Math.abs(error) > MOST)).toEqual([]);
});

test('a formula that is far from a point is noticed', () => {
  const [error] = errorsOf({ name: 'cheap', commands: 3, payload: 0, cpu: { gateway: 0.01 } });
  expect(error?.error).toBeGreaterThan(MOST);
});

test('retries and UNDOs are commands of a flow, too', () => {
  expect(commandsOf({ steps: 5 })).toBe(5);
  expect(commandsOf({ steps: 5, retries: 0.1, undone: 0.5 })).toBe(7.5);
});

test('a load of ten times as many flows needs more gateways, and never fewer than two', () => {
  const load = { steps: 5, payload: 200, undone: 0, retries: 0, days: 7, replicas: 3, load: 0.5 };
  const gateways = (flows: number): number =>
    Number(needsOf({ ...load, flows }).find(([what]) => what.startsWith('gateways'))?.[1]);
  expect(gateways(1)).toBe(2);
  expect(gateways(3000)).toBeGreaterThan(3);
  expect(gateways(30_000)).toBeGreaterThan(5 * gateways(3000));
});
