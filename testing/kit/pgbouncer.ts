/** A real PgBouncer in front of a database, on a port of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const PLACES = ['/usr/sbin/pgbouncer', '/usr/bin/pgbouncer', '/usr/local/bin/pgbouncer'];
const find = (): string | null => PLACES.find((place) => existsSync(place)) ?? null;
const NOBODY = 65_534;

/**
 * Where it is; installed by apt where that is possible. Null: it cannot be had on this machine;
 * with CI=true that is an error.
 */
export function pgbouncer(): string | null {
  const there = find();
  if (there !== null) return there;
  let why = 'apt-get needs root';
  if (process.getuid?.() === 0) {
    try {
      execFileSync('apt-get', ['install', '-y', '-q', 'pgbouncer'], { timeout: 180_000 });
      return find();
    } catch (error) {
      why = String(error);
    }
  }
  if (/^(1|true|yes)$/i.test(process.env.CI ?? ''))
    throw new Error(`PgBouncer cannot be had here: ${why}`);
  process.stdout.write(`PgBouncer cannot be had here (${why}): its tests are left out\n`);
  return null;
}

export interface Bouncer {
  /** The address of the database behind it, through it. */
  readonly url: string;
  close(): Promise<void>;
}

/** With its default settings but for these. */
export async function openBouncer(
  binary: string,
  database: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<Bouncer> {
  const behind = new URL(database);
  const folder = mkdtempSync(join(tmpdir(), 'backstep-pgbouncer-'));
  chmodSync(folder, 0o755);
  const server = `host=${behind.hostname} port=${behind.port || 5432}`;
  const user = `user=${decodeURIComponent(behind.username)} password=${decodeURIComponent(behind.password)}`;
  const given = { listen_addr: '127.0.0.1', listen_port: String(port), auth_type: 'any' };
  const lines = Object.entries({ ...given, unix_socket_dir: '', ...settings });
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]\n* = ${server} ${user}\n[pgbouncer]\n${lines.map(([name, value]) => `${name} = ${value}`).join('\n')}\n`,
  );
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(binary, [file], { ...identity, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (text: Buffer) => {
      printed += text.toString();
    });
  await answers(child, port, () => printed);
  const url = new URL(database);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  return {
    url: url.href,
    close: async () => {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGINT');
      if (child.exitCode === null) await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(child: ChildProcess, port: number, printed: () => string): Promise<void> {
  for (let left = 100; left > 0 && child.exitCode === null; left--) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (open) return;
    await pause(50);
  }
  throw new Error(`PgBouncer does not answer: ${printed()}`);
}
