/** Levels that are changed while the process runs, and come back by themselves. */
import { expect, test } from '@jest/globals';
import type { Component, Level } from '../../src/observability/log.js';
import { LogLevels } from '../../src/observability/log-levels.js';
import { type LogLine, rememberingLog } from '../kit/remembering-log.js';

const LONG_MS = 3_600_000;

function levels() {
  const applied: string[] = [];
  const lines: LogLine[] = [];
  const { promise: back, resolve } = Promise.withResolvers<void>();
  const apply = (component: Component, level: Level): void => {
    applied.push(`${component}=${level}`);
    if (level === 'warn') resolve();
  };
  const configured = (component: Component): Level => (component === 'kafka' ? 'warn' : 'info');
  const log = rememberingLog((line) => void lines.push(line));
  return { of: new LogLevels(configured, apply, log), applied, lines, back };
}

test('a change applies at once and ends when it is over', async () => {
  const { of, applied, lines, back } = levels();
  const changed = of.set('kafka', 'debug', 50);
  const until = expect.any(Number);
  expect(changed).toEqual({ component: 'kafka', level: 'debug', configured: 'warn', until });
  expect(applied).toEqual(['kafka=debug']);
  await back;
  expect(applied).toEqual(['kafka=debug', 'kafka=warn']);
  expect(of.of('kafka')).toEqual({ ...changed, level: 'warn', until: null });
  expect(lines.map(({ fields }) => fields)).toEqual([
    { of: 'kafka', to: 'debug', until: new Date(changed.until ?? 0).toISOString() },
    { of: 'kafka', to: 'warn', until: null },
  ]);
});

test('the last change counts, with its own end', async () => {
  const { of, applied, back } = levels();
  of.set('kafka', 'debug', LONG_MS);
  of.set('kafka', 'error', 50);
  await back;
  expect(applied).toEqual(['kafka=debug', 'kafka=error', 'kafka=warn']);
});

test('it is taken back before its end; other components stay as they are', () => {
  const { of, applied } = levels();
  of.set('do', 'debug', LONG_MS);
  expect(of.all().filter(({ until }) => until !== null)).toEqual([of.of('do')]);
  of.reset('do');
  expect(applied).toEqual(['do=debug', 'do=info']);
  expect(of.all().filter(({ level, configured }) => level !== configured)).toEqual([]);
});
