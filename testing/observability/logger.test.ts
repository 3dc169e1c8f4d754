/** A line of the log: its component, its flow, and nothing that is secret. */
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import type { Logs } from '../../src/observability/log.js';
import { createLogs, type LoggerOptions, type Logging } from '../../src/observability/logger.js';

const folder = mkdtempSync(join(tmpdir(), 'backstep-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

function logged(
  name: string,
  options: Partial<LoggerOptions>,
  write: (logs: Logs, levels: Logging['levels']) => void,
): string[] {
  const file = join(folder, name);
  const { logs, levels } = createLogs({
    level: 'info',
    levels: new Map(),
    format: 'json',
    coloured: false,
    into: openSync(file, 'w'),
    ...options,
  });
  write(logs, levels);
  return readFileSync(file, 'utf8').split('\n').filter(Boolean);
}

test('is there before the call returns, with its component, time, level and fields', () => {
  const [line = ''] = logged('json', {}, (logs) => logs('do').info({ step: 's1' }, 'sent'));
  const { time, ...rest } = JSON.parse(line) as Record<string, unknown>;
  expect(rest).toEqual({ level: 'info', component: 'do', step: 's1', msg: 'sent' });
  expect(String(time)).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test('one component is louder than the others', () => {
  const lines = logged('levels', { levels: new Map([['undo', 'debug']]) }, (logs) => {
    expect([logs('do').debugs, logs('undo').debugs]).toEqual([false, true]);
    logs('do').debug({}, 'not this');
    logs('undo').debug({}, 'but this');
  });
  expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(['but this']);
});

test('a component becomes louder while the process runs, and lines about a flow with it', () => {
  const lines = logged('running', {}, (logs, levels) => {
    const log = logs('do');
    log.debug({}, 'not this');
    levels.set('do', 'debug', 60_000);
    expect(log.debugs).toBe(true);
    log.about({ flowId: 'f', traceId: null }).debug({}, 'but this');
    logs('undo').debug({}, 'nor this');
    levels.reset('do');
    expect(log.debugs).toBe(false);
    log.debug({}, 'nor that');
  });
  const texts = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(texts.filter((text) => text.includes('this') || text.includes('that'))).toEqual([
    'but this',
  ]);
});

test('a line about a flow has its id, and its trace where that is known', () => {
  const flows = [
    { flowId: 'f', traceId: 't' },
    { flowId: 'f', traceId: null },
    { flowId: null, traceId: null },
  ];
  const lines = logged('flows', {}, (logs) => {
    for (const flow of flows) logs('do').about(flow).warn({ step: 's' }, 'late');
  });
  const fields = lines.map((line) => {
    const {
      time: _,
      level: __,
      msg: ___,
      component: ____,
      ...rest
    } = JSON.parse(line) as object & {
      [field: string]: unknown;
    };
    return rest;
  });
  expect(fields).toEqual([
    { flowId: 'f', traceId: 't', step: 's' },
    { flowId: 'f', step: 's' },
    { step: 's' },
  ]);
});

test('an error is logged with its stack', () => {
  const [line = ''] = logged('error', {}, (logs) =>
    logs('main').error({ err: new Error('boom') }, 'it failed'),
  );
  expect(JSON.parse(line)).toMatchObject({
    err: { type: 'Error', message: 'boom', stack: expect.stringContaining('logger.test') },
  });
});

test('a password is not in it, at whatever place', () => {
  const fields = {
    password: 'hunter2',
    headers: { authorization: 'hunter2', flowId: 'f1' },
    sent: { headers: { cookie: 'hunter2' } },
  };
  const [line = ''] = logged('secret', {}, (logs) => logs('api').warn(fields, 'careless'));
  expect(line).not.toContain('hunter2');
  expect(line).toContain('f1');
});

test('is plain text for people, coloured only on request', () => {
  const write = (logs: Logs): void => logs('api').info({ port: 4000 }, 'listens');
  const [plain = ''] = logged('plain', { format: 'pretty' }, write);
  const [coloured = ''] = logged('coloured', { format: 'pretty', coloured: true }, write);
  expect(plain).toMatch(
    /^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: listens \{"component":"api","port":4000\}$/,
  );
  expect(coloured).toContain('\u001b[');
});
