/** The spans of a commit: what is exported when a worker is late, silent, or reports progress. */
import { expect, test } from '@jest/globals';
import type { Delivery, FlowRecord } from '../../src/engine/ports.js';
import { spansOf } from '../../src/engine/spans.js';
import { type Advanced, advance, start } from '../../src/saga/advance.js';
import type { Flow } from '../../src/saga/flow.js';
import type { Input, ReplyInput, StartInput } from '../../src/saga/input.js';
import { createWire } from '../../src/wire/outgoing.js';
import { startInput } from '../contracts/store-builders.js';
import { sequential, stepDefinition } from './builders.js';

const wire = createWire({ commandTypeId: null, source: '/test' });
const FLOW = '01a20b4b-4668-7e58-9254-31dc78adcad7';
const TRACE = '01a20b4b46687e58925431dc78adcad7';
const recipe = {
  ...sequential('shop', 'pay'),
  steps: [stepDefinition(1, 'pay', { maxRetries: 1 })],
};
const begin = (more: Partial<StartInput> = {}): Advanced =>
  start({ ...startInput(FLOW, { recipe }), ...more }, 1000);

const record = (before: Flow | null, { flow, events }: Advanced): FlowRecord => ({
  ...{ before, after: flow, events, outbox: [], withdrawn: [], wakeAt: null },
});
const step = (before: Flow, at: number, input: Exclude<Input, StartInput>): Advanced =>
  advance({ ...before, now: at, unsent: [] }, input);

const reply = (outcome: ReplyInput['outcome'], attempt: number, action: 'DO' | 'UNDO' = 'DO') => ({
  type: 'REPLY' as const,
  ...{ flowId: FLOW, stepName: 'pay', action, outcome, payload: null, retryable: true },
  attemptId: `${FLOW}:pay:${action}:${action === 'DO' ? 0 : 1}:${attempt}`,
  errorMessage: outcome === 'failure' ? 'secret text' : null,
  errorCode: null,
});
const delivered = (input: ReplyInput, timestamp: number): Delivery[] => [
  {
    ...{ from: 'record', kind: 'input', input },
    position: { topic: 't', partition: 0, offset: 1n, timestamp },
    raw: { topic: 't', key: null, value: null, headers: {} },
  } as unknown as Delivery,
];
const shown = (spans: ReturnType<typeof spansOf>) =>
  spans.map(({ name, startedAt, endedAt, error }) => [name, startedAt, endedAt, error]);

test('a start is the root, or below the span of its initiator', () => {
  const flow = begin();
  expect(spansOf([record(null, flow)], [], wire)).toEqual([
    {
      traceId: TRACE,
      spanId: TRACE.slice(16),
      parent: null,
      name: 'execute shop',
      kind: 'server',
      startedAt: 1000,
      endedAt: 1000,
      attributes: {
        'backstep.flow_id': FLOW,
        'backstep.orchestration': 'shop',
        'backstep.orchestration_version': 1,
      },
      error: null,
    },
  ]);
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00';
  const [below] = spansOf([record(null, begin({ headers: { traceparent } }))], [], wire);
  expect(below).toMatchObject({
    traceId: '0af7651916cd43dd8448eb211c80319c',
    parent: { spanId: 'b7ad6b7169203331', sampled: false },
  });
});

test('an answer has the command and the way from Kafka; a failure has its code, never its text', () => {
  const { flow } = begin();
  const answer = reply('failure', 1);
  const failed = step(flow, 1500, answer);
  const spans = spansOf([record(flow, failed)], delivered(answer, 1400), wire);
  expect(shown(spans)).toEqual([
    ['send orchestrator.shop.pay.do', 1000, 1500, 'FAILED'],
    ['process orchestrator.response.result', 1400, 1500, null],
  ]);
  const [command, process] = spans;
  expect(process?.parent?.spanId).toBe(command?.spanId);
  expect(command?.parent?.spanId).toBe(TRACE.slice(16));
  expect(JSON.stringify(spans)).not.toContain('secret');
});

test('a clock that differs gives no span that starts before its command, or ends before it starts', () => {
  const { flow } = begin();
  const answer = reply('success', 1);
  const done = step(flow, 1500, answer);
  for (const [timestamp, startedAt] of [
    [10, 1000],
    [9000, 1500],
  ] as const)
    expect(spansOf([record(flow, done)], delivered(answer, timestamp), wire)[1]?.startedAt).toBe(
      startedAt,
    );
});

test('a command that is not answered ends with TIMEOUT, and a late answer is a span below it', () => {
  const { flow } = begin();
  const silent = step(flow, 60_000, { type: 'TICK', flowId: FLOW });
  const timedOut = spansOf([record(flow, silent)], [], wire);
  expect(shown(timedOut)).toEqual([['send orchestrator.shop.pay.do', 1000, 60_000, 'TIMEOUT']]);
  const answer = reply('success', 1);
  const late = step(silent.flow, 61_000, answer);
  const spans = spansOf([record(silent.flow, late)], delivered(answer, 60_500), wire);
  expect(shown(spans)).toEqual([
    ['process orchestrator.response.result', 60_500, 61_000, null],
    ['run shop', 1000, 61_000, null],
  ]);
  expect(spans[0]?.parent?.spanId).toBe(timedOut[0]?.spanId);
});

test('progress does not shorten the first command', () => {
  const { flow } = begin();
  const attemptId = `${FLOW}:pay:DO:0:1`;
  const progress = {
    type: 'PROGRESS',
    flowId: FLOW,
    stepName: 'pay',
    attemptId,
    progress: 0.5,
    message: null,
  } as const;
  const moved = step(flow, 1800, progress);
  expect(spansOf([record(flow, moved)], [], wire)).toEqual([]);
  const answer = reply('success', 1);
  const done = step(moved.flow, 2000, answer);
  expect(shown(spansOf([record(moved.flow, done)], [], wire))[0]).toEqual([
    'send orchestrator.shop.pay.do',
    1000,
    2000,
    null,
  ]);
});

test('each end of a flow is a span of its own', () => {
  const first = begin();
  const ended = step(first.flow, 2000, { ...reply('failure', 1), retryable: false });
  const late = step(ended.flow, 3000, reply('success', 1));
  const undone = step(late.flow, 4000, reply('success', 1, 'UNDO'));
  const ends = [record(first.flow, ended), record(undone.flow, undone)].flatMap((one) =>
    spansOf([one], [], wire).filter(({ name }) => name === 'run shop'),
  );
  expect(ends.map(({ attributes }) => attributes['backstep.status'])).toEqual(['UNDONE', 'UNDONE']);
  expect(new Set(ends.map(({ spanId }) => spanId)).size).toBe(2);
});
