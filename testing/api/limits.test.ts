import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { getIntrospectionQuery } from 'graphql';
import { Fault } from '../../src/engine/service.js';
import { Running } from './kit/server.js';
import { RawSocket } from './kit/socket.js';
import { until } from './kit/until.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

const QUERY = '{ orchestration(name: "x") { name } }';
const send = (body: string | object, headers: Record<string, string> = {}) =>
  running.post<{ errors?: { message: string; extensions: object }[] }>(
    '/graphql',
    typeof body === 'string' ? body : JSON.stringify(body),
    headers,
  );

describe('a document', () => {
  test.each([
    [
      'too deep',
      `{ a: details(flowId: "x") { timeline { details } } ${'... { '.repeat(12)} b: details(flowId: "x") { flowId } ${'} '.repeat(12)} }`,
      /depth limit/,
    ],
    [
      'too costly',
      '{ orchestrations(first: 100) { edges { node { history(first: 100) { edges { node { timeline(first: 1000) { message } } } } } } } }',
      /cost limit/,
    ],
    [
      'with too many aliases',
      `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: details(flowId: "x") { flowId }`).join(' ')} }`,
      /[Aa]lias/,
    ],
    [
      'with too many directives',
      `{ details(flowId: "x") { flowId ${'@include(if: true) '.repeat(31)} } }`,
      /[Dd]irective/,
    ],
    ['with too many tokens', `{ ${'__typename '.repeat(4001)} }`, /4000 tokens/],
    ['that is none', '{ details(', /Syntax Error/],
    ['of unknown fields', '{ details(flowId: "x") { flowIdd } }', /Cannot query field/],
  ])('%s is answered with 400', async (_what, query, message) => {
    running.engine.calls.length = 0;
    const { status, body } = await send({ query });
    expect([status, body.errors?.[0]?.message]).toEqual([400, expect.stringMatching(message)]);
    expect(body.errors?.[0]?.extensions).toMatchObject({
      code: expect.stringMatching(/^(GRAPHQL_(VALIDATION|PARSE)_FAILED|QUERY_TOO_COMPLEX)$/),
    });
    expect(running.engine.calls).toEqual([]);
  });

  test('with a fragment that contains itself is answered with 400', async () => {
    const { status } = await send({
      query: 'fragment F on Flow { ...F } { details(flowId: "x") { ...F } }',
    });
    expect(status).toBe(400);
  });
});

describe('a request', () => {
  test.each<[string, string, Record<string, string>, number]>([
    ['a batch', `[{"query":${JSON.stringify(QUERY)}}]`, {}, 400],
    ['no JSON', '{', {}, 400],
    ['no query', '{}', {}, 400],
    ['a query that is a number', '{"query":5}', {}, 400],
    ['variables that are a list', `{"query":${JSON.stringify(QUERY)},"variables":[]}`, {}, 400],
    [
      'an operation that is not in it',
      `{"query":${JSON.stringify(QUERY)},"operationName":"Other"}`,
      {},
      400,
    ],
    [
      'another content type',
      JSON.stringify({ query: QUERY }),
      { 'content-type': 'text/plain' },
      415,
    ],
    ['a form', 'query=x', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    [
      'too large a body',
      JSON.stringify({ query: QUERY, variables: { x: 'x'.repeat(9_000_000) } }),
      {},
      413,
    ],
  ])('with %s is answered honestly', async (_what, body, headers, status) => {
    const answer = await send(body, headers);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/node_modules|\.js:/);
  });

  test('by GET may read but not change, and only with a header no form can send', async () => {
    const get = (query: string, headers: Record<string, string>) =>
      running.get<{ data?: object }>(`/graphql?query=${encodeURIComponent(query)}`, headers);
    expect((await get(QUERY, {})).status).toBe(400);
    const preflighted = { 'apollo-require-preflight': 'yes' };
    expect(await get(QUERY, preflighted)).toMatchObject({
      status: 200,
      body: { data: { orchestration: null } },
    });
    running.engine.calls.length = 0;
    const mutation =
      'mutation { execute(input: { orchestrationName: "tenantCreation" }) { created } }';
    expect((await get(mutation, preflighted)).status).toBe(405);
    expect(running.engine.calls).toEqual([]);
  });

  test('gets the request id it came with, or one that was made', async () => {
    expect(
      (await send({ query: QUERY }, { 'x-request-id': 'r-1' })).headers.get('x-request-id'),
    ).toBe('r-1');
    expect(
      (await send({ query: QUERY }, { 'x-request-id': 'not good' })).headers.get('x-request-id'),
    ).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('learns of a fault that it may try again, and of anything else nothing', async () => {
    running.engine.failure = new Fault('DATABASE_AWAY', 'connect ECONNREFUSED db-7');
    expect((await send({ query: QUERY })).body.errors).toEqual([
      expect.objectContaining({
        path: ['orchestration'],
        extensions: { code: 'UNAVAILABLE', retryable: true },
      }),
    ]);
    running.engine.failure = new Error('relation "orchestration_run" does not exist');
    const { body, text } = await send({ query: QUERY });
    running.engine.failure = null;
    expect(body.errors).toMatchObject([
      {
        message: 'something went wrong here; it is in the log',
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ]);
    expect(text).not.toMatch(/orchestration_run|stack|\.ts/);
    expect(running.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('for an answer the schema forbids is masked and logged as well', async () => {
    running.engine.overrides = {
      orchestration: async () => ({ orchestration: { name: null } }) as never,
    };
    const { body } = await send({ query: QUERY });
    running.engine.overrides = {};
    expect(body.errors).toMatchObject([{ message: 'something went wrong here; it is in the log' }]);
  });
});

describe('clients that may not read the schema', () => {
  test('gets neither introspection nor suggestions, over HTTP and WebSocket', async () => {
    await using closed = await Running.start({ introspection: false, production: true });
    const wrong = '{ orchestrashun(name: "x") { name } }';
    for (const query of [
      getIntrospectionQuery(),
      wrong,
      '{ history(filter: { statuses: [COMPLETE] }) { edges { cursor } } }',
    ]) {
      const { status, text } = await closed.graphql(query);
      expect([status, text]).toEqual([
        400,
        expect.not.stringMatching(/Did you mean|"orchestration"|COMPLETED/),
      ]);
    }
    const socket = await RawSocket.open(closed.socketUrl);
    socket.subscribe('schema', '{ __schema { types { name } } }', {});
    socket.subscribe('wrong', wrong, {});
    await until(
      'both are refused',
      () => socket.errors('schema').length > 0 && socket.errors('wrong').length > 0,
    );
    expect(JSON.stringify(socket.errors('wrong'))).not.toContain('Did you mean');
    socket.close();
    expect((await running.graphql(wrong)).text).toContain('Did you mean');
  });
});

describe('a WebSocket', () => {
  const open = async (
    headers: Record<string, string>,
    url = running.socketUrl,
    server = running,
  ): Promise<string> => {
    const socket = await RawSocket.open(
      url.replace(running.socketUrl, server.socketUrl),
      headers,
    ).catch((error: Error) => error.message);
    if (typeof socket === 'string') return socket;
    socket.close();
    return 'opened';
  };

  test.each([
    ['http://evil.example', 'refused with 403'],
    ['null', 'refused with 403'],
    ['http://127.0.0.1.evil.example', 'refused with 403'],
    ['http://localhost:5173', 'opened'],
    ['https://[::1]:8443', 'opened'],
  ])('from a page of %s is %s', async (origin, outcome) => {
    expect(await open({ origin })).toBe(outcome);
  });

  test('is opened for our own pages, programs, and pages that are allowed', async () => {
    expect(await open({ origin: running.api.url })).toBe('opened');
    expect(await open({})).toBe('opened');
    await using other = await Running.start({ allowedOrigins: ['https://console.example.com'] });
    expect(await open({ origin: 'https://console.example.com' }, running.socketUrl, other)).toBe(
      'opened',
    );
    expect(await open({ origin: 'https://other.example.com' }, running.socketUrl, other)).toBe(
      'refused with 403',
    );
  });

  test('elsewhere than at /graphql, or by a name that is not ours, is refused', async () => {
    expect(await open({}, running.socketUrl.replace('/graphql', '/other'))).toBe(
      'refused with 404',
    );
    expect(await open({ host: 'evil.example' })).toBe('refused with 421');
  });

  test('that never sends connection_init is closed', async () => {
    const socket = await RawSocket.open(running.socketUrl, {}, false);
    expect((await socket.closed).code).toBe(4408);
  });
});
