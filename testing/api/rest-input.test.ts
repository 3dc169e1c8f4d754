import { describe, expect, test } from '@jest/globals';
import { EXECUTE, HISTORY, startedRest } from './kit/rest.js';

const api = startedRest();

describe('POST execute', () => {
  test.each<[string, unknown, string, string | undefined]>([
    ['no JSON', '{', 'BODY_INVALID', undefined],
    ['an empty body', ' ', 'BODY_INVALID', undefined],
    ['a body nested too deep', '['.repeat(1001), 'BODY_INVALID', undefined],
    ['a list', [], 'FIELD_INVALID', 'body'],
    ['null', null, 'FIELD_INVALID', 'body'],
    ['no name', { payload: 1 }, 'FIELD_INVALID', 'orchestrationName'],
    ['an empty name', { orchestrationName: '' }, 'INVALID_TEXT', 'orchestrationName'],
    ['a name that is none', { orchestrationName: 5 }, 'FIELD_INVALID', 'orchestrationName'],
    ['a name with NUL', { orchestrationName: 'a\u0000' }, 'INVALID_TEXT', 'orchestrationName'],
    [
      'a payload with NUL',
      { orchestrationName: 'tenantCreation', payload: '\u0000' },
      'PAYLOAD_UNSTORABLE',
      'payload',
    ],
    [
      'a payload nested too deep',
      {
        orchestrationName: 'tenantCreation',
        payload: JSON.parse('['.repeat(201) + ']'.repeat(201)),
      },
      'INVALID_JSON',
      'payload',
    ],
    [
      'a payload with __proto__',
      '{"orchestrationName":"tenantCreation","payload":{"__proto__":1}}',
      'INVALID_JSON',
      'payload',
    ],
    [
      'a payload with an endless number',
      '{"orchestrationName":"tenantCreation","payload":1e999}',
      'INVALID_JSON',
      'payload',
    ],
    [
      'headers that are none',
      { orchestrationName: 'tenantCreation', headers: 'x' },
      'INVALID_HEADERS',
      'headers',
    ],
    [
      'an initiator that is none',
      { orchestrationName: 'tenantCreation', initiator: 5 },
      'FIELD_INVALID',
      'initiator',
    ],
    [
      'a field that is not there',
      { orchestrationName: 'tenantCreation', playload: 1 },
      'UNKNOWN_FIELD',
      'playload',
    ],
  ])(
    'answers %s with 400 naming the field, and starts nothing',
    async (_what, wrong, code, field) => {
      const { status, body } = await api.rest.execute(wrong);
      expect([status, body.code]).toEqual([400, code]);
      if (field !== undefined)
        expect(body.errors).toMatchObject([{ code, field, detail: expect.any(String) }]);
      expect(api.running.engine.calls).toEqual([]);
    },
  );
});

describe('GET history', () => {
  test.each([
    ['page=-1', 'page'],
    ['page=x', 'page'],
    ['page=1.5', 'page'],
    ['page=', 'page'],
    ['page=1&page=2', 'page'],
    ['page=500&size=20', 'page'],
    ['size=0', 'size'],
    ['size=101', 'size'],
    ['status=DONE', 'status'],
    ['status=completed', 'status'],
    ['status=FAILED&status=UNDONE', 'status'],
    ['orchName=', 'orchName'],
    ['orchName=a&orchName=b', 'orchName'],
    [`orchName=${'x'.repeat(201)}`, 'orchName'],
    ['orchestrationName=x', 'orchestrationName'],
  ])('answers ?%s with 400 naming %s', async (query, field) => {
    const { status, body } = await api.rest.history(`?${query}`);
    expect([status, body.errors]).toMatchObject([400, [{ field }]]);
    expect(api.running.engine.calls).toEqual([]);
  });

  test('answers a name with NUL with 400', async () => {
    expect(await api.rest.history('?orchName=%00')).toMatchObject({
      status: 400,
      body: { detail: 'orchestrationName has a NUL character' },
    });
  });
});

test('a method that is not possible is answered with 405 and those that are', async () => {
  for (const [method, path, allow] of [
    ['GET', EXECUTE, 'POST'],
    ['POST', HISTORY, 'GET'],
    ['DELETE', '/api/orchestrations/details/f', 'GET'],
    ['PUT', '/graphql', 'GET, POST'],
    ['PUT', '/api/orchestrations/simulate', 'POST'],
    ['POST', '/metrics', 'GET'],
    ['DELETE', '/api/orchestrations/diagnose/f', 'GET'],
    ['POST', '/openapi.yaml', 'GET'],
  ] as const) {
    const answer = await api.running.request(path, {
      method,
      headers: { 'content-type': 'application/json' },
    });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
  }
});
