import { describe, expect, test } from '@jest/globals';
import { createDecoder } from '../../src/wire/decode.js';
import { ownHeaders, readStart, wrongHeaders, wrongPayload } from '../../src/wire/starts.js';
import { TOPICS } from '../../src/wire/topics.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (value: unknown) =>
  readStart({ key: null, value: bytes(JSON.stringify(value)), headers: {} }, 1000);

describe('a start by topic', () => {
  test('names the orchestration and the payload, and its own headers are passed on', () => {
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

describe('record headers of a start', () => {
  const start = (value: unknown, headers: Record<string, Uint8Array | string>) =>
    readStart({ key: null, value: bytes(JSON.stringify(value)), headers }, 1000);

  test("are a fallback for every header, the initiator's own included", () => {
    const outer = {
      orchestrationName: bytes('o'),
      flowId: 'f-1',
      correlationId: bytes('outer'),
      tenant: 't',
      __TypeId__: 'com.example.Start',
    };
    expect(start({ headers: { correlationId: 'inner', tenant: null } }, outer).start).toMatchObject(
      {
        orchestrationName: 'o',
        flowId: 'f-1',
        headers: { correlationId: 'inner', tenant: 't' },
      },
    );
  });

  test('that are not text are ignored: monitoring agents add them', () => {
    const outer = {
      orchestrationName: 'o',
      trace: new Uint8Array([0, 1, 2]),
      other: new Uint8Array([255]),
    };
    expect(start({ headers: {} }, outer).start).toMatchObject({ headers: {} });
  });

  test('a start that is refused keeps what its initiator needs to know it by', () => {
    const refused = {
      flowId: 'f-1',
      orchestrationName: 'o',
      headers: { correlationId: 'c' },
    };
    const headers = { orchestrationName: 'o', flowId: 'f-1', correlationId: 'c' };
    const poisons = [
      start({ headers: { ...headers, idempotencyKey: {} } }, {}),
      start(7, headers),
      readStart({ key: null, value: null, headers }, 1000),
    ].map(({ poison }) => poison);
    expect(poisons).toEqual(
      ['IDEMPOTENCY_KEY_INVALID', 'NOT_A_MESSAGE', 'EMPTY_RECORD'].map((code) =>
        expect.objectContaining({ code, flowId: null, refusedStart: refused }),
      ),
    );
    expect(
      start({ headers: { flowId: 'no id', orchName: 'o' }, payload: 'x'.repeat(2000) }, {}).poison,
    ).toMatchObject({
      refusedStart: { flowId: null, orchestrationName: 'o', headers: {} },
    });
    expect(start({}, {}).poison).toMatchObject({
      refusedStart: { flowId: null, orchestrationName: null, headers: {} },
    });
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
    expect(decode(TOPICS.starts, record({ headers: { orchestrationName: 'o' } }))).toMatchObject({
      kind: 'start',
      start: { orchestrationName: 'o' },
    });
    expect(
      decode(TOPICS.replies, record({ headers: { flowId: 'f', stepName: 's', status: true } })),
    ).toMatchObject({ kind: 'input', input: { flowId: 'f' } });
    const shop = record({ headers: { serviceName: 'shop' }, payload: { as: 'worker' } });
    const mail = { ...record({ payload: {} }), headers: { 'X-Service-Name': 'mail' } };
    const none = record({ payload: {} });
    const registrations = [shop, mail, none].map((one) => decode(TOPICS.registrations, one));
    const of = (serviceName: string | null) => ({
      kind: 'registration',
      registration: { serviceName, problems: expect.any(Array) },
    });
    expect(registrations).toMatchObject([of('shop'), of('mail'), of(null)]);
  });
  test('a reply that counts and goes to quarantine is both; one that cannot be read is poison', () => {
    const unread = record({ headers: { flowId: 'f', stepName: 's', status: 'perhaps' } });
    expect(decode(TOPICS.replies, unread)).toMatchObject({
      kind: 'input',
      input: { outcome: 'unknown' },
      poison: { code: 'STATUS_UNREADABLE' },
    });
    for (const topic of [TOPICS.replies, TOPICS.starts])
      expect(decode(topic, record(7))).toMatchObject({
        kind: 'poison',
        poison: { code: 'NOT_A_MESSAGE' },
      });
  });
  test('a registration that is no message is poison', () => {
    expect(decode(TOPICS.registrations, { key: null, value: null, headers: {} })).toMatchObject({
      kind: 'poison',
      poison: { code: 'EMPTY_RECORD' },
    });
  });
});
