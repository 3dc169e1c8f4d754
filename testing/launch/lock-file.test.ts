/**
 * The lock names every package of every platform, so `npm ci` accepts it anywhere; so do the parts
 * that are cut from it.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from '@jest/globals';

interface Locked {
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[] | string;
  readonly cpu?: readonly string[] | string;
  readonly [field: string]: unknown;
}
type Packages = Record<string, Locked>;
interface Cut {
  readonly manifest: { readonly dependencies: Readonly<Record<string, string>> };
  readonly lock: { readonly packages: Packages };
}
interface LockFile {
  cutLock(packages: Packages, names: readonly string[]): Cut;
  belongsHere(one: Locked): boolean;
}
const { cutLock, belongsHere } = (await import(
  pathToFileURL('src/launch/lock-file.mjs').href
)) as LockFile;

const read = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'));
const lock = read('package-lock.json') as { readonly packages: Packages };
const folder = mkdtempSync(join(tmpdir(), 'backstep-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/**
 * What npm answers in an empty folder, without a network and with nothing in its cache: the lock
 * itself must hold all that is needed.
 */
async function npmCi(manifest: unknown, wanted: unknown): Promise<string> {
  const place = mkdtempSync(join(folder, 'clone-'));
  mkdirSync(join(place, 'cache'));
  writeFileSync(join(place, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(place, 'package-lock.json'), JSON.stringify(wanted));
  const flags = ['--dry-run', '--offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const env = { ...process.env, npm_config_cache: join(place, 'cache') };
  const options = { cwd: place, env, maxBuffer: 16 * 1024 * 1024 };
  try {
    await promisify(execFile)('npm', ['ci', ...flags], options);
    return 'accepted';
  } catch (error) {
    return (error as { readonly stderr: string }).stderr;
  }
}

test('npm ci accepts the lock', async () => {
  expect(await npmCi(read('package.json'), lock)).toBe('accepted');
});

test('npm ci refuses a lock without the packages of another platform', async () => {
  const foreign = Object.entries(lock.packages).find(
    ([path, one]) => path.startsWith('node_modules/@biomejs/cli-') && !belongsHere(one),
  );
  const { [foreign?.[0] ?? '']: _, ...packages } = lock.packages;
  const answer = await npmCi(read('package.json'), { ...lock, packages });
  expect(answer).toContain(`Missing: ${foreign?.[0].replace('node_modules/', '')}`);
});

describe('the part of the lock for some packages', () => {
  test.each([
    [['typescript']],
    [['node']],
    [['vite', 'graphiql', 'react', 'react-dom', 'graphql', 'graphql-ws', 'preact', 'preact-iso']],
  ])('%j is accepted by npm ci, in the same versions with the same hashes', async (names) => {
    const cut = cutLock(lock.packages, names);
    expect(await npmCi(cut.manifest, cut.lock)).toBe('accepted');
    for (const [path, { optional: _, ...one }] of Object.entries(cut.lock.packages))
      if (path !== '') expect(lock.packages[path]).toMatchObject(one);
  });

  test('has what a package finds in its own folder before what lies further up, and nothing else', () => {
    const packages = {
      '': {},
      'node_modules/a': { version: '1.0.0', dev: true, dependencies: { b: '^2.0.0', c: '^1.0.0' } },
      'node_modules/a/node_modules/b': { version: '2.0.0', dependencies: { c: '^1.0.0' } },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0', devOptional: true, peerDependencies: { none: '*' } },
      'node_modules/d': { version: '1.0.0' },
    };
    const cut = cutLock(packages, ['a']);
    expect(cut.manifest.dependencies).toEqual({ a: '1.0.0' });
    expect(Object.keys(cut.lock.packages)).toEqual([
      '',
      'node_modules/a',
      'node_modules/a/node_modules/b',
      'node_modules/c',
    ]);
    expect(cut.lock.packages['node_modules/a']?.dev).toBeUndefined();
    expect(cut.lock.packages['node_modules/c']?.optional).toBe(true);
  });
});

test.each([
  [{}, true],
  [{ os: [process.platform], cpu: [process.arch] }, true],
  [{ os: process.platform }, true],
  [{ os: ['aix'] }, false],
  [{ cpu: ['s390x'] }, false],
  [{ os: [`!${process.platform}`] }, false],
  [{ os: ['!aix'] }, true],
])('%j is installed on this platform: %s', (one, expected) => {
  expect(belongsHere(one)).toBe(expected);
});
