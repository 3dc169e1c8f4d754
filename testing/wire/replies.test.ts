import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { ReplyInput } from '../../src/saga/input.js';
import { readReply, statusOf } from '../../src/wire/replies.js';

const LIMIT = 1000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const record = (value: unknown, headers: Record<string, Uint8Array | string> = {}) => ({
  key: null,
  value: bytes(JSON.stringify(value)),
  headers,
});
const read = (value: unknown, headers = {}) => readReply(record(value, headers), LIMIT);
const inputOf = (headers: Record<string, unknown>, payload: unknown = null): ReplyInput =>
  read({ headers: { flowId: 'f', stepName: 's', ...headers }, payload }).input as ReplyInput;

describe('replies as workers send them', () => {
  test("the seed's reply of four headers, without a key", () => {
    const value = readFileSync('testing/fixtures/wire/seed-reply.json');
    expect(readReply({ key: null, value, headers: {} }, LIMIT)).toEqual({
      input: {
        type: 'REPLY',
        flowId: '01a2-7',
        stepName: 'createRealm',
        action: 'DO',
        outcome: 'success',
        attemptId: null,
        payload: '{"realm":"acme"}',
        errorMessage: null,
        errorCode: null,
        retryable: true,
      },
      poison: null,
    });
  });

  test("the Java library's reply: a copy of the command's headers, and what it answers", () => {
    const value = readFileSync('testing/fixtures/wire/library-reply.json');
    expect(
      readReply(
        { key: bytes('f1'), value, headers: { __TypeId__: 'com.ecom.ExecutionMessage' } },
        LIMIT,
      ).input,
    ).toMatchObject({
      action: 'DO',
      outcome: 'success',
      attemptId: 'f1:createRealm:DO:0:2',
    });
  });

  test("the Java library's exception: FAIL_STEP is a failure whatever its status", () => {
    const value = readFileSync('testing/fixtures/wire/fail-step.json');
    expect(readReply({ key: null, value, headers: {} }, LIMIT).input).toMatchObject({
      action: 'FAIL_STEP',
      outcome: 'failure',
      errorMessage: 'boom',
      payload: null,
    });
  });

  test('headers of the Kafka record are read where the body has none', () => {
    const value = { payload: 1, headers: { stepName: 'fromBody', status: null } };
    const headers = {
      flowId: bytes('f9'),
      stepName: 'fromRecord',
      action: 'undo',
      status: bytes('true'),
    };
    expect(read(value, headers).input).toMatchObject({
      flowId: 'f9',
      stepName: 'fromBody',
      action: 'UNDO',
      outcome: 'success',
    });
  });

  test('unknown fields beside payload and headers are ignored', () => {
    expect(
      read({ id: 7, payload: 'x', headers: { flowId: 'f', stepName: 's', status: true } }).input,
    ).toMatchObject({
      outcome: 'success',
      payload: '"x"',
    });
  });

  test('big numbers of a payload survive', () => {
    const value = bytes(
      '{"headers":{"flowId":"f","stepName":"s","status":true},"payload":{"n":12345678901234567890,"m":1.5e3}}',
    );
    expect(readReply({ key: null, value, headers: {} }, LIMIT).input).toMatchObject({
      payload: '{"n":12345678901234567890,"m":1.5e3}',
    });
  });
});

describe('status', () => {
  test.each([
    [true, true],
    ['true', true],
    [' YES ', true],
    ['1', true],
    ['on', true],
    [1, true],
    [2.5, true],
    [false, false],
    ['No', false],
    ['0', false],
    ['off', false],
    [0, false],
    ['maybe', null],
    [{}, null],
    [undefined, null],
  ])('%p is read as %p', (value, expected) => {
    expect(statusOf(value)).toBe(expected);
  });

  test('a missing one counts as unknown and is kept', () => {
    const { input, poison } = read({ headers: { flowId: 'f', stepName: 's' }, payload: 1 });
    expect(input).toMatchObject({
      outcome: 'unknown',
      payload: null,
      errorCode: 'STATUS_UNREADABLE',
    });
    expect(poison).toEqual({
      code: 'STATUS_UNREADABLE',
      message: 'headers.status is missing; expected true or false',
      flowId: 'f',
      stepName: 's',
    });
  });

  test('the problem of an unreadable one has the value', () => {
    expect(inputOf({ status: 'perhaps' }).errorMessage).toBe(
      'headers.status is "perhaps"; expected true or false',
    );
  });
});

describe('which attempt', () => {
  test.each([
    [{ attemptId: 'f:s:DO:0:2' }, 'f:s:DO:0:2'],
    [{ attemptId: '' }, null],
    [{ attempt: 3 }, 'f:s:DO:0:3'],
    [{ attempt: '3', action: 'do' }, 'f:s:DO:0:3'],
    [{ attempt: 2, round: 1, action: 'UNDO' }, 'f:s:UNDO:1:2'],
    [{ attempt: 2, action: 'UNDO' }, null],
    [{ attempt: 0 }, null],
    [{ attempt: 'x' }, null],
    [{ attempt: 2, action: 'FAIL_STEP' }, null],
    [{ attempt: {}, round: {} }, null],
  ])('%j gives %p', (headers, expected) => {
    expect(inputOf({ status: true, ...headers }).attemptId).toBe(expected);
  });
});

describe('failures', () => {
  test('carry message, code and whether to try again', () => {
    expect(
      inputOf({ status: false, errorMessage: 'x\u0000y', errorCode: 42, retryable: false }),
    ).toMatchObject({
      outcome: 'failure',
      errorMessage: 'x\ufffdy',
      errorCode: '42',
      retryable: false,
    });
    expect(inputOf({ status: false, retryable: 'false' }).retryable).toBe(false);
    expect(inputOf({ status: false, errorCode: {} })).toMatchObject({
      errorMessage: null,
      errorCode: null,
      retryable: true,
    });
  });

  test('a very long message is cut', () => {
    expect(inputOf({ status: false, errorMessage: 'x'.repeat(5000) }).errorMessage).toHaveLength(
      4000,
    );
  });

  test('a half surrogate pair in it is replaced', () => {
    expect(inputOf({ status: false, errorMessage: 'a\ud800b' }).errorMessage).toBe('a\ufffdb');
  });
});

describe('successes we cannot accept are unknown outcomes, kept', () => {
  test('too large', () => {
    const { input, poison } = read({
      headers: { flowId: 'f', stepName: 's', status: true },
      payload: 'ä'.repeat(600),
    });
    expect(input).toMatchObject({ outcome: 'unknown', payload: null });
    expect(poison).toMatchObject({
      code: 'PAYLOAD_TOO_LARGE',
      message: 'payload has 1202 bytes, at most 1000 are allowed',
    });
  });
  test('just fitting is fine', () => {
    expect(inputOf({ status: true }, 'ä'.repeat(499)).outcome).toBe('success');
  });
  test.each([
    ['a NUL character', 'a\u0000b'],
    ['half of a surrogate pair', { x: ['\udc00'] }],
  ])('%s', (what, payload) => {
    expect(
      read({ headers: { flowId: 'f', stepName: 's', status: true }, payload }).poison,
    ).toMatchObject({
      code: 'PAYLOAD_UNSTORABLE',
      message: `payload has ${what}`,
    });
  });
  test('text that only looks like an escape is fine', () => {
    expect(inputOf({ status: true }, 'C:\\u0000 and \\ud800').outcome).toBe('success');
    expect(inputOf({ status: true }, '\u0001').outcome).toBe('success');
  });
  test("the payload of an UNDO is nobody's business", () => {
    expect(inputOf({ status: true, action: 'UNDO' }, 'a\u0000b')).toMatchObject({
      outcome: 'success',
      payload: null,
    });
  });
});

describe('progress', () => {
  test('of an attempt', () => {
    expect(
      inputOf({ action: 'progress', progress: '0.5', message: 'half', attemptId: 'f:s:DO:0:1' }),
    ).toEqual({
      type: 'PROGRESS',
      flowId: 'f',
      stepName: 's',
      attemptId: 'f:s:DO:0:1',
      progress: 0.5,
      message: 'half',
    });
  });
  test('without a number is a sign of life', () => {
    expect(inputOf({ action: 'PROGRESS', progress: '' })).toMatchObject({
      progress: null,
      message: null,
    });
  });
  test.each([2, -1, 'half', {}])('%j is no progress', (progress) => {
    expect(
      read({ headers: { flowId: 'f', stepName: 's', action: 'PROGRESS', progress } }).poison,
    ).toMatchObject({
      code: 'PROGRESS_INVALID',
      flowId: 'f',
    });
  });
});

describe('what cannot be used at all names the field', () => {
  const raw = (value: Uint8Array | null) =>
    readReply({ key: null, value, headers: {} }, LIMIT).poison;
  test.each([
    ['EMPTY_RECORD', null, 'no value'],
    ['EMPTY_RECORD', bytes(''), 'no value'],
    ['NOT_UTF8', new Uint8Array([0xff, 0xfe]), 'not UTF-8'],
    ['NOT_JSON', bytes('{"a":'), 'is not JSON'],
    ['NOT_JSON', bytes('\u0000\u0000\u0000\u0000\u0007{}'), 'schema registry'],
    ['NOT_JSON', bytes(`${'['.repeat(300)}${']'.repeat(300)}`), 'deeper than 200'],
    ['NOT_JSON', bytes('{"headers":{},"payload":1e400}'), '1e400, which is too large'],
    ['NOT_A_MESSAGE', bytes('[1]'), 'not a JSON object'],
    ['NOT_A_MESSAGE', bytes('null'), 'not a JSON object'],
    ['HEADERS_NOT_AN_OBJECT', bytes('{"headers":[]}'), 'headers is not an object'],
    ['FLOW_ID_INVALID', bytes('{"payload":1}'), 'headers.flowId is missing'],
    ['FLOW_ID_INVALID', bytes('{"headers":{"flowId":{}}}'), 'headers.flowId is not text'],
    [
      'FLOW_ID_INVALID',
      bytes('{"headers":{"flowId":"a b"}}'),
      'headers.flowId has other characters',
    ],
    ['STEP_NAME_INVALID', bytes('{"headers":{"flowId":"f"}}'), 'headers.stepName is missing'],
    [
      'ACTION_INVALID',
      bytes('{"headers":{"flowId":"f","stepName":"s","action":"REDO"}}'),
      '"REDO"; expected DO, UNDO',
    ],
    [
      'ACTION_INVALID',
      bytes('{"headers":{"flowId":"f","stepName":"s","action":["DO"]}}'),
      'expected DO, UNDO',
    ],
  ])('%s', (code, value, message) => {
    expect(raw(value)).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('brackets and escaped quotes inside of text are no depth', () => {
    const payload = `${'['.repeat(300)}\\"${'{'.repeat(300)}`;
    expect(inputOf({ status: true }, payload).outcome).toBe('success');
  });

  test('the flow it is about is known when the id could be read', () => {
    expect(raw(bytes('{"headers":{"flowId":"f","stepName":[]}}'))).toMatchObject({
      code: 'STEP_NAME_INVALID',
      flowId: 'f',
      stepName: null,
    });
  });

  test('__proto__ is a name like any other', () => {
    const value = bytes(
      '{"headers":{"__proto__":{"flowId":"x"},"stepName":"s"},"payload":{"__proto__":{"a":1}}}',
    );
    expect(raw(value)).toMatchObject({ code: 'FLOW_ID_INVALID' });
  });
});

describe('numbers of other languages', () => {
  test('are what they are worth where they are computed with, and text where they name something', () => {
    const value = bytes(
      '{"headers":{"flowId":9007199254740993,"stepName":1.0,"status":1.0,"attempt":2.0}}',
    );
    expect(readReply({ key: null, value, headers: {} }, LIMIT).input).toMatchObject({
      flowId: '9007199254740993',
      stepName: '1.0',
      outcome: 'success',
      attemptId: '9007199254740993:1.0:DO:0:2',
    });
    const progress = bytes(
      '{"headers":{"flowId":"f","stepName":"s","action":"PROGRESS","progress":1.0}}',
    );
    expect(readReply({ key: null, value: progress, headers: {} }, LIMIT).input).toMatchObject({
      progress: 1,
    });
  });

  test('a field that is there twice is poison', () => {
    const value = bytes('{"headers":{"flowId":"f","flowId":"g"}}');
    expect(readReply({ key: null, value, headers: {} }, LIMIT).poison).toMatchObject({
      code: 'NOT_JSON',
      message: expect.stringContaining('has the field "flowId" twice'),
    });
  });
});

describe('what surrounds an answer', () => {
  test('an errorMessage that is an object or a list is shown as its JSON', () => {
    const failed = { status: false };
    expect(inputOf({ ...failed, errorMessage: { code: 1, at: ['x'] } }).errorMessage).toBe(
      '{"code":1,"at":["x"]}',
    );
    expect(inputOf({ ...failed, errorMessage: ['a', 2] }).errorMessage).toBe('["a",2]');
    expect(inputOf({ ...failed, errorMessage: null }).errorMessage).toBeNull();
    expect(inputOf(failed).errorMessage).toBeNull();
  });

  test('what cannot be read names its flow and step when the record headers do', () => {
    const outer = { flowId: bytes('f-1'), stepName: 's' };
    for (const value of [null, bytes('{'), new Uint8Array([0xff]), bytes('[]')])
      expect(readReply({ key: null, value, headers: outer }, LIMIT).poison).toMatchObject({
        flowId: 'f-1',
        stepName: 's',
      });
    expect(
      readReply({ key: null, value: null, headers: { flowId: 'no id' } }, LIMIT).poison,
    ).toMatchObject({ flowId: null, stepName: null });
  });

  test("headers of a success that are not the protocol's are the worker's own", () => {
    const own = { tenant: 't-1', realm: 7 };
    const trace = { traceparent: '00-1-1-01' };
    expect(inputOf({ status: true, ...own, ...trace }).headers).toEqual(own);
    expect(inputOf({ status: true, ...trace }).headers).toBeUndefined();
    expect(inputOf({ status: false, ...own }).headers).toBeUndefined();
    expect(inputOf({ action: 'UNDO', status: true, ...own }).headers).toBeUndefined();
    expect(inputOf({ status: true, bad: '\u0000' }).headers).toBeUndefined();
  });
});
