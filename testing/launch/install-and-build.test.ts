/** `npm start` installs and builds what is missing or old, and nothing else; two may start at once. */
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
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

interface Clone {
  lacks(): string | null;
  isBuilt(): boolean;
  build(): void;
  install(): void;
  ready(): void;
}
type Run = (root: string, command: string, args: readonly string[], failed: string) => void;
interface Ready {
  readonly Clone: new (
    root: string,
    seams: { readonly run: Run; readonly say: (text: string) => void },
  ) => Clone;
  readonly NotReady: new (message: string, output?: string) => Error;
}
const { Clone, NotReady } = (await import(
  pathToFileURL('src/launch/install-and-build.mjs').href
)) as Ready;

let root = '';
let ran: string[] = [];
let said: string[] = [];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'backstep-clone-'));
  [ran, said] = [[], []];
  write('src/main.ts', 'one');
  write('src/demo/documents/a.yaml', 'a');
  write('tsconfig.json', '{}');
  write('package.json', JSON.stringify({ dependencies: { left: '1.0.0' } }));
  write('package-lock.json', JSON.stringify({ packages: lock('1.0.0') }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const lock = (version: string): object => ({
  '': { dependencies: { left: '1.0.0' } },
  'node_modules/left': { version },
  'node_modules/only-elsewhere': { version: '2.0.0', optional: true },
});

/** What npm and tsc leave behind. */
const npm = (): void => {
  write(
    'node_modules/.package-lock.json',
    JSON.stringify({ packages: { 'node_modules/left': { version: '1.0.0' } } }),
  );
  write('node_modules/.bin/node', '');
};
function clone(does: Partial<Record<'npm' | 'tsc', () => void>> = {}): Clone {
  const tsc = (): void => write('dist/main.js', 'built');
  const run: Run = (_root, command, args) => {
    const what = command === 'npm' ? 'npm' : 'tsc';
    ran.push(command === 'npm' ? args.slice(0, 2).join(' ') : 'tsc');
    ({ npm, tsc, ...does })[what]();
  };
  return new Clone(root, { run, say: (text) => said.push(text) });
}

test('a bare clone is installed and built, once', () => {
  clone().ready();
  expect(ran).toEqual(['install --include=dev', 'tsc']);
  expect(readFileSync(join(root, 'dist/demo/documents/a.yaml'), 'utf8')).toBe('a');
  [ran, said] = [[], []];
  clone().ready();
  expect([ran, said]).toEqual([[], []]);
});

describe('packages are asked for', () => {
  beforeEach(() => npm());

  test('not when all that are locked are there; those of other platforms are not missed', () =>
    expect(clone().lacks()).toBeNull());

  test('when one is locked in another version', () => {
    write('package-lock.json', JSON.stringify({ packages: lock('1.0.1') }));
    expect(clone().lacks()).toBe('node_modules/left');
  });

  test('when package.json asks for what is not locked', () => {
    write('package.json', JSON.stringify({ dependencies: { left: '1.0.0', right: '1.0.0' } }));
    expect(clone().lacks()).toBe('package.json');
  });

  test.each(['node_modules/.bin/node', 'node_modules', 'package-lock.json'])(
    'when %s is not there',
    (path) => {
      rmSync(join(root, path), { recursive: true });
      expect(clone().lacks()).toContain(path);
    },
  );
});

describe('packages that can not be had', () => {
  test('because the registry is away', () => {
    const away = (): never => {
      throw new NotReady('npm install failed', 'npm error code ENOTFOUND registry.npmjs.org');
    };
    expect(() => clone({ npm: away }).ready()).toThrow('the npm registry can not be reached');
    expect(existsSync(join(root, '.cache/ready.lock'))).toBe(false);
  });

  test('because install scripts are off', () => {
    const scriptless = (): void => {
      npm();
      rmSync(join(root, 'node_modules/.bin/node'));
    };
    expect(() => clone({ npm: scriptless }).install()).toThrow('ignore-scripts');
  });
});

describe('a build is old', () => {
  beforeEach(() => {
    clone().ready();
    ran = [];
  });

  test.each(['src/main.ts', 'src/new.ts', 'src/demo/documents/a.yaml', 'tsconfig.json'])(
    'when %s has changed',
    (path) => {
      write(path, 'two');
      expect(clone().isBuilt()).toBe(false);
      clone().ready();
      expect(ran).toEqual(['tsc']);
    },
  );

  test('when it is not there', () => {
    rmSync(join(root, 'dist'), { recursive: true });
    expect(clone().isBuilt()).toBe(false);
  });

  test('not when a source was only touched', () => {
    write('src/main.ts', 'one');
    expect(clone().isBuilt()).toBe(true);
  });

  test('when it was cut short, also once the source is as before', () => {
    write('src/main.ts', 'two');
    const cut = (): never => {
      throw new NotReady('The build failed');
    };
    expect(() => clone({ tsc: cut }).ready()).toThrow('The build failed');
    write('src/main.ts', 'one');
    expect(clone().isBuilt()).toBe(false);
  });

  test('and what is left of a source that is gone goes with the next one', () => {
    write('dist/gone.js', 'old');
    write('dist/gone.js.map', 'old');
    write('dist/graphiql/assets/page.js', 'a page');
    write('src/main.ts', 'two');
    clone().ready();
    expect(
      ['gone.js', 'gone.js.map', 'main.js', 'graphiql/assets/page.js'].map((name) =>
        existsSync(join(root, 'dist', name)),
      ),
    ).toEqual([false, false, true, true]);
  });
});

test.each([
  ['a dead process', '4194305 17'],
  ['a number that is another process by now', `${process.pid} 17`],
])('a lock of %s counts for nothing', (_, holder) => {
  write('.cache/ready.lock', holder);
  clone().ready();
  expect(ran).toEqual(['install --include=dev', 'tsc']);
  expect(existsSync(join(root, '.cache/ready.lock'))).toBe(false);
});

/** Ends when its input does. */
const WAITS =
  "process.stdout.write('has it\\n'); const fs = require('node:fs'); fs.readSync(0, Buffer.alloc(1));";
const PROGRAM = (alone: string): string => `import { createRequire } from 'node:module';
import { alone } from ${JSON.stringify(alone)};
const require = createRequire(import.meta.url);
alone(process.argv[2], (pid) => process.stdout.write('waits for ' + pid + '\\n'), () => { ${WAITS} });`;

test('of two that start at once one works and the other waits, and says for whom', async () => {
  write('program.mjs', PROGRAM(pathToFileURL('src/launch/file-lock.mjs').href));
  const start = (): ChildProcess =>
    spawn(process.execPath, [join(root, 'program.mjs'), join(root, 'lock')], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
  const says = async (child: ChildProcess): Promise<string> => {
    if (child.stdout === null) throw new Error('it has no output');
    const [chunk] = (await once(child.stdout, 'data')) as [Buffer];
    return chunk.toString();
  };
  const first = start();
  expect(await says(first)).toBe('has it\n');
  const second = start();
  expect(await says(second)).toBe(`waits for ${first.pid}\n`);
  const next = says(second);
  first.kill('SIGKILL');
  expect(await next).toBe('has it\n');
  second.stdin?.end();
  await once(second, 'exit');
  expect(existsSync(join(root, 'lock'))).toBe(false);
});

test('an up-to-date clone that can not be written to starts all the same', () => {
  clone().ready();
  for (const folder of [root, join(root, 'dist'), join(root, '.cache')]) chmodSync(folder, 0o555);
  expect(() => clone().ready()).not.toThrow();
  for (const folder of [root, join(root, 'dist'), join(root, '.cache')]) chmodSync(folder, 0o755);
});
