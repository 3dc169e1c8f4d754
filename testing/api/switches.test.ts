/** What is shown beside the API: to everybody, with a valid token, or not at all. */
import { describe, expect, test } from '@jest/globals';
import { ALL_SHOWN, type Switches } from '../../src/api/switches.js';
import { Running } from './kit/server.js';
import { bearer, TokenFile } from './kit/tokens.js';

const PATHS = [
  ['graphiql', '/graphiql'],
  ['openapi', '/openapi.yaml'],
  ['metrics', '/metrics'],
] as const satisfies readonly (readonly [keyof Switches, string])[];

describe.each(PATHS)('%s', (name, path) => {
  test.each([
    ['on', 200, 200],
    ['authenticated', 401, 200],
    ['off', 404, 404],
  ] as const)('%s: %i without a token, %i with one', async (shown, without, withToken) => {
    using file = new TokenFile();
    const headers = bearer(file.add('ann', { roles: ['viewer'] }));
    await using running = await file.api({ switches: { ...ALL_SHOWN, [name]: shown } });
    // GraphiQL may not be built here: its page is a 404 with a page of its own then.
    const statusOf = async (more = {}): Promise<number> => {
      const { status, text } = await running.get(path, more);
      return text.includes('is not built here') ? 200 : status;
    };
    expect([await statusOf(), await statusOf(headers)]).toEqual([without, withToken]);
  });
});

test.each([
  ['on', true, true],
  ['authenticated', false, true],
  ['off', false, false],
] as const)(
  'readiness %s: the checks without a token %s, with one %s',
  async (shown, ...wanted) => {
    using file = new TokenFile();
    const headers = bearer(file.add('ann', { roles: ['viewer'] }));
    await using running = await file.api({ switches: { ...ALL_SHOWN, readiness: shown } });
    const answers = [await running.get('/readyz'), await running.get('/readyz', headers)];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers.map(({ text }) => text.includes('database'))).toEqual(wanted);
    const wrong = await running.get('/readyz', bearer('nonsense'));
    expect([wrong.status, wrong.text.includes('database')]).toEqual([200, shown === 'on']);
  },
);

test('without suggestions no answer has a name that is near', async () => {
  await using quiet = await Running.start({ suggestions: false });
  await using open = await Running.start({ suggestions: true });
  const wrong = '{ historic { edges { cursor } } }';
  const unknown =
    'mutation { execute(input: { orchestrationName: "tenantCreations" }) { problems { code suggestions } } }';
  const simulated =
    '{ simulate(input: { orchestrationName: "tenantCreations", faults: [] }) { problems { suggestions } } }';
  for (const query of [wrong, unknown, simulated]) {
    expect((await open.graphql(query)).text).toMatch(/Did you mean|"tenantCreation"/);
    expect((await quiet.graphql(query)).text).not.toMatch(/Did you mean|"tenantCreation"/);
  }
  const body = '{"orchestrationName":"tenantCreations"}';
  const rest = await quiet.post<{ code: string }>('/api/orchestrations/execute', body);
  expect([rest.body.code, rest.text.includes('"tenantCreation"')]).toEqual([
    'UNKNOWN_ORCHESTRATION',
    false,
  ]);
});

test('/auth/config has what a page needs to log in, and no secret', async () => {
  await using none = await Running.start();
  expect((await none.get('/auth/config')).body).toEqual({
    mode: 'none',
    issuer: null,
    clientId: null,
    audience: null,
    scopes: null,
  });
  const login = { issuer: 'https://login.example.com/realm', clientId: 'console' };
  const wanted = { audience: 'b', scopes: 'openid' };
  using file = new TokenFile();
  await using running = await file.api({ login: { ...login, ...wanted } });
  expect((await running.get('/auth/config')).body).toEqual({ mode: 'tokens', ...login, ...wanted });
  const page = await running.get('/');
  const policy = page.headers.get('content-security-policy') ?? '';
  expect(policy.split('; ')).toContain("connect-src 'self' https://login.example.com");
});
