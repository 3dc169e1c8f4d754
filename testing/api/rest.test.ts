import { describe, expect, test } from '@jest/globals';
import { problem } from '../../src/engine/problem.js';
import { Fault } from '../../src/engine/service.js';
import { openapi } from './kit/openapi.js';
import { startedRest } from './kit/rest.js';

const api = startedRest();

describe('POST execute', () => {
  test('starts a flow and answers 202', async () => {
    const { status, body } = await api.rest.execute({
      orchestrationName: 'tenantCreation',
      payload: { tenant: 'acme' },
      headers: { a: 1 },
      initiator: 'shop',
    });
    expect([status, body]).toEqual([
      202,
      { flowId: expect.any(String), orchestrationName: 'tenantCreation', status: 'IN_PROGRESS' },
    ]);
    expect(api.running.engine.starts.at(-1)).toMatchObject({
      payload: '{"tenant":"acme"}',
      headers: { a: 1 },
      initiator: 'shop',
      idempotencyKey: null,
    });
  });

  test('answers the same key with 200 and the same flow, another payload with 409', async () => {
    const key = { 'idempotency-key': 'once' };
    const first = await api.rest.execute({ orchestrationName: 'tenantCreation', payload: 1 }, key);
    const again = await api.rest.execute({ orchestrationName: 'tenantCreation', payload: 1 }, key);
    expect([first.status, again.status, again.body]).toEqual([202, 200, first.body]);
    const other = await api.rest.execute({ orchestrationName: 'tenantCreation', payload: 2 }, key);
    expect([other.status, other.body]).toMatchObject([
      409,
      { code: 'IDEMPOTENCY_KEY_CONFLICT', type: 'urn:backstep:problem:idempotency-key-conflict' },
    ]);
  });

  test('keeps the digits of big numbers on the way in and out', async () => {
    const { body } = await api.rest.execute(
      '{"orchestrationName":"tenantCreation","payload":{"id":12345678901234567890,"x":[1e2]}}',
    );
    expect((await api.rest.details(String(body.flowId))).text).toContain(
      '"input":{"id":12345678901234567890,"x":[1e2]}',
    );
  });

  test('answers an unknown orchestration with 404 and suggestions', async () => {
    const { status, body } = await api.rest.execute({ orchestrationName: 'tenantCreate' });
    expect([status, body]).toMatchObject([
      404,
      {
        code: 'UNKNOWN_ORCHESTRATION',
        suggestions: ['tenantCreation'],
        errors: [{ field: 'orchestrationName' }],
        title: 'Not Found',
        status: 404,
      },
    ]);
  });

  test('answers a wrong Idempotency-Key with 400', async () => {
    const { status, body } = await api.rest.execute(
      { orchestrationName: 'tenantCreation' },
      { 'idempotency-key': 'x'.repeat(201) },
    );
    expect([status, body]).toMatchObject([400, { errors: [{ field: 'idempotencyKey' }] }]);
  });

  test('answers a payload that is too large with 413, and a body that is far too large, too', async () => {
    const large = await api.rest.execute({
      orchestrationName: 'tenantCreation',
      payload: 'x'.repeat(5_000_000),
    });
    expect([large.status, large.body]).toMatchObject([
      413,
      { code: 'PAYLOAD_TOO_LARGE', errors: [{ field: 'payload' }] },
    ]);
    const body = await api.rest.execute({
      orchestrationName: 'tenantCreation',
      payload: 'x'.repeat(9_000_000),
    });
    expect([body.status, body.body]).toMatchObject([413, { code: 'BODY_TOO_LARGE' }]);
    expect(api.running.engine.calls).toEqual([]);
  });

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    'answers %s with 415',
    async (type) => {
      expect((await api.rest.execute('{}', { 'content-type': type })).status).toBe(415);
    },
  );

  test('answers a fault with 503 and when to come again, saying nothing of what is behind it', async () => {
    api.running.engine.failure = new Fault('DATABASE_AWAY', 'connect ECONNREFUSED db-7:5432');
    const { status, headers, body, text } = await api.rest.execute({
      orchestrationName: 'tenantCreation',
    });
    expect([status, headers.get('retry-after'), body.code]).toEqual([503, '1', 'UNAVAILABLE']);
    expect(text).not.toMatch(/db-7|ECONN/);
  });

  test('answers 429 with Retry-After when a caller starts too many', async () => {
    const problems = [problem('RATE_LIMITED', 'try again in a second')];
    api.running.engine.overrides = {
      execute: async () => ({ flow: null, created: false, problems }),
    };
    expect(await api.rest.execute({ orchestrationName: 'tenantCreation' })).toMatchObject({
      status: 429,
      body: { code: 'RATE_LIMITED' },
    });
    api.running.engine.overrides = {};
  });

  test('answers overload with 503, whether it comes as a problem or is thrown', async () => {
    api.running.engine.failure = new Fault(
      'OVERLOADED',
      '5000 requests are waiting already; try again in a moment',
    );
    expect(await api.rest.execute({ orchestrationName: 'tenantCreation' })).toMatchObject({
      status: 503,
      body: { code: 'OVERLOADED' },
    });
    api.running.engine.failure = null;
    const problems = [
      { code: 'OVERLOADED', message: 'try again', path: null, line: null, suggestions: [] },
    ];
    api.running.engine.overrides = {
      execute: async () => ({ flow: null, created: false, problems }),
    };
    expect(await api.rest.execute({ orchestrationName: 'tenantCreation' })).toMatchObject({
      status: 503,
      body: { code: 'OVERLOADED' },
    });
    api.running.engine.overrides = {};
  });

  test('masks what nobody expected, and logs it with the id the caller got', async () => {
    api.running.engine.failure = new TypeError(
      "Cannot read properties of undefined (reading 'topic')",
    );
    const { status, headers, text } = await api.rest.execute(
      { orchestrationName: 'tenantCreation' },
      { 'x-request-id': 'r-7' },
    );
    expect([status, headers.get('x-request-id')]).toEqual([500, 'r-7']);
    expect(text).not.toMatch(/topic|undefined|stack|\.ts/);
    expect(api.running.lines.at(-1)).toMatchObject({
      level: 'error',
      fields: { requestId: 'r-7', err: api.running.engine.failure },
    });
  });
});

describe('GET history', () => {
  test('answers numbered pages, newest first, counted', async () => {
    const ids: unknown[] = [];
    for (let count = 0; count < 3; count++)
      ids.push((await api.rest.execute({ orchestrationName: 'tenantCreation' })).body.flowId);
    const { status, body } = await api.rest.history(
      '?orchName=tenantCreation&status=IN_PROGRESS&page=0&size=2',
    );
    expect([status, body]).toMatchObject([
      200,
      { content: [{ flowId: ids[2] }, { flowId: ids[1] }], page: 0, size: 2, capped: false },
    ]);
    expect(body.totalPages).toBe(Math.ceil(Number(body.totalElements) / 2));
    expect(api.running.engine.filter).toEqual({
      orchestrationName: 'tenantCreation',
      statuses: ['IN_PROGRESS'],
    });
    const form = await api.rest.history('?orchName=tenantCreation&status=');
    expect([form.status, form.body.totalElements]).toEqual([200, body.totalElements]);
    expect(api.running.engine.filter).toEqual({ orchestrationName: 'tenantCreation' });
    expect((await api.rest.history('?orchName=nobody')).body).toMatchObject({
      content: [],
      totalElements: 0,
      totalPages: 0,
      size: 20,
    });
  });

  test('points to GraphQL where pages end', async () => {
    expect((await api.rest.history('?page=100&size=100')).body).toMatchObject({
      code: 'PAGE_TOO_DEEP',
      detail: expect.stringContaining('GraphQL'),
    });
    expect((await api.rest.history('?page=99&size=100')).status).toBe(200);
  });

  test('answers faults as problems', async () => {
    api.running.engine.failure = new Fault('X', 'away');
    expect((await api.rest.history()).status).toBe(503);
    api.running.engine.failure = new Error('boom');
    expect((await api.rest.history()).status).toBe(500);
  });
});

describe('GET details', () => {
  test('answers a flow with its steps', async () => {
    const { body } = await api.rest.execute(
      { orchestrationName: 'tenantCreation', payload: { tenant: 'acme' } },
      { 'idempotency-key': 'd' },
    );
    const flowId = String(body.flowId);
    await api.running.engine.answers(flowId, 'createRealm', { payload: '"r-1"' });
    await api.running.engine.fails(flowId, 'createUser', 'no quota');
    expect(await api.rest.details(flowId)).toMatchObject({
      status: 200,
      body: {
        flowId,
        status: 'UNDOING',
        failureReason: expect.stringContaining('no quota'),
        input: { tenant: 'acme' },
        output: null,
        idempotencyKey: 'd',
        steps: [
          { seq: 1, stepName: 'createRealm', status: 'UNDOING', output: 'r-1', durationMs: 10 },
          {
            seq: 2,
            stepName: 'createUser',
            status: 'RETRY_EXHAUSTED',
            errorMessage: 'no quota',
            input: 'r-1',
          },
        ],
      },
    });
  });

  test.each([
    ['nobody', 404, 'UNKNOWN_FLOW'],
    ['x'.repeat(900), 404, 'UNKNOWN_FLOW'],
    ['a/../b', 404, 'UNKNOWN_FLOW'],
    ['a\u0000b', 400, 'BAD_USER_INPUT'],
  ])('answers a flow that is not there with a problem (%#)', async (flowId, status, code) => {
    expect(await api.rest.details(flowId)).toMatchObject({ status, body: { code } });
  });

  test('answers a path that is none with a problem', async () => {
    expect(await api.running.get('/api/orchestrations/details/%ZZ')).toMatchObject({
      status: 400,
      body: { status: 400 },
    });
    expect(await api.running.get('/api/orchestrations/details/')).toMatchObject({
      status: 404,
      body: { status: 404 },
    });
  });

  test('answers faults as problems', async () => {
    api.running.engine.failure = new Fault('X', 'away');
    expect((await api.rest.details('f')).status).toBe(503);
    api.running.engine.failure = new Error('boom');
    expect((await api.rest.details('f')).status).toBe(500);
  });
});

describe('GET diagnose', () => {
  test('answers one verdict with facts and what to do', async () => {
    const { body } = await api.rest.execute({ orchestrationName: 'tenantCreation' });
    expect(await api.rest.diagnose(String(body.flowId))).toMatchObject({
      status: 200,
      body: {
        verdict: 'TOPIC_MISSING',
        stepName: 'createRealm',
        facts: expect.arrayContaining([
          { name: 'status', value: 'IN_PROGRESS', source: 'database' },
        ]),
      },
    });
  });

  test.each([
    ['nobody', 404, 'UNKNOWN_FLOW'],
    ['a\u0000b', 400, 'BAD_USER_INPUT'],
  ])('answers a flow that is not there with a problem (%#)', async (flowId, status, code) => {
    expect(await api.rest.diagnose(flowId)).toMatchObject({ status, body: { code } });
  });

  test('answers faults as problems', async () => {
    api.running.engine.failure = new Fault('X', 'away');
    expect((await api.rest.diagnose('f')).status).toBe(503);
    api.running.engine.failure = new Error('boom');
    expect((await api.rest.diagnose('f')).status).toBe(500);
  });
});

describe('GET audit', () => {
  test('answers pages, newest first, filtered', async () => {
    await api.rest.execute({ orchestrationName: 'nothing' }, { 'x-actor': 'zoe' });
    await api.rest.execute({ orchestrationName: 'tenantCreation' }, { 'x-actor': 'zoe' });
    const first = await api.rest.audit(
      '?actor=zoe&action=execute&first=1&from=2020-01-01T00:00:00Z',
    );
    expect(first.body).toMatchObject({
      content: [
        {
          ...{ at: expect.any(String), actor: 'zoe', proven: false, from: '127.0.0.1' },
          ...{ action: 'execute', orchestrationName: 'tenantCreation', outcome: 'DONE' },
          ...{ before: null, after: { status: 'IN_PROGRESS' }, code: null, reason: null },
        },
      ],
      hasNextPage: true,
    });
    const cursor = encodeURIComponent(String(first.body.endCursor));
    const second = await api.rest.audit(`?actor=zoe&first=1&after=${cursor}`);
    expect(second.body).toMatchObject({
      content: [
        { outcome: 'REFUSED', code: 'UNKNOWN_ORCHESTRATION', orchestrationName: 'nothing' },
      ],
      hasNextPage: false,
    });
    expect((await api.rest.audit('?actor=zoe&outcome=REFUSED')).body.content).toHaveLength(1);
    expect((await api.rest.audit('?actor=nobody')).body).toEqual({
      ...{ content: [], hasNextPage: false, endCursor: null },
    });
  });

  test.each([
    ['?outcome=MAYBE', 'outcome'],
    ['?from=yesterday', 'from'],
    ['?first=0', 'first'],
    ['?who=ann', 'who'],
  ])('refuses %s', async (query, field) => {
    expect(await api.rest.audit(query)).toMatchObject({
      status: 400,
      body: { errors: [{ field }] },
    });
  });

  test('answers faults as problems', async () => {
    api.running.engine.failure = new Fault('X', 'away');
    expect((await api.rest.audit()).status).toBe(503);
    api.running.engine.failure = new Error('boom');
    expect((await api.rest.audit()).status).toBe(500);
  });
});

describe('GET asyncapi.yaml', () => {
  test('answers the topics and messages of its workers', async () => {
    const { status, text, headers } = await api.rest.asyncapi('tenantCreation');
    expect([status, headers.get('content-type')]).toEqual([200, 'application/yaml; charset=utf-8']);
    expect(text).toContain('address: orchestrator.tenantCreation.createRealm.undo');
    const query = JSON.stringify({
      query: '{ orchestration(name: "tenantCreation") { asyncapi } }',
    });
    const { body } = await api.running.post<{ data: object }>('/graphql', query);
    expect(body.data).toEqual({ orchestration: { asyncapi: text } });
  });

  test.each([
    ['nobody', 404, 'UNKNOWN_ORCHESTRATION'],
    ['a\u0000b', 400, 'BAD_USER_INPUT'],
  ])('answers a name that is not there with a problem (%#)', async (name, status, code) => {
    expect(await api.rest.asyncapi(name)).toMatchObject({ status, body: { code } });
  });

  test('answers faults as problems', async () => {
    api.running.engine.failure = new Fault('X', 'away');
    expect((await api.rest.asyncapi('tenantCreation')).status).toBe(503);
    api.running.engine.failure = new Error('boom');
    expect((await api.rest.asyncapi('tenantCreation')).status).toBe(500);
  });
});

describe('health', () => {
  test('lives, and is ready when all checks pass', async () => {
    expect(await api.rest.health('/livez')).toMatchObject({ status: 200, body: { status: 'ok' } });
    expect(await api.rest.health('/readyz')).toMatchObject({ status: 200, body: { ready: true } });
    api.running.engine.ready = false;
    const checks = [
      { name: 'database', ok: true, detail: 'answers, migrated' },
      { name: 'broker', ok: false, detail: 'does not answer' },
    ];
    expect(await api.rest.health('/readyz')).toMatchObject({
      status: 503,
      body: { ready: false, checks },
    });
    api.running.engine.ready = true;
    api.running.engine.failure = new Error('db-7 is away');
    const answer = await api.rest.health('/readyz');
    expect([answer.status, /db-7/.test(answer.text)]).toEqual([503, false]);
  });
});

test('every answer that is described was seen, and the description is served', async () => {
  const described = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) =>
      Object.keys(responses).map((status) => `${method} ${path} ${status}`),
    ),
  );
  // Those of simulations are seen in simulations.test.ts, those of workers in workers.test.ts,
  // those that depend on who calls in auth/openapi.test.ts.
  const elsewhere = /\/simulate |\/auth\/|\/worker\/| 40[13]$/;
  const ofHere = described.filter((one) => !elsewhere.test(one));
  expect(ofHere.filter((one) => !api.rest.seen.has(one))).toEqual([]);
  const served = await api.running.get('/openapi.yaml');
  expect([
    served.status,
    served.headers.get('content-type'),
    served.text.split('\n', 1)[0],
  ]).toEqual([200, 'application/yaml; charset=utf-8', 'openapi: 3.1.0']);
});
