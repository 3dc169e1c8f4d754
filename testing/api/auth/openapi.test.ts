/**
 * What schema/openapi.yaml promises about callers: every operation it lists, without a token, with
 * a wrong one, without the right.
 */
import { expect, test } from '@jest/globals';
import {
  type Authentication,
  byBearer,
  NO_AUTHENTICATION,
  Unauthenticated,
} from '../../../src/api/auth/authentication.js';
import type { Principal } from '../../../src/api/auth/principal.js';
import { openapi, wrongs } from '../kit/openapi.js';
import { Running } from '../kit/server.js';
import { bearer } from '../kit/tokens.js';

const OPERATIONS = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, { security = openapi.security }]) => ({
    method: method as 'get' | 'post',
    path,
    needsToken: security.some((one) => Object.hasOwn(one, 'bearer')),
  })),
);

/** As a token of an identity provider without any role. */
const NOTHING: Principal = {
  ...{ subject: 'ann', name: 'ann', kind: 'jwt', expiresAt: null },
  ...{ roles: [], scopes: ['*'] },
};
const KNOWS_ONE: Authentication = {
  ...NO_AUTHENTICATION,
  mode: 'jwt',
  ...byBearer((token) => {
    if (token === 'nothing') return NOTHING;
    throw new Unauthenticated('the token is not valid');
  }),
};

/** The status; fails when the answer is not as described. */
async function statusOf(
  running: Running,
  { method, path }: (typeof OPERATIONS)[number],
  headers: Record<string, string>,
): Promise<number> {
  const url = path.replace('{flowId}', 'x');
  const body = JSON.stringify({ orchestrationName: 'tenantCreation' });
  const answer =
    method === 'post'
      ? await running.post<unknown>(url, body, headers)
      : await running.get<unknown>(url, headers);
  expect(wrongs(method, path, answer)).toEqual([]);
  if (answer.status === 401) expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
  return answer.status;
}

test.each(OPERATIONS)('$method $path (needs a token: $needsToken)', async (operation) => {
  await using running = await Running.start({ authentication: KNOWS_ONE });
  const statuses = [];
  for (const headers of [{}, bearer('wrong'), bearer('nothing')])
    statuses.push(await statusOf(running, operation, headers));
  expect(statuses).toEqual(operation.needsToken ? [401, 401, 403] : [200, 200, 200]);
});

test('what is described without a token is what the policy leaves open', () => {
  const open = OPERATIONS.filter(({ needsToken }) => !needsToken).map(({ path }) => path);
  expect(open.sort()).toEqual(['/auth/config', '/livez', '/readyz']);
});
