/**
 * The package as npm publishes it: installed in an empty folder it runs with its production
 * packages alone.
 */
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gone, Started } from './kit/started.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'backstep-package-'));
chmodSync(folder, 0o755);
const place = join(folder, 'empty');
/** Of the PostgreSQL client no more than is used here; it brings no types. */
interface Client {
  connect(): Promise<void>;
  query(text: string, values: readonly unknown[]): Promise<{ rows: { step_name: string }[] }>;
  end(): Promise<void>;
}
const { Client } = createRequire(import.meta.url)('pg') as {
  readonly Client: new (options: { readonly connectionString: string }) => Client;
};
let started: Started | null = null;

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder]);
  const [{ filename = '' } = {}] = Object.values(JSON.parse(stdout) as { filename: string }[]);
  mkdirSync(place);
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['install', ...flags, join(folder, filename)], { cwd: place });
}, 180_000);
afterAll(async () => {
  await started?.end();
  rmSync(folder, { recursive: true, force: true });
});

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

test('the licences and the list of its packages come with it', () => {
  const own = join(place, 'node_modules', 'backstep');
  expect(readFileSync(join(own, 'NOTICES.txt'), 'utf8')).toContain('kafkajs@');
  const list = JSON.parse(readFileSync(join(own, 'dist', 'backstep.cdx.json'), 'utf8')) as object;
  expect(list).toMatchObject({ bomFormat: 'CycloneDX' });
});

test('nothing that only builds or tests it comes with it', () => {
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync('package.json', 'utf8'),
  ) as Manifest;
  const there = (name: string): boolean => existsSync(join(place, 'node_modules', name));
  // What the lock marks `dev` is there for development alone; the others come with a production
  // package (types, the driver).
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const only = Object.keys(devDependencies).filter(
    (name) => packages[`node_modules/${name}`]?.dev === true,
  );
  expect(only.length).toBeGreaterThan(10);
  expect(only.filter(there)).toEqual([]);
  expect(Object.keys(dependencies).filter((name) => !there(name))).toEqual([]);
});

/**
 * An older Node: the one npm itself runs on where that is one, else this one under an older number.
 */
async function onOldNode(program: string): Promise<{ code: number; output: string }> {
  const outer = process.env.npm_node_execpath ?? process.execPath;
  const { stdout: version } = await run(outer, ['--version']);
  const old = Number(/\d+/.exec(version)?.[0]) < 22;
  const pretend =
    'data:text/javascript,Object.defineProperty(process, "versions", { value: { node: "22.16.0" } })';
  const args = old ? [program] : ['--import', pretend, program];
  return run(old ? outer : process.execPath, args, { cwd: place }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      output: error.stdout + error.stderr,
    }),
  );
}

test('an older Node gets one line, and nothing is made', async () => {
  const before = readdirSync(place);
  const { code, output } = await onOldNode(join(place, 'node_modules/.bin/backstep'));
  expect(code).toBe(1);
  expect(output).toMatch(/^Backstep needs Node 22\.17 or newer; this is Node 2\d\.\d+\.\d+\..*\n$/);
  expect(readdirSync(place)).toEqual(before);
});

test('npx backstep shows a flow that undoes itself, opens its SQL and GraphiQL, and ends with npx', async () => {
  started = new Started('npx', ['backstep'], { cwd: place, env: { PORT: '0' } });
  const [, url = ''] = await started.prints(/GraphiQL +(http\S+)/);
  await started.prints(/UNDONE +nothing is left behind/);
  const [, file = '', database = ''] = await started.prints(
    /PGPASSWORD=\$\(cat '([^']+)'\) psql '(postgres:[^']+)'/,
  );
  const password = readFileSync(file, 'utf8');
  expect(started.output).not.toContain(password);
  const address = new URL(database);
  address.password = password;
  const client = new Client({ connectionString: address.href });
  await client.connect();
  const { rows } = await client.query(
    'SELECT step_name, status FROM orchestration_step_run WHERE status = $1 GROUP BY 1, 2 ORDER BY 1',
    ['UNDO_SUCCESS'],
  );
  await client.end();
  expect(rows.map(({ step_name }) => step_name)).toEqual(['createClient', 'createRealm']);
  const page = await fetch(url);
  const [, script = ''] = /src="([^"]+\.js)"/.exec(await page.text()) ?? [];
  expect((await fetch(new URL(script, url))).status).toBe(200);
  expect(started.output).toContain('npx backstep --fresh wipes it');
  const family = started.family();
  process.kill(started.pid, 'SIGTERM');
  await gone(family);
}, 60_000);
