/** The flow of a log line, and its trace where the record shows it. */
import { expect, test } from '@jest/globals';
import type { Decoded } from '../../src/engine/ports/deliveries.js';
import { flowOfRecord } from '../../src/wire/flow-of-record.js';
import { flowTrace } from '../../src/wire/trace.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;

const rawOf = (body: unknown, headers = {}) => ({
  key: null,
  value: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
  headers,
});
const reply = { kind: 'input', input: { type: 'TICK', flowId: 'f' } } as unknown as Decoded;
const startOf = (flowId: string | null, headers = {}) =>
  ({ kind: 'start', start: { flowId, headers } }) as unknown as Decoded;

test('a start gives its flow the trace of its caller, or one derived from its id', () => {
  expect(flowOfRecord(startOf('f', { traceparent }), null)).toEqual({
    flowId: 'f',
    traceId: TRACE,
  });
  expect(flowOfRecord(startOf('f'), null)).toEqual({
    flowId: 'f',
    traceId: flowTrace('f', {}).traceId,
  });
  expect(flowOfRecord(startOf(null), null)).toEqual({ flowId: null, traceId: null });
});

test('the answer of a worker that copies headers has the trace, in its body or its record', () => {
  const known = { flowId: 'f', traceId: TRACE };
  expect(flowOfRecord(reply, rawOf({ headers: { traceparent } }))).toEqual(known);
  expect(flowOfRecord(reply, rawOf({}, { traceparent }))).toEqual(known);
  const { key, value } = rawOf({ headers: { traceparent } });
  expect(flowOfRecord(reply, { key, value })).toEqual(known);
});

test.each([
  ['no header', rawOf({})],
  ['a header of another form', rawOf({ headers: { traceparent: 'x' } })],
  ['a header that is no text', rawOf({ headers: { traceparent: 1 } })],
  ['no JSON', rawOf('{')],
  ['no record', null],
])('with %s the trace is not known', (_what, raw) => {
  expect(flowOfRecord(reply, raw)).toEqual({ flowId: 'f', traceId: null });
});

test('what cannot be read is about the flow whose id could be read', () => {
  const poison = { code: 'C', message: '', flowId: 'f', stepName: null };
  const content: Decoded = { kind: 'poison', poison };
  expect(flowOfRecord(content, rawOf({ headers: { traceparent } }))).toEqual({
    flowId: 'f',
    traceId: TRACE,
  });
});

test('a registration is about no flow', () => {
  const content = { kind: 'registration' } as unknown as Decoded;
  expect(flowOfRecord(content, rawOf({ headers: { traceparent } }))).toEqual({
    flowId: null,
    traceId: null,
  });
});
