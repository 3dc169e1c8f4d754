/** Steps that print one line each with its time, and their output only when they fail. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { endedSeconds, endFamilies } from './process-tree.mjs';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'node_modules', '.bin');
const NODE = join(BIN, 'node');
/** What Node compiled is kept: the same programs are started many times. */
const COMPILED = join(ROOT, '.cache', 'compiled');
/** Much is made and dropped: a small space of young objects is collected all the time. */
const YOUNG = '--max-semi-space-size=128';
/** Of a long output the end is shown. */
const SHOWN = 60_000;
/**
 * What takes longer than this has stopped moving: the longest step takes a fifth of it on a slow
 * machine.
 */
const LONGEST_MS = 25 * 60_000;
/** After its report a test process only has to exit. */
const EXIT_MS = 60_000;
const LOOK_EVERY_MS = 1_000;
/** A process that it left behind can hold its output open. */
const OUTPUT_MS = 30_000;

export const print = (text) => process.stdout.write(`${text}\n`);
const running = new Set();

/**
 * Ends a process that stopped moving, once; answers why. `finished` answers whether its work is
 * done and only its exit is missing.
 */
function guard(child, finished) {
  const began = performance.now();
  let doneAt = null;
  let ended = '';
  const timer = setInterval(() => {
    if (doneAt === null && finished()) doneAt = performance.now();
    const hangs = doneAt !== null && performance.now() - doneAt > EXIT_MS;
    if (!hangs && performance.now() - began < LONGEST_MS) return;
    clearInterval(timer);
    ended = hangs
      ? `\nit did not exit ${EXIT_MS / 1000} s after its report: a test left something open`
      : `\nit did not end within ${LONGEST_MS / 60_000} minutes`;
    void endFamilies([child.pid]);
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
    return ended;
  };
}

/**
 * Runs a program of the project under the project's Node; resolves with its code and output. What
 * stops moving is ended, and has failed.
 */
function run(command, args, environment = {}, finished = () => false) {
  return new Promise((resolve) => {
    // A group of its own: Ctrl-C is for us, who then end all of it in order, however deep it goes.
    const env = {
      ...process.env,
      PATH: `${BIN}:${process.env.PATH}`,
      NODE_COMPILE_CACHE: COMPILED,
      ...environment,
    };
    const child = spawn(command, args, {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.add(child);
    counted ??= endedSeconds();
    const leave = guard(child, finished);
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-SHOWN);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const end = (code, more) => {
      running.delete(child);
      const why = leave();
      resolve({ code: why === '' ? code : 1, output: output + more + why, cpu });
    };
    let cpu = 0;
    child.on('error', (error) => end(1, error.message));
    const ended = (code, signal) => end(code ?? 1, signal === null ? '' : `\nended by ${signal}`);
    child.on('close', ended);
    child.on('exit', (code, signal) => {
      cpu = newlyEnded();
      setTimeout(ended, OUTPUT_MS, code, signal).unref();
    });
  });
}

/**
 * CPU seconds of the processes that have ended since the last call: those of one program. Packages
 * that were installed and built before the first one are not counted.
 */
let counted = null;
function newlyEnded() {
  const before = counted;
  counted = endedSeconds();
  return counted - before;
}

/** What was started ends with us: first by a signal, then by force. */
export async function endAll() {
  await endFamilies([...running].flatMap(({ pid }) => pid ?? []));
}

/** What runs now, on the last line of a terminal. */
const live = new Set();
const clearLive = () => process.stdout.isTTY === true && process.stdout.write('\r\u001b[2K');
function showLive() {
  clearLive();
  if (process.stdout.isTTY === true && live.size > 0)
    process.stdout.write(`… ${[...live].join(', ')}`);
}

/**
 * One step by name; resolves with its result. `work` resolves with code and output, and with a
 * `note` that is printed when it passed.
 */
export async function step(name, work) {
  const started = performance.now();
  live.add(name);
  showLive();
  const result = await work();
  live.delete(name);
  clearLive();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const cpu = result.cpu > 0 ? `, ${result.cpu.toFixed(1)} s of CPU` : '';
  const note = result.note ? `, ${result.note}` : '';
  print(`${result.code === 0 ? '✓' : '✗'} ${name} (${seconds} s${cpu}${note})`);
  if (result.code !== 0) print(result.output.replace(/^/gm, '    '));
  showLive();
  return result;
}

const node = (path, ...args) => run(NODE, [YOUNG, join('node_modules', path), ...args]);
/**
 * TypeScript 7 checks in a third of the CPU time, with one checker the least; 6 builds, and is what
 * other tools read sources with: 7 has no interface for programs yet.
 */
const tsc = (project) => () =>
  node(
    'typescript-7/bin/tsc',
    '-p',
    project,
    ...['--noEmit', '--incremental', 'false'],
    '--checkers',
    '1',
  );

/** Files as they were when their spelling was right are not read again. */
const UNCHANGED = [
  ...['--config', '.cspell.json', '--cache', '--cache-strategy', 'content'],
  ...['--cache-location', join('.cache', 'spelling')],
];

/** What `npm run check` checks beside tests, by name. */
export const CHECKS = [
  [
    'format and lint',
    () =>
      node(
        '@biomejs/biome/bin/biome',
        'check',
        '--error-on-warnings',
        '--diagnostic-level=warn',
        '.',
      ),
  ],
  // One program: the tests' contains all of the gateway.
  ['types of the gateway and the tests', tsc('testing/tsconfig.json')],
  ['types of the pure modules', tsc('testing/tsconfig.pure.json')],
  ['types of the console', tsc('src/console/tsconfig.json')],
  [
    'module boundaries',
    () =>
      node(
        'dependency-cruiser/bin/dependency-cruiser.mjs',
        '--config',
        'testing/module-boundaries.cjs',
        '--output-type',
        'err-long',
        'src',
      ),
  ],
  ['dead code', () => node('knip/bin/knip.js', '--config', '.knip.json', '--no-config-hints')],
  ['spelling', () => node('cspell/bin.mjs', 'lint', ...UNCHANGED, '--no-progress', '--no-summary')],
  ['duplicated code', () => run(join(BIN, 'jscpd'), ['--fail-on-empty'])],
  ['printed schema', () => run(NODE, ['dist/api/print-schema.js', '--check'])],
  ['breaking changes of the schema', () => run(NODE, ['testing/schema-changes.mjs'])],
  ['size of the client', () => run(NODE, ['testing/client/bundle.mjs'])],
  ['generated docs', () => run(NODE, ['testing/generated-docs.mjs', '--check'])],
  ['generated client', () => run(NODE, ['testing/generated-client.mjs', '--check'])],
];

/** Runs a program whose exit code is 0 when everything holds; counts as one test. */
export async function program(file, args, environment) {
  const { code, output, cpu } = await run(
    NODE,
    ['--disable-warning=TimeoutNegativeWarning', file, ...args],
    environment,
  );
  return { code, output, cpu, passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1 };
}

/** Rings of the same folders run beside each other. */
let reports = 0;

/** Runs jest over these folders; resolves with its counts. */
export async function jest(folders, environment, ...more) {
  const report = join(ROOT, '.cache', `jest-${process.pid}-${reports++}.json`);
  const flags = ['--experimental-vm-modules', '--no-warnings', YOUNG];
  const args = [
    'node_modules/jest/bin/jest.js',
    ...(more.includes('-c') ? [] : ['-c', 'testing/jest.config.mjs']),
    '--json',
    `--outputFile=${report}`,
  ];
  const { code, output, cpu } = await run(
    NODE,
    // Folders first: an option that takes a list would swallow what follows it.
    [...flags, ...args, ...folders.map((folder) => `^${join(ROOT, folder)}/`), ...more],
    environment,
    () => existsSync(report),
  );
  const { passed, failed } = countsIn(report);
  rmSync(report, { force: true });
  // A coverage below the threshold is a failure as well.
  return { code, output, cpu, passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

function countsIn(report) {
  if (!existsSync(report)) return { passed: 0, failed: 0 };
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  return { passed: numPassedTests, failed: numFailedTests + numRuntimeErrorTestSuites };
}
