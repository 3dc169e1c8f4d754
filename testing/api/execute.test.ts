import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Fault } from '../../src/engine/service.js';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
beforeEach(() => {
  running.engine.failure = null;
});
afterAll(() => running.close());

const EXECUTE = `mutation ($input: ExecuteInput!) { execute(input: $input) {
  created flow { flowId status input headers initiator } problems { code message path line suggestions } } }`;
const tenant = (more: object = {}): object => ({
  input: { orchestrationName: 'tenantCreation', ...more },
});

interface Executed {
  readonly execute: {
    readonly created: boolean;
    readonly flow: { readonly flowId: string } | null;
    readonly problems: readonly {
      readonly code: string;
      readonly path: string | null;
      readonly message: string;
      readonly suggestions: string[];
    }[];
  };
}

describe('execute', () => {
  test('starts a flow with its payload, headers and initiator', async () => {
    const { execute } = await running.data<Executed>(
      EXECUTE,
      tenant({
        payload: { a: [1, 'x', null] },
        headers: { correlationId: 'c' },
        initiator: 'shop',
      }),
    );
    expect(execute).toMatchObject({
      created: true,
      problems: [],
      flow: {
        status: 'IN_PROGRESS',
        input: { a: [1, 'x', null] },
        headers: { correlationId: 'c' },
        initiator: 'shop',
      },
    });
  });

  test('takes a payload written inline, variables and big numbers in it included', async () => {
    const query = `mutation ($name: JSON) { execute(input: { orchestrationName: "tenantCreation",
      payload: { name: $name, big: 12345678901234567890, deep: { list: [1, 2.5, true, null, RED] } } }) { created } }`;
    await running.data(query, { name: 'acme' });
    expect(running.engine.starts.at(-1)?.payload).toBe(
      '{"name":"acme","big":12345678901234567890,"deep":{"list":[1,2.5,true,null,"RED"]}}',
    );
  });

  test('keeps the digits of big numbers in variables, and shows them again', async () => {
    const body = `{"query":${JSON.stringify(EXECUTE)},"variables":{"input":{"orchestrationName":"tenantCreation","payload":{"id":98765432109876543210,"n":1e3}}}}`;
    const { text } = await running.post('/graphql', body);
    expect(running.engine.starts.at(-1)?.payload).toBe('{"id":98765432109876543210,"n":1e3}');
    expect(text).toContain('"input":{"id":98765432109876543210,"n":1e3}');
  });

  test('gives the same flow for the same idempotency key, and a problem when the payload is another', async () => {
    const first = await running.data<Executed>(
      EXECUTE,
      tenant({ payload: { a: 1, b: 2 }, idempotencyKey: 'once' }),
    );
    const again = await running.data<Executed>(
      EXECUTE,
      tenant({ payload: { b: 2, a: 1 }, idempotencyKey: 'once' }),
    );
    expect([first.execute.created, again.execute.created]).toEqual([true, false]);
    expect(again.execute.flow?.flowId).toBe(first.execute.flow?.flowId);
    const other = await running.data<Executed>(
      EXECUTE,
      tenant({ payload: { a: 2 }, idempotencyKey: 'once' }),
    );
    expect(other.execute).toMatchObject({
      flow: null,
      created: false,
      problems: [{ code: 'IDEMPOTENCY_KEY_CONFLICT', path: 'idempotencyKey' }],
    });
  });

  test('suggests a name for one that is not registered', async () => {
    const { execute } = await running.data<Executed>(EXECUTE, {
      input: { orchestrationName: 'tenantCreatoin' },
    });
    expect(execute.problems).toEqual([
      expect.objectContaining({
        code: 'UNKNOWN_ORCHESTRATION',
        path: 'orchestrationName',
        suggestions: ['tenantCreation'],
      }),
    ]);
  });

  const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
  const lone = JSON.parse('"\\ud800"') as string;
  test.each<[string, string, object]>([
    ['orchestrationName', 'INVALID_TEXT', { orchestrationName: '' }],
    ['orchestrationName', 'INVALID_TEXT', { orchestrationName: 'a\u0000b' }],
    ['orchestrationName', 'INVALID_TEXT', { orchestrationName: 'x'.repeat(201) }],
    ['payload', 'PAYLOAD_TOO_LARGE', { payload: 'é'.repeat(460_800) }],
    ['payload', 'PAYLOAD_TOO_LARGE', { payload: 'x'.repeat(5_000_000) }],
    ['payload', 'PAYLOAD_UNSTORABLE', { payload: { text: 'a\u0000b' } }],
    ['payload', 'PAYLOAD_UNSTORABLE', { payload: { text: lone } }],
    ['payload', 'PAYLOAD_UNSTORABLE', { payload: { [lone]: 1 } }],
    ['payload', 'INVALID_JSON', { payload: deep(201) }],
    ['payload', 'INVALID_JSON', { payload: JSON.parse('{"a":{"__proto__":{"b":1}}}') }],
    ['idempotencyKey', 'INVALID_TEXT', { idempotencyKey: '' }],
    ['idempotencyKey', 'INVALID_TEXT', { idempotencyKey: 'x'.repeat(201) }],
    ['idempotencyKey', 'INVALID_TEXT', { idempotencyKey: lone }],
    ['headers', 'INVALID_HEADERS', { headers: 'text' }],
    ['headers', 'INVALID_HEADERS', { headers: [1] }],
    ['headers', 'INVALID_JSON', { headers: { a: deep(201) } }],
    ['headers', 'HEADERS_UNSTORABLE', { headers: { a: '\u0000' } }],
    ['headers', 'HEADERS_TOO_LARGE', { headers: { a: 'x'.repeat(20_000) } }],
    ['initiator', 'INVALID_TEXT', { initiator: '\u0000' }],
    ['initiator', 'INVALID_TEXT', { initiator: '  ' }],
  ])(
    'answers a wrong %s with the problem %s and starts nothing (%#)',
    async (path, code, wrong) => {
      running.engine.calls.length = 0;
      const { execute } = await running.data<Executed>(EXECUTE, tenant(wrong));
      expect(execute).toMatchObject({
        flow: null,
        created: false,
        problems: [{ code, path, message: expect.stringMatching(new RegExp(`^${path} h?`)) }],
      });
      expect(running.engine.calls).toEqual([]);
    },
  );

  test('refuses numbers that are too large for JSON, inline and as variable', async () => {
    const body = `{"query":${JSON.stringify(EXECUTE)},"variables":{"input":{"orchestrationName":"tenantCreation","payload":[1e999]}}}`;
    expect(
      (await running.post<{ data: Executed }>('/graphql', body)).body.data.execute.problems,
    ).toMatchObject([{ code: 'INVALID_JSON', path: 'payload' }]);
    const inline =
      'mutation { execute(input: { orchestrationName: "tenantCreation", payload: { a: -1e999 } }) { problems { code path } } }';
    expect(await running.data(inline)).toEqual({
      execute: { problems: [{ code: 'INVALID_JSON', path: 'payload' }] },
    });
  });

  test('reports all problems of a start at once', async () => {
    const { execute } = await running.data<Executed>(EXECUTE, {
      input: {
        orchestrationName: '',
        payload: '\u0000',
        idempotencyKey: '',
        headers: 1,
        initiator: '',
      },
    });
    expect(execute.problems.map(({ path }) => path)).toEqual([
      'orchestrationName',
      'payload',
      'headers',
      'initiator',
      'idempotencyKey',
    ]);
  });

  test('a payload just within the limits is started', async () => {
    const { execute } = await running.data<Executed>(
      EXECUTE,
      tenant({ payload: ['x'.repeat(900 * 1024 - 4)] }),
    );
    expect(execute.created).toBe(true);
    expect(
      (await running.data<Executed>(EXECUTE, tenant({ payload: deep(200) }))).execute.created,
    ).toBe(true);
  });

  test.each([
    ['orchestrationName', { payload: 1 }],
    ['orchestrationName', { orchestrationName: 5 }],
    ['idempotencyKey', { orchestrationName: 'tenantCreation', idempotencyKey: { a: 1 } }],
    ['initiator', { orchestrationName: 'tenantCreation', initiator: 12345678901234567890n }],
    ['orchestrationNam', { orchestrationName: 'tenantCreation', orchestrationNam: 'x' }],
  ])('answers a %s of the wrong type with a request error that names it', async (field, input) => {
    const variables = JSON.stringify({ input }, (_key, value) =>
      typeof value === 'bigint' ? `#${value}` : value,
    ).replace(/"#(\d+)"/, '$1');
    const { status, body } = await running.post<{ errors: unknown[] }>(
      '/graphql',
      `{"query":${JSON.stringify(EXECUTE)},"variables":${variables}}`,
    );
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([
      { message: expect.stringContaining(field), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });
});

describe('executeMany', () => {
  const MANY =
    'mutation ($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { created flow { flowId } problems { code path } } }';

  test('answers each of many in order, a wrong one among them', async () => {
    const names = ['tenantCreation', 'nobody', '', 'tenantCreation'];
    const { executeMany } = await running.data<{ executeMany: unknown[] }>(MANY, {
      inputs: names.map((orchestrationName) => ({ orchestrationName })),
    });
    expect(executeMany).toMatchObject([
      { created: true, problems: [] },
      { created: false, problems: [{ code: 'UNKNOWN_ORCHESTRATION' }] },
      { created: false, problems: [{ code: 'INVALID_TEXT', path: 'orchestrationName' }] },
      { created: true, problems: [] },
    ]);
  });

  test('takes at most 1000 at once', async () => {
    const inputs = Array.from({ length: 1001 }, () => ({ orchestrationName: 'tenantCreation' }));
    running.engine.calls.length = 0;
    const error = await running.error(MANY, { inputs });
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'inputs has 1001 entries, at most 1000 are allowed',
    });
    expect(running.engine.calls).toEqual([]);
  });

  test('a fault in the middle does not hide what was started', async () => {
    let calls = 0;
    const { execute } = running.engine.service;
    running.engine.overrides = {
      execute: (request) =>
        ++calls === 2 ? Promise.reject(new Fault('DB', 'away')) : execute(request),
    };
    const inputs = [1, 2, 3].map((payload) => ({ orchestrationName: 'tenantCreation', payload }));
    const { executeMany } = await running.data<{ executeMany: unknown[] }>(MANY, { inputs });
    expect(executeMany).toMatchObject([
      { created: true },
      { created: false, flow: null, problems: [{ code: 'UNAVAILABLE' }] },
      { created: true },
    ]);
    running.engine.overrides = {};
  });
});
