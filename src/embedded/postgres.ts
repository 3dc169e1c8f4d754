/**
 * A real PostgreSQL from npm, for a first try and for tests, with its data in a folder. Knows:
 * processes and folders. Refuses to know: tables. In: a folder. Out: a URL, until closed.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Log } from '../observability/log.js';
import { type Binaries, findBinaries, MADE_BY, RUNS_AS } from './postgres-binaries.js';
import { claim, clearLeftovers, giveTo, placeOf } from './postgres-folder.js';
import { PRIVATE_FILE, PRIVATE_FOLDER } from './private-files.js';

export interface EmbeddedPostgresOptions {
  /** An absolute path; created when it does not exist. One process at a time. */
  readonly folder: string;
  /** Absent: a free one. */
  readonly port?: number | undefined;
  readonly log: Log;
  /** More settings of the server (`fsync: 'off'` for tests without crashes). */
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

export interface EmbeddedPostgres {
  /** Path of the file that has the password of `url`. */
  readonly passwordFile: string;
  readonly url: string;
  /** Resolves when the server has written everything and has ended. */
  close(): Promise<void>;
}

const USER = 'backstep';
const TRIES = 5;

/**
 * Starts the server on its data, makes them when the folder is new. Throws an Error with what to do
 * when it cannot.
 */
export async function openEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const { log } = options;
  const binaries = await findBinaries();
  const place = await placeOf(options.folder, log);
  const release = await claim(place);
  try {
    const data = join(place, 'data');
    await clearLeftovers(data, log);
    await makeCluster(binaries, place, data, log);
    for (const path of [data, join(place, 'password')]) await giveTo(RUNS_AS, path);
    const password = await readFile(join(place, 'password'), 'utf8');
    const { server, port } = await startSomewhere(binaries, data, options);
    return {
      // This server has no TLS, even if PGSSLMODE requires it of other databases.
      url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres?sslmode=disable`,
      passwordFile: join(place, 'password'),
      close: () => server.stop().finally(release),
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/**
 * Created under another name and renamed when it is complete, so that a crash in between leaves
 * nothing that looks like a database.
 */
async function makeCluster(
  binaries: Binaries,
  place: string,
  data: string,
  log: Log,
): Promise<void> {
  const made = await stat(join(data, 'PG_VERSION')).catch(() => null);
  if (made !== null) return;
  log.info({ folder: place }, 'making a new PostgreSQL database');
  const [half, passwordFile] = [`${data}.new`, join(place, 'password')];
  await rm(half, { recursive: true, force: true });
  await mkdir(half, { mode: PRIVATE_FOLDER });
  await giveTo(MADE_BY, half);
  await writeFile(passwordFile, randomBytes(18).toString('base64url'), {
    mode: PRIVATE_FILE,
  });
  await giveTo(MADE_BY, passwordFile);
  const flags = [
    '--no-locale',
    '--encoding=UTF8',
    '--auth=scram-sha-256',
    `--username=${USER}`,
    `--pwfile=${passwordFile}`,
  ];
  await run(binaries.initdb, ['-D', half, ...flags]);
  await rm(data, { recursive: true, force: true });
  await rename(half, data);
}

function run(program: string, args: readonly string[]): Promise<void> {
  const child = start(program, args, MADE_BY);
  let output = '';
  child.stderr?.on('data', (text: Buffer) => {
    output += text.toString();
  });
  child.stdout?.resume();
  return new Promise((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new Error(`${program} cannot be started: ${cause.message}`, { cause })),
    );
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} failed (${code}): ${output.trim()}`)),
    );
  });
}

/**
 * In a process group of its own: Ctrl-C in the terminal reaches only this process, which stops the
 * server as its last step.
 */
function start(program: string, args: readonly string[], user: number | null): ChildProcess {
  const identity = user === null ? {} : { uid: user, gid: user };
  const env = { LC_ALL: 'C', TZ: 'UTC' };
  return spawn(program, args, {
    ...identity,
    cwd: '/',
    env,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function startSomewhere(
  binaries: Binaries,
  data: string,
  options: EmbeddedPostgresOptions,
): Promise<{ server: Server; port: number }> {
  for (let tries = 1; ; tries++) {
    const port = options.port ?? (await freePort());
    const server = new Server(binaries, data, port, options);
    try {
      await server.ready;
      return { server, port };
    } catch (error) {
      // Between finding a free port and taking it another process may have taken it.
      if (
        options.port !== undefined ||
        tries === TRIES ||
        !/could not bind|Address already in use/.test(String(error))
      )
        throw error;
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : 0),
      );
    });
  });
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_wal_size: '2GB',
  log_min_messages: 'warning',
};
const settingFlags = (settings: Readonly<Record<string, string>>): string[] =>
  Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);

const READY = 'database system is ready to accept connections';
/** PostgreSQL's fast shutdown, its immediate shutdown, then a kill. */
const STOP_WITH = ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const;
const STOP_PATIENCE_MS = 10_000;

class Server {
  readonly ready: Promise<void>;
  private readonly gone: Promise<void>;
  private readonly child: ChildProcess;
  private stopping = false;
  private readonly killAtExit = (): void => void this.child.kill('SIGINT');

  constructor(
    binaries: Binaries,
    data: string,
    port: number,
    { log, settings }: EmbeddedPostgresOptions,
  ) {
    const flags = ['-D', data, '-p', String(port), ...settingFlags({ ...SETTINGS, ...settings })];
    this.child = start(binaries.postgres, flags, RUNS_AS);
    process.once('exit', this.killAtExit);
    this.child.stdout?.resume();
    let output = '';
    let answered = false;
    this.ready = new Promise((resolve, reject) => {
      this.child.stderr?.on('data', (text: Buffer) => {
        if (answered) log.debug({}, text.toString().trimEnd());
        else output += text.toString();
        if (!answered && output.includes(READY)) {
          answered = true;
          resolve();
        }
      });
      this.child.on('error', (cause) =>
        reject(new Error(`PostgreSQL cannot be started: ${cause.message}`, { cause })),
      );
      this.child.on('close', () =>
        reject(new Error(`PostgreSQL did not start on port ${port}: ${output.trim()}`)),
      );
    });
    this.gone = new Promise((resolve) => this.child.on('close', () => resolve()));
    this.child.on('close', (code, signal) => {
      process.removeListener('exit', this.killAtExit);
      if (answered && !this.stopping)
        log.error({ code, signal }, 'the PostgreSQL of this process has ended');
    });
  }

  async stop(): Promise<void> {
    this.stopping = true;
    for (const signal of STOP_WITH) {
      if (this.child.exitCode !== null || this.child.signalCode !== null) break;
      this.child.kill(signal);
      const over = new Promise((resolve) => setTimeout(resolve, STOP_PATIENCE_MS).unref());
      await Promise.race([this.gone, over]);
    }
    await this.gone;
  }
}
