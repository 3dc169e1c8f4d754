/** What makes a benchmark fail can fail: wrong results and a ratio far from the baseline's. */
import { expect, test } from '@jest/globals';
import { compare } from './baseline.mjs';
import { type Command, Executed } from './executed.mjs';
import { overtaking } from './spans.mjs';

const STEPS = ['first', 'second', 'third'];

function command(stepName: string, action: 'DO' | 'UNDO' = 'DO', attempt = 1): Command {
  return { flowId: 'f', stepName, action, attemptId: `f:${stepName}:${action}:${attempt}` };
}

function executed(...commands: readonly Command[]): Executed {
  const all = new Executed(STEPS);
  for (const one of commands) all.add(one);
  return all;
}

const OK = STEPS.map((step) => command(step));
const UNDO = [
  ...OK,
  command('third', 'DO', 2),
  command('third', 'DO', 3),
  command('second', 'UNDO'),
  command('first', 'UNDO'),
];
const RIGHT = { missing: 0, wrong: 0, redelivered: 0 };

test('each step executed exactly as often as it should is right', () => {
  expect(executed(...OK).take({ fail: false, count: 1 })).toMatchObject(RIGHT);
  expect(executed(...UNDO).take({ fail: true, count: 1 })).toMatchObject(RIGHT);
});

test('a flow that is not there, a step too few and one too many are found', () => {
  expect(executed().take({ fail: false, count: 2 })).toMatchObject({ missing: 2, wrong: 0 });
  expect(executed(...OK.slice(1)).take({ fail: false, count: 1 })).toMatchObject({ wrong: 1 });
  const again = command('first', 'DO', 2);
  expect(executed(...OK, again).take({ fail: false, count: 1 })).toMatchObject({ wrong: 1 });
  expect(executed(...OK).take({ fail: true, count: 1 })).toMatchObject({ wrong: 1 });
});

test('the same attempt again is a redelivery, and each check begins anew', () => {
  const all = executed(...OK, ...OK.slice(0, 1));
  expect(all.take({ fail: false, count: 1 })).toMatchObject({ wrong: 0, redelivered: 1 });
  expect(all.take({ fail: false, count: 0 })).toMatchObject({ flows: 0, redelivered: 0 });
});

const BASELINE = { date: '2026-11-26', commit: 'abc', ratios: { 'ok execute': { ownCpu: 3 } } };

test('only a CPU ratio of more than twice the baseline fails a short run', () => {
  const failuresAt = (ownCpu: number): number =>
    compare({ 'ok execute': { ownCpu } }, BASELINE, () => undefined).length;
  expect([2, 5.9, 6.1].map(failuresAt)).toEqual([0, 0, 1]);
});

test('what changed notably is printed, and there may be no baseline', () => {
  const lines: string[] = [];
  compare({ 'ok execute': { ownCpu: 4 } }, BASELINE, (line) => lines.push(line));
  compare({ 'ok execute': { ownCpu: 2 } }, BASELINE, (line) => lines.push(line));
  expect(lines.join('\n')).toMatch(/worse[\s\S]*better/);
  expect(compare({}, undefined, (line) => lines.push(line))).toEqual([]);
});

test('a flow that goes on while later ones end is overtaken', () => {
  const span = (began: number, ended: number) => [began, ended] as const;
  const one = [span(0, 100), span(10, 30), span(20, 40), span(50, 120)];
  expect(overtaking(one)).toEqual({ waitedMs: 70, passedBy: 2 });
  expect(overtaking([span(0, 10), span(5, 11), span(5, 9)])).toEqual({ waitedMs: 1, passedBy: 1 });
  expect(overtaking([span(0, 1), span(1, 2)])).toEqual({ waitedMs: 0, passedBy: 0 });
});
