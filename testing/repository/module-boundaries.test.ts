/**
 * The boundaries are checked: in a copy where every module breaks one, each break is found, with
 * what to do instead.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

interface Breach {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}
interface Report {
  readonly summary: {
    readonly violations: readonly Breach[];
    readonly ruleSetUsed: { readonly forbidden: readonly { name: string; comment: string }[] };
  };
}

const BOUNDARY = 'boundary';
/** Module, what it must not import, the rule that forbids it. */
const INTRUDERS = [
  ['saga', '../engine/intake/road.js', `saga-${BOUNDARY}`],
  ['saga', 'node:fs', `saga-${BOUNDARY}`],
  ['saga', 'zod', `saga-${BOUNDARY}`],
  ['wire', '../kafka/client.js', `wire-${BOUNDARY}`],
  ['wire', 'node:crypto', `wire-${BOUNDARY}`],
  ['wire', 'kafkajs', `wire-${BOUNDARY}`],
  ['engine', '../postgres/database.js', `engine-${BOUNDARY}`],
  ['engine', '../wire/topics.js', `engine-${BOUNDARY}`],
  ['engine', 'node:http', `engine-${BOUNDARY}`],
  ['engine', 'node:fs', `engine-${BOUNDARY}`],
  ['bridge', '../kafka/client.js', `bridge-${BOUNDARY}`],
  ['bridge', '../engine/intake/road.js', `bridge-${BOUNDARY}`],
  ['postgres', '../wire/topics.js', `postgres-${BOUNDARY}`],
  ['postgres', '../engine/intake/road.js', `postgres-${BOUNDARY}`],
  ['kafka', '../api/server.js', `kafka-${BOUNDARY}`],
  ['kafka', '@mikro-orm/core', `kafka-${BOUNDARY}`],
  ['embedded', '../kafka/client.js', `embedded-${BOUNDARY}`],
  ['embedded', '../postgres/database.js', `embedded-${BOUNDARY}`],
  ['api', '../postgres/database.js', `api-${BOUNDARY}`],
  ['api', 'kafkajs', `api-${BOUNDARY}`],
  ['demo', '../engine/intake/road.js', `demo-${BOUNDARY}`],
  ['demo', '../api/server.js', `demo-${BOUNDARY}`],
  ['observability', '../saga/flow.js', `observability-${BOUNDARY}`],
  ['config', '../engine/intake/road.js', `config-${BOUNDARY}`],
  ['schemas', '../wire/topics.js', `schemas-${BOUNDARY}`],
  ['client', '../saga/flow.js', `client-${BOUNDARY}`],
  ['client', 'node:fs', `client-${BOUNDARY}`],
  ['conformance', '../kafka/client.js', `conformance-${BOUNDARY}`],
  ['worker', '../engine/intake/road.js', `worker-${BOUNDARY}`],
  ['worker', 'node:fs', `worker-${BOUNDARY}`],
  ['console', '../saga/flow.js', `console-${BOUNDARY}`],
  ['console', 'node:fs', `console-${BOUNDARY}`],
  ['cli', '../engine/intake/road.js', `cli-${BOUNDARY}`],
  ['tokens', '../api/server.js', `tokens-${BOUNDARY}`],
  ['timing', '../saga/flow.js', `timing-${BOUNDARY}`],
  ['names', '../saga/flow.js', `names-${BOUNDARY}`],
  ['files', '../saga/flow.js', `files-${BOUNDARY}`],
  ['figures', '../saga/flow.js', `figures-${BOUNDARY}`],
  ['json', '../saga/flow.js', `json-${BOUNDARY}`],
  ['limits', '../saga/flow.js', `limits-${BOUNDARY}`],
  ['api', '../main.js', 'nobody-imports-main'],
  ['api', '../config/config.js', 'settings-are-handed-down'],
  ['api', '../../testing/kit/clock.js', 'the-built-code-knows-no-tests'],
] as const;
const REAL = [
  'engine/intake/road',
  'kafka/client',
  'postgres/database',
  'wire/topics',
  'api/server',
  'saga/flow',
  'main',
  'config/config',
  '../testing/kit/clock',
];

const folder = mkdtempSync(join(tmpdir(), 'backstep-boundaries-'));
let report: Report;

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

beforeAll(async () => {
  write('tsconfig.json', JSON.stringify({ compilerOptions: { module: 'NodeNext' } }));
  for (const name of REAL) write(`src/${name}.ts`, 'export const one = 1;\n');
  for (const [index, [module, target]] of INTRUDERS.entries()) {
    write(
      `src/${module}/intruder-${index}.ts`,
      `import * as other from '${target}';\nexport const intruder = other;\n`,
    );
  }
  write(
    'src/saga/egg.ts',
    "import { hen } from './hen.js';\nexport const egg = (): unknown => hen;\n",
  );
  write(
    'src/saga/hen.ts',
    "import { egg } from './egg.js';\nexport const hen = (): unknown => egg;\n",
  );
  write('src/saga/alone.ts', 'export {};\n');
  const program = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const args = [
    program,
    '--config',
    resolve('testing/module-boundaries.cjs'),
    '--output-type',
    'json',
    'src',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: folder,
    maxBuffer: 64 * 1024 * 1024,
  });
  report = JSON.parse(stdout) as Report;
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));

const brokenBy = (file: string): string[] =>
  report.summary.violations
    .filter(({ from }) => from === `src/${file}`)
    .map(({ rule }) => rule.name);

test.each(INTRUDERS.map(([module, target, rule], index) => [module, target, rule, index] as const))(
  'in %s, %s breaks %s',
  (module, _, rule, index) => {
    expect(brokenBy(`${module}/intruder-${index}.ts`)).toContain(rule);
  },
);

test('two files that need each other are found', () =>
  expect(brokenBy('saga/egg.ts')).toContain('no-circles'));

test('a file that nobody imports is found', () =>
  expect(brokenBy('saga/alone.ts')).toContain('no-orphans'));

test('what breaks no boundary is left alone', () => expect(brokenBy('saga/flow.ts')).toEqual([]));

test('every folder of src has a rule, and its break is among those above', () => {
  const folders = readdirSync('src', { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'launch')
    .map(({ name }) => name);
  const tried = new Set<string>(INTRUDERS.map(([, , rule]) => rule));
  expect(folders.filter((name) => !tried.has(`${name}-${BOUNDARY}`))).toEqual([]);
});

test('every boundary has what to do instead', () => {
  for (const { name, comment } of report.summary.ruleSetUsed.forbidden)
    expect([name, comment]).toEqual([name, expect.stringMatching(/.{25,}/)]);
});
