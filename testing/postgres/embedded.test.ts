import { execFile, spawn, spawnSync } from 'node:child_process';
import {
  chmod,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { openEmbeddedPostgres } from '../../src/embedded/postgres.js';
import { RUNS_AS } from '../../src/embedded/postgres-binaries.js';
import { silent } from '../../src/observability/log.js';
import { freshOf, sqlOf } from '../../src/postgres/connection/sql.js';
import { openOrm } from '../../src/postgres/database.js';
import { openToOthers } from '../kit/open-to-others.js';

const log = silent('embedded');
let folder = '';
/** A database as it is after a clean end. */
let made = '';
beforeAll(async () => {
  made = await mkdtemp(join(tmpdir(), 'backstep-embedded-'));
  await (await openEmbeddedPostgres({ folder: made, log })).close();
});
afterAll(() => rm(made, { recursive: true, force: true }));
/** Making one takes a second: where a test is about what comes after, it begins with a copy. */
async function beginWithMade(): Promise<void> {
  for (const part of ['data', 'password'])
    await cp(join(made, part), join(folder, part), { recursive: true, preserveTimestamps: true });
}
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backstep-embedded-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const orm = openOrm({ url, poolSize: 1, statementTimeoutMs: 10_000, log });
  try {
    return await sqlOf(freshOf(orm.em)).rows<Record<string, unknown>>(text, []);
  } finally {
    await orm.close(true);
  }
}

const pidOf = async (place = folder): Promise<number> =>
  Number((await readFile(join(place, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);

/** A child that was stopped is a zombie for a moment: that is not running. */
async function isRunning(pid: number): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return line !== '' && line.slice(line.lastIndexOf(')') + 2, line.lastIndexOf(')') + 3) !== 'Z';
}

test('data survive a restart, they are synced to disk, in UTF-8, and nothing is left running', async () => {
  const first = await openEmbeddedPostgres({ folder, log });
  await query(first.url, `CREATE TABLE kept AS SELECT 'ü' AS text`);
  const pid = await pidOf();
  expect(await isRunning(pid)).toBe(true);
  await first.close();
  expect(await isRunning(pid)).toBe(false);
  const second = await openEmbeddedPostgres({ folder, log });
  const [row] = await query(
    second.url,
    `SELECT text, current_setting('fsync') AS fsync, current_setting('server_encoding') AS encoding, current_setting('server_version_num')::int AS version FROM kept`,
  );
  await second.close();
  expect(row).toMatchObject({ text: 'ü', fsync: 'on', encoding: 'UTF8' });
  expect(Number(row?.version)).toBeGreaterThanOrEqual(180_000);
});

test('a folder that is in use is refused, politely, and free again afterwards', async () => {
  await beginWithMade();
  const first = await openEmbeddedPostgres({ folder, log });
  await expect(openEmbeddedPostgres({ folder, log })).rejects.toThrow(
    /in use by process \d+.*choose another data folder/,
  );
  await query(first.url, 'SELECT 1');
  await first.close();
  await (await openEmbeddedPostgres({ folder, log })).close();
});

test('a folder that another living process uses is refused, one whose process is gone is not', async () => {
  await beginWithMade();
  const other = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], {
    stdio: 'ignore',
  });
  const gone = new Promise((resolve) => other.on('exit', resolve));
  const born = (await readFile(`/proc/${other.pid}/stat`, 'utf8'))
    .replace(/^.*\) /, '')
    .split(' ')[19];
  await writeFile(join(folder, 'owner'), `${other.pid} ${born}`);
  await expect(openEmbeddedPostgres({ folder, log })).rejects.toThrow(
    `in use by process ${other.pid}`,
  );
  await writeFile(join(folder, 'owner'), `${other.pid} ${Number(born) - 1}`);
  await (await openEmbeddedPostgres({ folder, log })).close();
  await writeFile(join(folder, 'owner'), `${other.pid} ${born}`);
  other.kill('SIGKILL');
  await gone;
  await (await openEmbeddedPostgres({ folder, log })).close();
});

test('a server that a killed process left running is stopped, and its data are there', async () => {
  await beginWithMade();
  const left = await openEmbeddedPostgres({ folder, log });
  await query(left.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  const pid = await pidOf();
  // As after a SIGKILL of ours: the server goes on, and the mark in the folder names a process that
  // is no more.
  const copy = await mkdtemp(join(tmpdir(), 'backstep-embedded-'));
  await rename(join(folder, 'owner'), join(copy, 'owner'));
  const again = await openEmbeddedPostgres({ folder, log });
  expect(await isRunning(pid)).toBe(false);
  expect(await query(again.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  await again.close();
  await left.close();
  await rm(copy, { recursive: true });
});

test('a pid file that names another process is no obstacle', async () => {
  await beginWithMade();
  await writeFile(
    join(folder, 'data', 'postmaster.pid'),
    `${process.pid}\n${join(folder, 'data')}\n1\n5432\n`,
  );
  const again = await openEmbeddedPostgres({ folder, log });
  await query(again.url, 'SELECT 1');
  await again.close();
});

test('a port that is taken is an error, and leaves nothing behind', async () => {
  await beginWithMade();
  const taken: Server = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await expect(openEmbeddedPostgres({ folder, port, log })).rejects.toThrow(
    /did not start on port \d+.*in use/s,
  );
  await new Promise((resolve) => taken.close(resolve));
  await expect(stat(join(folder, 'owner'))).rejects.toThrow('ENOENT');
  const again = await openEmbeddedPostgres({ folder, port, log });
  expect(new URL(again.url).port).toBe(String(port));
  await again.close();
});

test('a half-made database is made again', async () => {
  const first = await openEmbeddedPostgres({ folder, log });
  await first.close();
  await rm(join(folder, 'data'), { recursive: true });
  await writeFile(join(folder, 'data.new'), 'cut short');
  const again = await openEmbeddedPostgres({ folder, log });
  await query(again.url, 'SELECT 1');
  await again.close();
});

const asRoot = process.getuid?.() === 0;

/** Whether a process of this user can read the file. */
const reads = (user: number, path: string): boolean =>
  spawnSync('cat', [path], { uid: user, gid: user }).status === 0;

test('its data are for their owner alone: for root, a user that nothing else runs as', async () => {
  const place = join(folder, 'data', 'postgres');
  await mkdir(join(folder, 'data'), { mode: 0o711 });
  await chmod(folder, 0o711);
  const first = await openEmbeddedPostgres({ folder: place, log });
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  const owner = RUNS_AS ?? process.getuid?.();
  for (const path of ['data', 'password', join('data', 'PG_VERSION')])
    expect([path, (await stat(join(place, path))).uid]).toEqual([path, owner]);
  expect(openToOthers(join(place, 'data'))).toEqual([]);
  expect((await stat(join(place, 'password'))).mode & 0o777).toBe(0o600);
  expect((await stat(place)).mode & 0o066).toBe(0);
  if (RUNS_AS !== null) {
    const password = join(place, 'password');
    expect([reads(RUNS_AS, password), reads(65_534, password)]).toEqual([true, false]);
    expect((await stat(`/proc/${await pidOf(place)}`)).uid).toBe(RUNS_AS);
  }
  await first.close();
});

test('data of a version that ran it as nobody, in an open folder, are taken over', async () => {
  await (await openEmbeddedPostgres({ folder, log })).close();
  if (asRoot) await promisify(execFile)('chown', ['-R', '65534:65534', join(folder, 'data')]);
  if (asRoot) await promisify(execFile)('chown', ['65534:65534', join(folder, 'password')]);
  await chmod(folder, 0o755);
  const again = await openEmbeddedPostgres({ folder, log });
  await query(again.url, 'SELECT 1');
  expect((await stat(folder)).mode & 0o066).toBe(0);
  await again.close();
  if (RUNS_AS !== null) expect((await stat(join(folder, 'data', 'base'))).uid).toBe(RUNS_AS);
});

test(`a folder PostgreSQL's user cannot reach (${asRoot ? 'we are root' : 'we are not root: it is ours'}) keeps its data all the same, and wiping it wipes them`, async () => {
  const below = join(folder, 'private', 'postgres');
  await mkdir(below, { recursive: true });
  await chmod(join(folder, 'private'), 0o700);
  const first = await openEmbeddedPostgres({ folder: below, log });
  await query(first.url, 'CREATE TABLE kept AS SELECT 1 AS one');
  await first.close();
  const outside = asRoot ? await readlink(join(below, 'elsewhere')) : null;
  const second = await openEmbeddedPostgres({ folder: below, log });
  expect(await query(second.url, 'SELECT one FROM kept')).toEqual([{ one: 1 }]);
  await second.close();
  await rm(below, { recursive: true });
  const third = await openEmbeddedPostgres({ folder: below, log });
  expect(await query(third.url, `SELECT to_regclass('kept') AS kept`)).toEqual([{ kept: null }]);
  await third.close();
  if (outside !== null) await rm(outside, { recursive: true });
});
