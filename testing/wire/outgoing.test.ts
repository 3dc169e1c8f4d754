import { describe, expect, test } from '@jest/globals';
import { lengthOf, type Wire, wholeValue } from '../../src/engine/ports.js';
import { advance, start } from '../../src/saga/advance.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Flow } from '../../src/saga/flow.js';
import type { ReplyInput } from '../../src/saga/input.js';
import type { Orchestration } from '../../src/saga/orchestration.js';
import { LARGE } from '../../src/saga/start-payload.js';
import { createWire } from '../../src/wire/outgoing.js';
import { TOPICS } from '../../src/wire/topics.js';
import {
  attemptSpanId,
  flowTrace,
  traceparentOf,
  traceparentOfCommand,
} from '../../src/wire/trace.js';
import { sequential } from '../engine/builders.js';

const wire: Wire = createWire({ commandTypeId: null, source: '/test' });
const T = 1_700_000_000_000;

function begin(
  orchestration: Orchestration,
  headers: Record<string, unknown> = {},
  payload = '{"a":1}',
) {
  return start(
    {
      type: 'START',
      flowId: 'f',
      orchestration,
      payload,
      headers,
      initiator: null,
      idempotencyKey: null,
    },
    T,
  );
}
function reply(stepName: string, changes: Partial<ReplyInput> = {}): ReplyInput {
  const rest = {
    errorMessage: null,
    errorCode: null,
    retryable: true,
    payload: null,
    attemptId: null,
    outcome: 'success' as const,
  };
  return { type: 'REPLY', flowId: 'f', stepName, action: 'DO', ...rest, ...changes };
}
const body = (value: unknown) =>
  JSON.parse(String(value)) as { headers: Record<string, unknown>; payload: unknown };

describe('a command', () => {
  test('refers to a large payload its flow was started with, and holds a smaller or another one', () => {
    const text = (length: number): string => JSON.stringify('x'.repeat(length - 2));
    const wide = { ...sequential('o', 'a', 'b'), type: 'PARALLEL' as const };
    const { flow, events } = begin(wide, {}, text(LARGE));
    const rows = wire.outgoing(flow, events);
    expect(rows.map(({ startPayload }) => startPayload)).toEqual([flow.input, flow.input]);
    for (const row of rows) {
      expect(String(row.value).endsWith('"payload":')).toBe(true);
      expect(body(wholeValue(row)).payload).toBe('x'.repeat(LARGE - 2));
      expect(lengthOf(row)).toBe(wholeValue(row)?.length);
    }
    const small = begin(wide, {}, text(LARGE - 1));
    for (const row of wire.outgoing(small.flow, small.events)) {
      expect(row.startPayload).toBeUndefined();
      expect([wholeValue(row), lengthOf(row)]).toEqual([row.value, row.value?.length]);
    }
    const next = advance(
      begin(sequential('o', 'a', 'b'), {}, text(LARGE)).flow,
      reply('a', { payload: text(LARGE + 1) }),
    );
    const [row] = wire.outgoing(next.flow, next.events);
    expect([row?.startPayload, body(row?.value).payload]).toEqual([
      undefined,
      'x'.repeat(LARGE - 1),
    ]);
  });

  test("has exactly the headers of the protocol, and the initiator's own", () => {
    const { flow, events } = begin(sequential('o', 'a', 'b'), {
      correlationId: 'c',
      errorMessage: 'stale',
      status: false,
    });
    const [row, ...others] = wire.outgoing(flow, events);
    expect(others).toEqual([]);
    expect(row).toMatchObject({
      topic: 'orchestrator.o.a.do',
      key: 'f',
      flowId: 'f',
      number: 2,
      attemptId: 'f:a:DO:0:1',
    });
    expect(body(row?.value)).toEqual({
      headers: {
        correlationId: 'c',
        flowId: 'f',
        stepName: 'a',
        action: 'DO',
        orchestrationName: 'o',
        seq: 1,
        eventType: 'doa',
        status: true,
        attempt: 1,
        attemptId: 'f:a:DO:0:1',
        idempotencyKey: 'f:a:DO',
        deadline: new Date(T + 1000).toISOString(),
        timestamp: new Date(T).toISOString(),
        traceparent: traceparentOf('f', {}),
      },
      payload: { a: 1 },
    });
  });

  test('mirrors what a router needs in record headers, as a CloudEvent', () => {
    const { flow, events } = begin(sequential('o', 'a'));
    expect(wire.outgoing(flow, events)[0]?.headers).toEqual({
      flowId: 'f',
      action: 'DO',
      attemptId: 'f:a:DO:0:1',
      traceparent: traceparentOf('f', {}),
      ce_specversion: '1.0',
      ce_id: 'f:a:DO:0:1',
      ce_source: '/test',
      ce_type: 'backstep.do',
      ce_time: new Date(T).toISOString(),
      'content-type': 'application/json',
    });
    const typed = createWire({ commandTypeId: 'com.example.ExecutionMessage', source: '/test' });
    expect(typed.outgoing(flow, events)[0]?.headers).toMatchObject({
      __TypeId__: 'com.example.ExecutionMessage',
    });
  });

  test("UNDO gets that step's own answer, or its input when there is none, and its round", () => {
    const orchestration = sequential('o', 'a', 'b', 'c');
    let flow: Flow = begin({
      ...orchestration,
      steps: orchestration.steps.map((step) => ({ ...step, maxRetries: 0 })),
    }).flow;
    let events: readonly FlowEvent[] = [];
    const deliver = (input: ReplyInput): void => {
      ({ flow, events } = advance(flow, input));
    };
    deliver(reply('a', { payload: '{"realm":7}' }));
    deliver(reply('b'));
    deliver(reply('c', { outcome: 'failure' }));
    const undoB = wire.outgoing(flow, events)[0];
    expect(undoB).toMatchObject({ topic: 'orchestrator.o.b.undo', attemptId: 'f:b:UNDO:1:1' });
    expect(body(undoB?.value)).toMatchObject({
      payload: { realm: 7 },
      headers: { action: 'UNDO', round: 1, eventType: 'undob', idempotencyKey: 'f:b:UNDO' },
    });
    deliver(reply('b', { action: 'UNDO' }));
    expect(body(wire.outgoing(flow, events)[0]?.value)).toMatchObject({
      payload: { realm: 7 },
      headers: { stepName: 'a' },
    });
  });

  test('carries what the workers before added, below what the initiator set', () => {
    let { flow, events } = begin(sequential('o', 'a', 'b'), { tenant: 'own' });
    const headers = { tenant: 'mine', realm: 7, status: 'x' };
    ({ flow, events } = advance(flow, reply('a', { headers })));
    expect(body(wire.outgoing(flow, events)[0]?.value).headers).toMatchObject({
      tenant: 'own',
      realm: 7,
      status: true,
    });
  });

  test('that is sent once more is the same command', () => {
    const { flow, events } = begin(sequential('o', 'a'));
    const [first] = wire.outgoing(flow, events);
    const by = { actor: 'ada', reason: 'because' };
    const again = advance(
      { ...flow, withdrawable: [] },
      { type: 'RESEND', flowId: 'f', stepName: 'a', ...by },
    );
    const [row] = wire.outgoing(again.flow, again.events);
    expect(row).toMatchObject({ attemptId: first?.attemptId, topic: first?.topic });
    expect(body(row?.value).headers).toMatchObject({ action: 'DO', attempt: 1 });
  });

  test('of a step that is not there is not made', () => {
    const { flow, events } = begin(sequential('o', 'a'));
    expect(wire.outgoing({ ...flow, steps: [] }, events)).toEqual([]);
  });

  test('of a flow without a payload carries null', () => {
    const { flow, events } = start(
      {
        type: 'START',
        flowId: 'f',
        orchestration: sequential('o', 'a'),
        payload: null,
        headers: {},
        initiator: null,
        idempotencyKey: null,
      },
      T,
    );
    expect(body(wire.outgoing(flow, events)[0]?.value).payload).toBeNull();
  });
});

describe('the end of a flow', () => {
  const end = (orchestration: Orchestration, ...inputs: Parameters<typeof advance>[1][]) => {
    let { flow, events } = begin(orchestration, { correlationId: 'c' });
    for (const input of inputs) ({ flow, events } = advance(flow, input));
    return wire.outgoing(flow, events).find((row) => row.topic === TOPICS.ends);
  };
  test('complete, with the output', () => {
    const row = end(sequential('o', 'a'), reply('a', { payload: '[1]' }));
    expect(row).toMatchObject({ key: 'f', attemptId: null });
    expect(body(row?.value)).toEqual({
      headers: { correlationId: 'c', flowId: 'f', orchestrationName: 'o', eventNumber: 4 },
      payload: {
        flowId: 'f',
        orchestrationName: 'o',
        status: 'COMPLETED',
        output: [1],
        failureReason: null,
      },
    });
  });
  test('that is too large for a message goes without its output', () => {
    const orchestration: Orchestration = { ...sequential('o', 'a', 'b'), type: 'PARALLEL' };
    let { flow, events } = begin(orchestration, {});
    const part = JSON.stringify('ä'.repeat(300));
    for (const step of ['a', 'b'])
      ({ flow, events } = advance(flow, reply(step, { payload: part })));
    const whole = wire.outgoing(flow, events).find((row) => row.topic === TOPICS.ends);
    const bytes = new TextEncoder().encode(String(whole?.value)).length;
    for (const mostBytes of [bytes, bytes - 1]) {
      const small = createWire({ commandTypeId: null, source: '/test', mostBytes });
      const [row] = small.outgoing(flow, events);
      const { payload } = body(row?.value);
      if (mostBytes === bytes) expect(row?.value).toBe(whole?.value);
      else
        expect(payload).toEqual({
          flowId: 'f',
          orchestrationName: 'o',
          status: 'COMPLETED',
          outputOmitted: true,
          output: null,
          failureReason: null,
        });
    }
  });
  test('complete without an output', () => {
    const orchestration = sequential('o', 'a');
    const { flow, events } = start(
      {
        type: 'START',
        flowId: 'f',
        orchestration,
        payload: null,
        headers: {},
        initiator: null,
        idempotencyKey: null,
      },
      T,
    );
    void events;
    const done = advance(flow, reply('a'));
    expect(body(wire.outgoing(done.flow, done.events)[0]?.value).payload).toMatchObject({
      output: null,
    });
  });
  test('undone, with the reason', () => {
    const row = end(
      sequential('o', 'a'),
      reply('a', { outcome: 'failure', retryable: false, errorMessage: 'boom' }),
    );
    expect(body(row?.value).payload).toMatchObject({
      status: 'UNDONE',
      output: null,
      failureReason: 'a failed: boom',
    });
  });
  test('cancelled, by whom', () => {
    const row = end(sequential('o', 'a'), {
      type: 'CANCEL',
      flowId: 'f',
      undo: false,
      actor: 'ann',
      reason: 'why not',
    });
    expect(body(row?.value).payload).toMatchObject({
      status: 'CANCELLED',
      failureReason: 'cancelled by ann: why not',
    });
  });
  test('a hold is reported, too', () => {
    const row = end(
      { ...sequential('o', 'a'), onRetriesExhausted: 'hold' },
      reply('a', { outcome: 'failure', retryable: false }),
    );
    expect(body(row?.value).payload).toMatchObject({
      status: 'IN_PROGRESS',
      held: true,
      failureReason: 'a is out of retries; an operator decides',
    });
  });
});

describe('other messages', () => {
  test('a quarantined record goes with its bytes, its cause and its place', () => {
    const raw = { key: new Uint8Array([1]), value: new Uint8Array([0xff]) };
    const cause = { code: 'NOT_UTF8', message: 'no', flowId: null, stepName: null };
    expect(
      wire.quarantineCopy(cause, raw, { topic: 't', partition: 3, offset: 12n, timestamp: 0 }),
    ).toEqual({
      topic: TOPICS.deadLetters,
      ...raw,
      headers: {
        'cause-code': 'NOT_UTF8',
        'cause-message': 'no',
        'original-topic': 't',
        'original-partition': '3',
        'original-offset': '12',
      },
      flowId: '!t/3',
      number: 12,
      attemptId: null,
    });
  });
  test('a refused start is a notice for its initiator', () => {
    const cause = { code: 'ORCHESTRATION_PAUSED', message: 'no', flowId: null, stepName: null };
    const place = { topic: 't', partition: 3, offset: 12n, timestamp: 0 };
    const refused = { flowId: 'f', orchestrationName: 'o', headers: { correlationId: 'c' } };
    const { value, ...row } = wire.refusedStart(cause, refused, place);
    expect(row).toEqual({
      topic: TOPICS.ends,
      key: 'f',
      headers: { flowId: 'f' },
      flowId: '!refused/t/3',
      number: 12,
      attemptId: null,
    });
    expect(JSON.parse(String(value))).toEqual({
      headers: { correlationId: 'c', flowId: 'f', orchestrationName: 'o' },
      payload: {
        flowId: 'f',
        orchestrationName: 'o',
        status: 'REFUSED',
        code: 'ORCHESTRATION_PAUSED',
        output: null,
        failureReason: 'no',
      },
    });
  });
  test('of a refused start without an id, headers that are too large stay behind', () => {
    const cause = { code: 'HEADERS_TOO_LARGE', message: 'no', flowId: null, stepName: null };
    const place = { topic: 't', partition: 0, offset: 1n, timestamp: 0 };
    const headers = { note: 'x'.repeat(20_000) };
    const row = wire.refusedStart(cause, { flowId: null, orchestrationName: null, headers }, place);
    expect(row).toMatchObject({ key: null, headers: {} });
    expect(JSON.parse(String(row.value)).headers).toEqual({
      flowId: null,
      orchestrationName: null,
    });
  });
  test('a registration is answered by name', () => {
    const notice = {
      orchestrationName: 'o',
      as: 'worker' as const,
      serviceName: 's',
      status: 'PENDING' as const,
      failureReason: null,
      timestamp: T,
    };
    const { topic, key, value } = wire.registrationStatus(notice);
    expect([topic, key]).toEqual([TOPICS.registrationStatus, 'o']);
    expect(body(value).payload).toEqual({
      eventType: 'REGISTRATION_STATUS',
      orchName: 'o',
      as: 'worker',
      serviceName: 's',
      status: 'PENDING',
      failureReason: null,
      timestamp: new Date(T).toISOString(),
    });
  });
  test('topics of a step', () => {
    expect(wire.stepTopics('o', 'a')).toEqual(['orchestrator.o.a.do', 'orchestrator.o.a.undo']);
  });
});

describe('a command, when spans are exported,', () => {
  const flowId = '01a20b4b-4668-7e58-9254-31dc78adcad7';
  const of = (headers: Readonly<Record<string, unknown>>, isSampled = true) =>
    traceparentOfCommand({ flowId, headers }, 'a', () => isSampled);

  test('refers to a span of its own in the trace of its flow', () => {
    const own = attemptSpanId('a');
    expect(own).toMatch(/^[0-9a-f]{16}$/);
    expect(attemptSpanId('b')).not.toBe(own);
    expect(of({})).toBe(`00-01a20b4b46687e58925431dc78adcad7-${own}-01`);
    expect(of({}, false)).toBe(`00-01a20b4b46687e58925431dc78adcad7-${own}-00`);
    const exporting = createWire({ commandTypeId: null, source: '/test', isSampled: () => true });
    const { flow, events } = begin(sequential('o', 'a'));
    const [row] = exporting.outgoing(flow, events);
    const expected = traceparentOfCommand(flow, row?.attemptId ?? '', () => true);
    expect(row?.headers.traceparent).toBe(expected);
  });

  test.each(['00', '01'])('exports it as the initiator decided: %s', (flags) => {
    const traceparent = `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-${flags}`;
    const expected = `00-0af7651916cd43dd8448eb211c80319c-${attemptSpanId('a')}-${flags}`;
    expect(of({ traceparent }, flags === '00')).toBe(expected);
    const { spanId, parent } = flowTrace(flowId, { traceparent });
    expect(parent).toEqual({ spanId: 'b7ad6b7169203331', sampled: flags === '01' });
    expect(spanId).not.toBe('b7ad6b7169203331');
  });
});

describe('traceparent', () => {
  test("is the initiator's when it is a valid one", () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    expect(traceparentOf('f', { traceparent })).toBe(traceparent);
  });
  test('is the flowId itself when that is a UUID', () => {
    expect(traceparentOf('01a20b4b-4668-7e58-9254-31dc78adcad7', {})).toBe(
      '00-01a20b4b46687e58925431dc78adcad7-925431dc78adcad7-01',
    );
  });
  test.each(['00-00000000000000000000000000000000-b7ad6b7169203331-01', 'x', 7])(
    'is made from the flow when %p is none',
    (traceparent) => {
      const made = traceparentOf('f', { traceparent });
      expect(made).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(made).toBe(traceparentOf('f', {}));
      expect(made).not.toBe(traceparentOf('g', {}));
    },
  );
});
