/** `backstep token`: the file that a gateway with AUTH=tokens reads. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { openTokens } from '../../src/api/auth/tokens.js';
import { silent } from '../../src/observability/log.js';
import { type Ran, ran } from './ran.js';

const folder = mkdtempSync(join(tmpdir(), 'backstep-cli-tokens-'));
const file = join(folder, 'tokens.json');
afterAll(() => rmSync(folder, { recursive: true }));

function token(...args: readonly string[]): Promise<Ran> {
  return ran(['token', ...args, '--file', file]);
}

test('create prints the token once, and the file has its hash only, for its owner only', async () => {
  const { code, out, err } = await token('create', 'deploy', '--role', 'admin', 'viewer');
  expect([code, err]).toEqual([0, 'Keep it now: only its hash is stored.\n']);
  expect(out).toMatch(/^backstep_[0-9a-f]{12}_[A-Za-z0-9_-]{43}\n$/);
  expect(readFileSync(file, 'utf8')).not.toContain(out.trim().slice(22));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const tokens = openTokens({ path: file, log: silent('api') });
  const principal = await tokens.authenticate({ authorization: `Bearer ${out.trim()}` });
  tokens.close();
  expect(principal).toMatchObject({ subject: 'deploy', roles: ['admin', 'viewer'], scopes: ['*'] });
  const left = Number(principal.expiresAt) - Date.now();
  expect(Math.round(left / 86_400_000)).toBe(90);
});

test('scopes and expiry are those that were given', async () => {
  const flags = ['--role', 'initiator', '--scope', 'tenant*', 'billing', '--expires', 'never'];
  const { code, out } = await token('create', 'tenants', ...flags, '--json');
  expect([code, JSON.parse(out)]).toMatchObject([
    0,
    { name: 'tenants', roles: ['initiator'], scopes: ['tenant*', 'billing'], expiresAt: null },
  ]);
});

test('list shows them without token and hash', async () => {
  const { out } = await token('list');
  const lines = out.split('\n');
  expect(lines[0]).toMatch(/^NAME +ID +ROLES +SCOPES +EXPIRES$/);
  expect(lines[1]).toMatch(/^deploy +[0-9a-f]{12} +admin, viewer +\* +20\d\d-/);
  expect(lines[2]).toMatch(/^tenants +[0-9a-f]{12} +initiator +tenant\*, billing +never$/);
  const { out: json } = await token('list', '--json');
  expect(json).not.toMatch(/hash/);
});

test.each([
  [['create', 'deploy', '--role', 'viewer'], 'there is a token deploy already; revoke it first'],
  [['create', 'x', '--role', 'boss'], 'roles are viewer, initiator, worker, operator, admin'],
  [['create', 'x'], "required option '--role <role...>' not specified"],
  [['create', 'x', '--role', 'viewer', '--scope', 'a b'], 'a scope is letters, digits'],
  [['create', 'x', '--role', 'viewer', '--expires', '1w'], 'like 90d, 12h or 30m, or never'],
  [['create', 'two words', '--role', 'viewer'], 'a name has 1 to 100 printable characters'],
  [['revoke', 'deployed'], 'there is no token deployed; did you mean deploy?'],
])('token %j is refused with what would be right', async (args, why) => {
  const { code, err } = await token(...args);
  expect([code, err]).toEqual([2, expect.stringContaining(why)]);
});

test('revoke removes it, by its name or its id', async () => {
  expect(await token('revoke', 'deploy')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^deploy \([0-9a-f]{12}\) is revoked\n$/),
  });
  const [{ id } = { id: '' }] = JSON.parse((await token('list', '--json')).out) as { id: string }[];
  expect((await token('revoke', id)).out).toMatch(/^tenants /);
  expect(JSON.parse((await token('list', '--json')).out)).toEqual([]);
});
