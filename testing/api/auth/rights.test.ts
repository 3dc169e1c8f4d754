/** Which role may do what: over GraphQL and REST the same. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ROLE_RIGHTS } from '../../../src/api/auth/policy.js';
import { ROLES, type Role } from '../../../src/names/roles.js';
import type { Running } from '../kit/server.js';
import { RawSocket, STEP_STATUS_CHANGED } from '../kit/socket.js';
import { bearer, TokenFile } from '../kit/tokens.js';
import { until } from '../kit/until.js';

const file = new TokenFile();
const tokens = new Map<Role, string>();
let running: Running;
beforeAll(async () => {
  for (const role of ROLES) tokens.set(role, file.add(role, { roles: [role] }));
  running = await file.api();
});
afterAll(async () => {
  await running.close();
  file[Symbol.dispose]();
});
const as = (role: Role) => bearer(tokens.get(role) ?? '');

const FIELDS: readonly (readonly [string, readonly Role[]])[] = [
  ['{ history { pageInfo { hasNextPage } } }', ['viewer', 'initiator', 'operator', 'admin']],
  ['{ details(flowId: "none") { flowId } }', ['viewer', 'initiator', 'operator', 'admin']],
  ['{ orchestrations { pageInfo { hasNextPage } } }', [...ROLES]],
  ['{ audit { pageInfo { hasNextPage } } }', ['admin']],
  ['{ quarantine { pageInfo { hasNextPage } } }', ['admin']],
  [
    'mutation { execute(input: { orchestrationName: "none" }) { created } }',
    ['initiator', 'admin'],
  ],
  [
    'mutation { registerOrchestration(input: { document: "x" }) { problems { code } } }',
    ['worker', 'admin'],
  ],
  [
    'mutation { pauseFlow(input: { flowId: "none", reason: "x" }) { problems { code } } }',
    ['operator', 'admin'],
  ],
  [
    'mutation { pauseOrchestration(input: { name: "none", reason: "x" }) { problems { code } } }',
    ['operator', 'admin'],
  ],
  [
    'mutation { setPolicy(input: { orchestrationName: "none", reason: "x" }) { problems { code } } }',
    ['admin'],
  ],
  ['mutation { reply(input: { leaseId: "x", status: true }) { accepted } }', ['worker', 'admin']],
  ['mutation { discardQuarantined(id: "1", reason: "x") { problems { code } } }', ['admin']],
];

describe.each(ROLES)('%s', (role) => {
  test.each(FIELDS)('%s', async (query, allowed) => {
    const { status, body } = await running.graphql(query, {}, as(role));
    expect(status).toBe(200);
    const codes = (body.errors ?? []).map(({ extensions }) => extensions?.code);
    expect(codes).toEqual(allowed.includes(role) ? [] : ['FORBIDDEN']);
  });

  test.each([
    ['GET', '/api/orchestrations/history', ['viewer', 'initiator', 'operator', 'admin']],
    ['GET', '/api/orchestrations/details/none', ['viewer', 'initiator', 'operator', 'admin']],
    ['GET', '/api/orchestrations/diagnose/none', ['viewer', 'initiator', 'operator', 'admin']],
    ['POST', '/api/orchestrations/execute', ['initiator', 'admin']],
    ['POST', '/api/orchestrations/simulate', [...ROLES]],
    ['GET', '/api/audit', ['admin']],
    ['POST', '/api/worker/poll', ['worker', 'admin']],
    ['POST', '/api/worker/reply', ['worker', 'admin']],
    ['GET', '/metrics', ['viewer', 'initiator', 'operator', 'admin']],
  ])('%s %s', async (method, path, allowed) => {
    const request = { method, headers: { ...as(role), 'content-type': 'application/json' } };
    const answer = await running.request<{ code: string }>(path, {
      ...request,
      ...(method === 'POST' && { body: '{"orchestrationName":"none"}' }),
    });
    expect(answer.body?.code === 'FORBIDDEN').toBe(!allowed.includes(role));
    expect(answer.status === 403).toBe(!allowed.includes(role));
  });

  test('stepStatusChanged', async () => {
    const socket = await RawSocket.open(running.socketUrl, as(role));
    socket.subscribe('1', STEP_STATUS_CHANGED, {});
    if (ROLE_RIGHTS[role].includes('flow:read')) await socket.answered('{ __typename }');
    else await until('it is refused', () => socket.results('1').length === 1);
    const refused = { errors: [expect.objectContaining({ extensions: { code: 'FORBIDDEN' } })] };
    expect(socket.results('1')).toEqual(
      ROLE_RIGHTS[role].includes('flow:read') ? [] : [expect.objectContaining(refused)],
    );
    socket.close();
  });
});

test('the answer names the right, who has it, and what the caller has', async () => {
  const { body } = await running.graphql(
    'mutation { pauseFlow(input: { flowId: "none", reason: "x" }) { problems { code } } }',
    {},
    as('viewer'),
  );
  expect(body.errors?.[0]?.message).toBe(
    'this needs the right flow:operate, which the roles operator, admin have; you have viewer',
  );
});

test('what was refused for want of a right is in the audit, over GraphQL and REST', async () => {
  const rows = () => running.engine.database.tables.audit;
  const before = rows().length;
  await running.graphql(
    'mutation { execute(input: { orchestrationName: "tenantCreation" }) { created } }',
    {},
    as('viewer'),
  );
  const body = '{"orchestrationName":"tenantCreation"}';
  await running.post('/api/orchestrations/execute', body, as('viewer'));
  const row = { action: 'execute', actor: 'viewer', proven: true, outcome: 'REFUSED' };
  const refused = { ...row, code: 'FORBIDDEN', orchestrationName: 'tenantCreation' };
  expect(rows().slice(before)).toMatchObject([refused, refused]);
});
