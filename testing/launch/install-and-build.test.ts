/**
 * `npm start` installs and builds what is missing or old, and nothing else; two may start at once.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

interface Run {
  readonly folder?: string;
  readonly command: string;
  readonly args: readonly string[];
}
interface Clone {
  ready(wanted: { readonly all: boolean }): Promise<void>;
  readonly packages: { lacks(all: boolean): string | null };
  readonly build: { stale(): readonly { readonly name: string }[] };
}
interface Ready {
  readonly Clone: new (
    root: string,
    seams: {
      readonly run: (run: Run) => Promise<void>;
      readonly out: { write(text: string): void };
      readonly nodeVersion: string;
    },
  ) => Clone;
}
const { Clone } = (await import(pathToFileURL('src/launch/install-and-build.mjs').href)) as Ready;
const { NotReady } = (await import(pathToFileURL('src/launch/programs.mjs').href)) as {
  readonly NotReady: new (message: string, output?: string) => Error;
};

let root = '';
let ran: string[] = [];
let printed: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'backstep-clone-'));
  [ran, printed] = [[], []];
  write('src/main.ts', 'one');
  write('src/demo/documents/a.yaml', 'a');
  write('tsconfig.json', '{}');
  write('package.json', JSON.stringify(WANTED));
  write('package-lock.json', JSON.stringify({ packages: lock('1.0.0') }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const WANTED = {
  dependencies: { left: '1.0.0' },
  devDependencies: { jest: '1.0.0', node: '24.0.0', typescript: '6.0.0' },
};
const PAGE_TOOLS = [
  ...['vite', 'rolldown', 'graphiql', 'react', 'react-dom', 'graphql', 'graphql-ws'],
  ...['preact', 'preact-iso', 'graphql-sse', 'oauth4webapi'],
];
const lock = (version: string): Record<string, object> => ({
  '': WANTED,
  'node_modules/left': { version },
  'node_modules/jest': { version: '1.0.0', dev: true },
  'node_modules/node': { version: '24.0.0', dev: true },
  'node_modules/typescript': { version: '6.0.0', dev: true },
  ...Object.fromEntries(
    PAGE_TOOLS.map((name) => [`node_modules/${name}`, { version: '1.0.0', dev: true }]),
  ),
  'node_modules/only-elsewhere': { version: '2.0.0', optional: true },
});

/**
 * What npm leaves behind: what the lock in that folder names, without the tests' packages where
 * they are not wanted.
 */
function npm({ folder = root, args }: Run): void {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
  };
  const wanted = Object.entries(packages).filter(
    ([path, { dev }]) => path !== '' && !(dev === true && args.includes('--omit=dev')),
  );
  const at = relative(root, folder);
  const there = JSON.stringify({ packages: Object.fromEntries(wanted) });
  write(join(at, 'node_modules/.package-lock.json'), there);
  if ('node_modules/node' in Object.fromEntries(wanted))
    write(join(at, 'node_modules/.bin/node'), '');
}

interface Does {
  readonly npm?: (run: Run) => void;
  readonly tsc?: () => void;
  readonly nodeVersion?: string;
}
function clone({ nodeVersion = '24.1.0', ...does }: Does = {}): Clone {
  const run = async (one: Run): Promise<void> => {
    const isNpm = one.command === 'npm';
    const where = relative(root, one.folder ?? root);
    const isBundle = one.args.some((arg) => arg.includes('rolldown'));
    const tool = isBundle ? 'rolldown' : 'tsc';
    ran.push(isNpm ? `${one.args.slice(0, 2).join(' ')} ${where}`.trim() : tool);
    if (isNpm) (does.npm ?? npm)(one);
    else if (isBundle) write('dist/bundle/main.js', 'bundled');
    else (does.tsc ?? (() => write('dist/main.js', 'built')))();
  };
  return new Clone(root, { run, nodeVersion, out: { write: (text) => printed.push(text) } });
}
const start = (does?: Does): Promise<void> => clone(does).ready({ all: false });
const testing = (does?: Does): Promise<void> => clone(does).ready({ all: true });
const tools = (name: string): string => `ci --include=dev .cache/tools/${name}`;

test('a bare clone gets what runs and builds it, once', async () => {
  await start();
  expect(ran).toEqual(['ci --omit=dev', tools('server'), 'tsc']);
  expect(readFileSync(join(root, 'dist/demo/documents/a.yaml'), 'utf8')).toBe('a');
  [ran, printed] = [[], []];
  await start();
  expect([ran, printed]).toEqual([[], []]);
});

test('on an older Node it gets a newer one, too', async () => {
  await start({ nodeVersion: '20.20.2' });
  expect(ran).toEqual(['ci --omit=dev', tools('server'), tools('node'), 'tsc']);
  ran = [];
  await start({ nodeVersion: '20.20.2' });
  expect(ran).toEqual([]);
});

describe('a clone that is tested', () => {
  test('gets everything, in one place', async () => {
    await testing({ nodeVersion: '20.20.2' });
    expect(ran).toEqual(['ci --include=dev', 'tsc']);
  });

  test('gets the rest when it was only started before', async () => {
    await start();
    ran = [];
    await testing();
    expect(ran).toEqual(['ci --include=dev']);
  });

  test('keeps everything when it is started', async () => {
    await testing();
    ran = [];
    await start({ nodeVersion: '20.20.2' });
    expect(ran).toEqual([]);
  });

  test('keeps everything when it is started after the lock has changed', async () => {
    await testing();
    write('package-lock.json', JSON.stringify({ packages: lock('1.0.1') }));
    ran = [];
    await start();
    expect(ran).toEqual(['ci --include=dev']);
  });
});

test('the lock is never written', async () => {
  const before = readFileSync(join(root, 'package-lock.json'), 'utf8');
  await start();
  await testing();
  expect(readFileSync(join(root, 'package-lock.json'), 'utf8')).toBe(before);
  expect(ran.filter((one) => /^(i|install|add|update)\b/.test(one))).toEqual([]);
});

describe('packages are missing', () => {
  beforeEach(() => testing());
  const lacks = (): string | null => clone().packages.lacks(true);

  test('not when all that are locked are there; those of other platforms are not missed', () => {
    npm({ command: 'npm', args: [] });
    expect(lacks()).toBeNull();
  });

  test('when one is locked in another version', () => {
    write('package-lock.json', JSON.stringify({ packages: lock('1.0.1') }));
    expect(lacks()).toBe('node_modules/left');
  });

  test('when package.json wants what is not locked', () => {
    const dependencies = { left: '1.0.0', right: '1.0.0' };
    write('package.json', JSON.stringify({ ...WANTED, dependencies }));
    expect(lacks()).toBe('package.json');
  });

  test.each(['node_modules/.bin/node', 'node_modules', 'package-lock.json'])(
    'when %s is not there',
    (path) => {
      rmSync(join(root, path), { recursive: true });
      expect(lacks()).toContain(path);
    },
  );
});

describe('packages that cannot be had', () => {
  test('because the registry is away', async () => {
    const away = (): never => {
      throw new NotReady('npm ci failed', 'npm error code ENOTFOUND registry.npmjs.org');
    };
    await expect(start({ npm: away })).rejects.toThrow('the npm registry cannot be reached');
    expect(existsSync(join(root, '.cache/ready.lock'))).toBe(false);
  });

  test('because install scripts are off', async () => {
    const scriptless = (run: Run): void => {
      npm(run);
      rmSync(join(run.folder ?? root, 'node_modules/.bin'), { recursive: true, force: true });
    };
    const old = { npm: scriptless, nodeVersion: '20.20.2' };
    await expect(start(old)).rejects.toThrow('install scripts are off');
    await expect(testing(old)).rejects.toThrow('install scripts are off');
  });
});

describe('a build is old', () => {
  beforeEach(async () => {
    await start();
    ran = [];
  });

  test.each(['src/main.ts', 'src/new.ts', 'src/demo/documents/a.yaml', 'tsconfig.json'])(
    'when %s has changed',
    async (path) => {
      write(path, 'two');
      expect(clone().build.stale()).not.toEqual([]);
      await start();
      expect(ran).toEqual(['tsc']);
    },
  );

  test('when it is built with another version', async () => {
    const newer = { ...lock('1.0.0'), 'node_modules/typescript': { version: '6.1.0', dev: true } };
    write('package-lock.json', JSON.stringify({ packages: newer }));
    await start();
    expect(ran).toEqual([tools('server'), 'tsc']);
  });

  test('when it is not there', () => {
    rmSync(join(root, 'dist'), { recursive: true });
    expect(clone().build.stale()).not.toEqual([]);
  });

  test('not when a source was only touched', () => {
    write('src/main.ts', 'one');
    expect(clone().build.stale()).toEqual([]);
  });

  test('when it was cut short, also once the source is as before', async () => {
    write('src/main.ts', 'two');
    const cut = (): never => {
      throw new NotReady('The build failed');
    };
    await expect(start({ tsc: cut })).rejects.toThrow('The build failed');
    write('src/main.ts', 'one');
    expect(clone().build.stale()).not.toEqual([]);
  });

  test('and what is left of a source that is gone goes with the next one', async () => {
    write('dist/gone.js', 'old');
    write('dist/gone.js.map', 'old');
    write('dist/graphiql/assets/page.js', 'a page');
    write('src/main.ts', 'two');
    await start();
    expect(
      ['gone.js', 'gone.js.map', 'main.js', 'graphiql/assets/page.js'].map((name) =>
        existsSync(join(root, 'dist', name)),
      ),
    ).toEqual([false, false, true, true]);
  });
});

describe('the gateway and its packages in one file', () => {
  beforeEach(async () => {
    write('src/launch/bundle.config.mjs', 'a bundle');
    await testing();
    ran = [];
  });

  test('is made after what it is made from', async () => {
    write('src/main.ts', 'two');
    await testing();
    expect(ran.slice(-2)).toEqual(['tsc', 'rolldown']);
    ran = [];
    await testing();
    expect(ran).toEqual([]);
  });

  test('is made again when a package in it has another version', async () => {
    write('package-lock.json', JSON.stringify({ packages: lock('1.0.1') }));
    await start();
    expect(ran).toEqual(['ci --include=dev', 'rolldown']);
  });
});

test.each([
  ['a dead process', '4194305 17'],
  ['a number that is another process by now', `${process.pid} 17`],
])('a lock of %s counts for nothing', async (_, holder) => {
  write('.cache/ready.lock', holder);
  await start();
  expect(ran).toEqual(['ci --omit=dev', tools('server'), 'tsc']);
  expect(existsSync(join(root, '.cache/ready.lock'))).toBe(false);
});

/** Ends when its input does. */
const WAITS =
  "process.stdout.write('has it\\n'); const fs = require('node:fs'); fs.readSync(0, Buffer.alloc(1));";
const PROGRAM = (alone: string): string => `import { createRequire } from 'node:module';
import { alone } from ${JSON.stringify(alone)};
const require = createRequire(import.meta.url);
await alone(process.argv[2], (pid) => process.stdout.write('waits for ' + pid + '\\n'), () => { ${WAITS} });`;

test('of two that start at once one works and the other waits, and prints for whom', async () => {
  write('program.mjs', PROGRAM(pathToFileURL('src/launch/file-lock.mjs').href));
  const startOne = (): ChildProcess =>
    spawn(process.execPath, [join(root, 'program.mjs'), join(root, 'lock')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  const prints = async (child: ChildProcess): Promise<string> => {
    if (child.stdout === null) throw new Error('it has no output');
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    return chunk.toString();
  };
  const first = startOne();
  expect(await prints(first)).toBe('has it\n');
  const second = startOne();
  expect(await prints(second)).toBe(`waits for ${first.pid}\n`);
  const next = prints(second);
  first.kill('SIGKILL');
  expect(await next).toBe('has it\n');
  second.stdin?.end();
  await once(second, 'exit');
  expect(existsSync(join(root, 'lock'))).toBe(false);
});

test('an up-to-date clone that cannot be written to starts all the same', async () => {
  await start();
  for (const folder of [root, join(root, 'dist'), join(root, '.cache')]) chmodSync(folder, 0o555);
  await expect(start()).resolves.toBeUndefined();
  for (const folder of [root, join(root, 'dist'), join(root, '.cache')]) chmodSync(folder, 0o755);
});
