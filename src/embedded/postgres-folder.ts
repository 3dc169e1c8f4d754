/** The data folder of the database: who uses it, its real place, and what a crash left in it. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { lchown, lstat, mkdir, open, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Log } from '../observability/log.js';
import { pause } from '../timing/pause.js';
import { isOpenToAll, RUNS_AS } from './postgres-binaries.js';
import { makeFolder, PASSAGE, PRIVATE_FILE } from './private-files.js';

/**
 * Parent of data folders that PostgreSQL's user could not reach in their place. Unlike /tmp it
 * survives a reboot.
 */
const ELSEWHERE = '/var/tmp';
const LINK = 'elsewhere';

/**
 * The folder itself; or, for root and a folder that PostgreSQL's user cannot reach (in root's
 * home), one outside that it links to. When the link is missing, the folder was wiped, and the data
 * outside are removed as well.
 */
export async function placeOf(folder: string, log: Log): Promise<string> {
  await makeFolder(folder, PASSAGE);
  if (RUNS_AS === null || (await isOpenToAll(folder))) return folder;
  const outside = join(
    ELSEWHERE,
    `backstep-${createHash('sha256').update(folder).digest('hex').slice(0, 16)}`,
  );
  const linked = await lstat(join(folder, LINK)).catch(() => null);
  if (linked === null) {
    await rm(outside, { recursive: true, force: true });
    await symlink(outside, join(folder, LINK));
  }
  // Anybody may write in the folder above: a folder of another user, or a link, is not used.
  await mkdir(outside, { recursive: true, mode: PASSAGE });
  const found = await lstat(outside);
  if (found.uid !== 0 || !found.isDirectory())
    throw new Error(
      `${outside} belongs to somebody else; remove it, or choose another data folder than ${folder}`,
    );
  await makeFolder(outside, PASSAGE);
  log.info(
    { folder, outside },
    'the data folder cannot be reached by the user PostgreSQL runs as; its data are kept outside',
  );
  return outside;
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}

/**
 * Gives a file, or a folder with all that is in it, to this user; null = it stays as it is. The
 * folder itself comes last: when it has its owner, everything in it has.
 */
export async function giveTo(user: number | null, path: string): Promise<void> {
  const found = user === null ? null : await lstat(path);
  if (user === null || found?.uid === user) return;
  if (found?.isDirectory() === true)
    for (const name of await readdir(path, { recursive: true }))
      await lchown(join(path, name), user, user);
  await lchown(path, user, user);
}

const OURS = new Set<string>();

/**
 * Marks the folder as used by this process until the returned function is called. Throws when a
 * running process uses it.
 */
export async function claim(place: string): Promise<() => Promise<void>> {
  const file = join(place, 'owner');
  for (;;) {
    try {
      const handle = await open(file, 'wx', PRIVATE_FILE);
      await handle.writeFile(`${process.pid} ${await bornAt(process.pid)}`);
      await handle.close();
      OURS.add(file);
      return async () => {
        OURS.delete(file);
        await rm(file, { force: true });
      };
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
    const [pid = '', ...born] = (await readFile(file, 'utf8').catch(() => '')).split(' ');
    const lives =
      OURS.has(file) ||
      (Number(pid) !== process.pid &&
        isAlive(Number(pid)) &&
        (await bornAt(Number(pid))) === born.join(' '));
    if (lives)
      throw new Error(
        `${place} is in use by process ${pid}; stop that one first, or choose another data folder`,
      );
    await rm(file, { force: true });
  }
}

/**
 * Stops a server that a crashed process left running on these data, and removes the pid file of one
 * that has ended.
 */
export async function clearLeftovers(data: string, log: Log): Promise<void> {
  const pidFile = join(data, 'postmaster.pid');
  const [first = ''] = (await readFile(pidFile, 'utf8').catch(() => '')).split('\n');
  const pid = Number(first);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (!(await commandOf(pid)).includes(data)) {
    // The pid belongs to another program by now; PostgreSQL would treat that one as a running
    // server.
    await rm(pidFile, { force: true });
    return;
  }
  log.warn({ pid }, 'a PostgreSQL was left running on these data; stopping it');
  for (const signal of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const)
    if (await endsAfter(pid, signal)) return;
  throw new Error(`the PostgreSQL left running as process ${pid} does not stop; end it by hand`);
}

const PATIENCE_MS = 5_000;
const LOOK_MS = 20;

/** Not a child of this process, so its end is found by polling. */
async function endsAfter(pid: number, signal: NodeJS.Signals): Promise<boolean> {
  try {
    process.kill(pid, signal);
  } catch {
    return true;
  }
  for (let waited = 0; waited < PATIENCE_MS; waited += LOOK_MS) {
    if (!isAlive(pid)) return true;
    await pause(LOOK_MS);
  }
  return false;
}

/**
 * A zombie process counts as ended: only its parent has not collected the exit code (in a container
 * often none does).
 */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return !stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return process.platform !== 'linux' || existsSync(`/proc/${pid}`);
  }
}

/**
 * Start time of the process. A pid is reused, in a container soon; pid and start time together are
 * not.
 */
async function bornAt(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat !== null) {
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  }
  return (await ps(pid, 'lstart=')).trim();
}

async function commandOf(pid: number): Promise<string> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => null);
  return line === null ? ps(pid, 'command=') : line.replaceAll('\0', ' ');
}

async function ps(pid: number, format: string): Promise<string> {
  return promisify(execFile)('ps', ['-o', format, '-p', String(pid)]).then(
    ({ stdout }) => stdout,
    () => '',
  );
}
