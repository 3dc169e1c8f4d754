import { describe, expect, test } from '@jest/globals';
import { createDecoder } from '../../src/wire/decode.js';
import { ownHeaders, readStart, wrongHeaders, wrongPayload } from '../../src/wire/starts.js';
import { TOPICS } from '../../src/wire/topics.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (value: unknown) =>
  readStart({ key: null, value: bytes(JSON.stringify(value)), headers: {} }, 1000);

describe('a start by topic', () => {
  test('says which orchestration, with what, and its own headers travel on', () => {
    const headers = {
      orchestrationName: 'o',
      flowId: 'my-flow.1',
      idempotencyKey: 'k',
      correlationId: 'c',
      tenant: 7,
      status: true,
      serviceName: 'shop',
      gone: null,
    };
    expect(read({ payload: { a: 1 }, headers })).toEqual({
      start: {
        orchestrationName: 'o',
        flowId: 'my-flow.1',
        payload: '{"a":1}',
        headers: { correlationId: 'c', tenant: 7, serviceName: 'shop' },
        initiator: 'shop',
        idempotencyKey: 'k',
      },
      poison: null,
    });
  });
  test("Java's spelling of the name is understood, and an id that is none is replaced", () => {
    expect(
      read({ headers: { orchName: 'o', flowId: 'not good', idempotencyKey: '', initiator: 'i' } })
        .start,
    ).toMatchObject({
      orchestrationName: 'o',
      flowId: null,
      idempotencyKey: null,
      initiator: 'i',
      payload: null,
    });
  });
  test.each([
    ['ORCHESTRATION_NAME_MISSING', { headers: {} }],
    ['ORCHESTRATION_NAME_MISSING', { headers: { orchestrationName: [] } }],
    ['IDEMPOTENCY_KEY_INVALID', { headers: { orchestrationName: 'o', idempotencyKey: {} } }],
    [
      'IDEMPOTENCY_KEY_INVALID',
      { headers: { orchestrationName: 'o', idempotencyKey: 'x'.repeat(201) } },
    ],
    ['IDEMPOTENCY_KEY_INVALID', { headers: { orchestrationName: 'o', idempotencyKey: 'a\u0000' } }],
    ['IDEMPOTENCY_KEY_INVALID', { headers: { orchestrationName: 'o', idempotencyKey: 'a\ud800' } }],
    ['PAYLOAD_TOO_LARGE', { headers: { orchestrationName: 'o' }, payload: 'x'.repeat(2000) }],
    ['PAYLOAD_UNSTORABLE', { headers: { orchestrationName: 'o' }, payload: '\ud800' }],
    ['HEADERS_UNSTORABLE', { headers: { orchestrationName: 'o', note: '\u0000' } }],
    ['HEADERS_TOO_LARGE', { headers: { orchestrationName: 'o', note: 'x'.repeat(20_000) } }],
    ['HEADERS_NOT_AN_OBJECT', { headers: 7 }],
  ])('%s', (code, value) => {
    expect(read(value)).toEqual({ start: null, poison: expect.objectContaining({ code }) });
  });
  test('lengths are counted in bytes of UTF-8', () => {
    expect(wrongPayload('"äö€😀"', 13)).toBeNull();
    expect(wrongPayload('"äö€😀"', 12)).toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
    expect(wrongPayload(null, 1)).toBeNull();
    expect(wrongHeaders({ a: 1 })).toBeNull();
  });
  test('headers of the protocol never count as own', () => {
    expect(
      ownHeaders(JSON.parse('{"__proto__":1,"flowId":"x","a":false}') as Record<string, unknown>),
    ).toEqual({ a: false });
  });
});

describe('decoding by topic', () => {
  const decode = createDecoder({ payloadLimit: 1000 });
  const record = (value: unknown) => ({
    key: null,
    value: bytes(JSON.stringify(value)),
    headers: {},
  });
  test('starts, replies and registrations go their ways', () => {
    expect(
      decode(TOPICS.starts, record({ headers: { orchestrationName: 'o' } })).start,
    ).toMatchObject({ orchestrationName: 'o' });
    expect(
      decode(TOPICS.replies, record({ headers: { flowId: 'f', stepName: 's', status: true } }))
        .input,
    ).toMatchObject({ flowId: 'f' });
    const registration = decode(
      TOPICS.registrations,
      record({ headers: { serviceName: 'shop' }, payload: { as: 'worker' } }),
    ).registration;
    expect(registration).toMatchObject({ serviceName: 'shop', problems: expect.any(Array) });
    const fallback = decode(TOPICS.registrations, {
      ...record({ payload: {} }),
      headers: { 'X-Service-Name': 'mail' },
    }).registration;
    expect(fallback?.serviceName).toBe('mail');
    expect(
      decode(TOPICS.registrations, record({ payload: {} })).registration?.serviceName,
    ).toBeNull();
  });
  test('a registration that is no message is poison', () => {
    expect(
      decode(TOPICS.registrations, { key: null, value: null, headers: {} }).poison,
    ).toMatchObject({ code: 'EMPTY_RECORD' });
  });
});
