/**
 * `npm start` stopped from outside, by a supervisor that knows npm's process id alone: gateway and
 * PostgreSQL end with it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test } from '@jest/globals';
import { commandOf, gone, Started } from './kit/started.js';

const folder = mkdtempSync(join(tmpdir(), 'backstep-stop-'));
// As root PostgreSQL runs as another user, who must reach its data.
chmodSync(folder, 0o755);
let started: Started | null = null;
afterEach(async () => {
  await started?.end();
  started = null;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each([
  ['npm', 'SIGTERM'],
  ['npm', 'SIGKILL'],
  ['the launcher', 'SIGTERM'],
  ['the launcher', 'SIGKILL'],
] as const)('%s is sent %s: nothing it started lives on', async (target, signal) => {
  const env = { DATA_FOLDER: folder, PORT: '0' };
  started = new Started('npm', ['start'], { env });
  await started.prints(/Backstep is ready/);
  const family = started.family();
  const commands = family.map(({ pid }) => commandOf(pid));
  const launcher = family[commands.findIndex((one) => one.includes('src/launch/start.mjs'))];
  expect(commands).toContainEqual(expect.stringContaining('dist/bundle/main.js'));
  expect(commands).toContainEqual(expect.stringMatching(/bin\/postgres -D/));
  process.kill(target === 'npm' ? started.pid : (launcher?.pid ?? 0), signal);
  await gone(family);
});

test('npm is sent SIGTERM while it still installs: nothing lives on, and the lock is as it was', async () => {
  const clone = join(folder, 'clone');
  execFileSync('git', ['clone', '--quiet', process.cwd(), clone]);
  started = new Started('npm', ['start'], { cwd: clone, env: { PORT: '0' } });
  await started.prints(/Installing packages/);
  const family = await started.familyWith(/^npm ci/);
  process.kill(started.pid, 'SIGTERM');
  await gone(family);
  expect(started.output).not.toContain('Building');
  expect(execFileSync('git', ['status', '--short'], { cwd: clone, encoding: 'utf8' })).toBe('');
});
