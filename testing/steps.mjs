/** Steps that are told as they run: one line each with its time, the output only when it failed. */
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BIN = join(ROOT, 'node_modules', '.bin');
export const NODE = join(BIN, 'node');

const say = (text) => process.stdout.write(`${text}\n`);
const running = new Set();

/** Runs a program of the project under the project's Node; resolves with its code and output. */
export function run(command, args, environment = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, PATH: `${BIN}:${process.env.PATH}`, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
    running.add(child);
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-60_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ code: 1, output: `${output}${error.message}` }));
    child.on('close', (code) => {
      running.delete(child);
      resolve({ code: code ?? 1, output });
    });
  });
}

/** What was started ends with us. */
export function endAll() {
  for (const child of running) child.kill('SIGTERM');
}

/** One step by name; answers whether it went well. */
export async function step(name, work) {
  const started = performance.now();
  const { code, output } = await work();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  say(`${code === 0 ? '✓' : '✗'} ${name} (${seconds} s)`);
  if (code !== 0) say(output.replace(/^/gm, '    '));
  return code === 0;
}

const node = (path, ...args) => run(NODE, [join('node_modules', path), ...args]);
const tsc = (project) => () => node('typescript/bin/tsc', '-p', project, '--noEmit');

/** What holds the house, by name. */
export const CHECKS = [
  ['format and lint', () => node('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '.')],
  ['types of the gateway', tsc('tsconfig.json')],
  ['types of the tests', tsc('testing/tsconfig.json')],
  ['types of the pure rooms', tsc('testing/tsconfig.pure.json')],
  ['walls between the rooms', () => node('dependency-cruiser/bin/dependency-cruiser.mjs', '--config', 'testing/walls.cjs', 'src')],
  ['nothing dead', () => node('knip/bin/knip.js', '--config', '.knip.json', '--no-config-hints')],
  ['printed schema', () => run(NODE, ['dist/api/print-schema.js', '--check'])],
];

/** Runs jest over these folders; answers its counts. */
export async function jest(folders, environment, ...more) {
  const report = join(ROOT, '.cache', `jest-${folders[0]?.replaceAll('/', '-')}.json`);
  const args = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', '-c', 'testing/jest.config.mjs', '--json', `--outputFile=${report}`];
  const { code, output } = await run(NODE, [...args, ...more, ...folders.map((folder) => `^${join(ROOT, folder)}/`)], environment);
  return { code, output, report };
}
