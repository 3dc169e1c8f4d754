/** Rules about the source that a reader may rely on. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import ts from 'typescript';

const below = (folder: string, ending = /\.(?:ts|tsx|mjs)$/): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => ending.test(name) && !name.endsWith('.d.ts'))
    .map((name) => `${folder}/${name}`);
const lines = (file: string): string[] => readFileSync(file, 'utf8').split('\n');
const sources = below('src').filter((file) => !file.includes('/generated/'));
const tests = below('testing');

test('files are short: at most 250 lines, at most 150 in the saga', () => {
  const most = (file: string): number => (file.startsWith('src/saga/') ? 150 : 250);
  const long = sources.filter((file) => lines(file).length - 1 > most(file));
  expect(long).toEqual([]);
});

/** Numbers of the lines that have code, a text of many lines included; not blank ones. */
function codeLines(source: ts.SourceFile): number[] {
  const text = source.text.split('\n');
  const found = new Set<number>();
  const add = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const children = node.getChildren(source);
    for (const child of children) add(child);
    if (children.length > 0 || node.getWidth(source) === 0) return;
    const last = lineAt(source, node.end);
    for (let line = lineAt(source, node.getStart(source)); line <= last; line++)
      if (text[line]?.trim() !== '') found.add(line);
  };
  add(source);
  return [...found];
}

const lineAt = (source: ts.SourceFile, position: number): number =>
  source.getLineAndCharacterOfPosition(position).line;

/** Of each function: its lines of code between the braces. */
function functionLengths(file: string): { name: string; length: number }[] {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), 99, false, kind);
  const coded = codeLines(source);
  const found: { name: string; length: number }[] = [];
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return;
    const body = node.body as ts.Node;
    const [first, last] = [lineAt(source, body.getStart(source)), lineAt(source, body.end)];
    const inside = coded.filter((line) => line > first && line < last);
    found.push({ name: `${file}:${first + 1}`, length: inside.length });
  };
  visit(source);
  return found;
}

test('functions are short: at most 30 lines of code, a text of many lines counted in full', () => {
  const all = [...sources, ...below('src', /\.jsx?$/)].flatMap(functionLengths);
  expect(all.length).toBeGreaterThan(3000);
  const long = all.filter(({ length }) => length > 30);
  expect(long).toEqual([]);
});

test('comments are at most 100 columns wide, as the formatter keeps code', () => {
  const comment = /^\s*(?:\/\/|\/\*|\*|\{\/\*)|[;,{}()[\]] \/[/*]/;
  const wide = [...sources, ...tests].flatMap((file) =>
    lines(file).flatMap((line, at) =>
      line.length > 100 && comment.test(line) ? [`${file}:${at + 1}`] : [],
    ),
  );
  expect(wide).toEqual([]);
});

test('testing has a folder for each of src', () => {
  const folders = (root: string): string[] =>
    readdirSync(root, { withFileTypes: true }).flatMap((one) =>
      one.isDirectory() ? one.name : [],
    );
  // limits: repository/limits-page.test.ts; tokens: api/auth and cli.
  const elsewhere = ['limits', 'tokens'];
  const missing = folders('src').filter((name) => !folders('testing').includes(name));
  expect(missing).toEqual(elsewhere);
});

test('main.ts only puts parts together: at most 120 lines', () => {
  expect(lines('src/main.ts').length - 1).toBeLessThanOrEqual(120);
});

test('only config/config.ts reads the environment', () => {
  const readers = sources.filter(
    (file) => file.endsWith('.ts') && readFileSync(file, 'utf8').includes('process.env'),
  );
  expect(readers.filter((file) => file !== 'src/config/config.ts')).toEqual([]);
});

test('nothing is printed behind the log', () => {
  expect(sources.filter((file) => /\bconsole\.\w+\(/.test(readFileSync(file, 'utf8')))).toEqual([]);
});

test('nothing is left for later', () => {
  const later = /\b(?:TODO|FIXME|XXX)\b/;
  expect(
    [...sources, ...tests].filter(
      (file) => !file.endsWith('source-rules.test.ts') && later.test(readFileSync(file, 'utf8')),
    ),
  ).toEqual([]);
});

test('nothing is named after nothing: no helpers, utils, common, types or services', () => {
  const nothing = /(^|[/-])(helpers?|utils?|common|types|services|manager|misc)\.(ts|mjs)$/;
  expect([...sources, ...tests].filter((file) => nothing.test(file))).toEqual([]);
});

test('each module opens with what it knows and does not know', () => {
  const first = [
    'src/saga/orchestration.ts',
    'src/wire/topics.ts',
    'src/engine/ports.ts',
    'src/bridge/bridge.ts',
    'src/worker/index.ts',
    'src/conformance/conformance.ts',
    'src/postgres/database.ts',
    'src/kafka/client.ts',
    'src/embedded/broker.ts',
    'src/api/server.ts',
    'src/schemas/payload-schemas.ts',
    'src/client/client.ts',
    'src/cli/program.ts',
    'src/console/main.tsx',
    'src/config/config.ts',
    'src/demo/demo.ts',
    'src/tokens/token.ts',
    'src/figures/figures.ts',
    'src/files/stamp.ts',
    'src/names/nearest.ts',
    'src/json/numbers.ts',
    'src/limits/limits.ts',
    'src/timing/pause.ts',
    'src/observability/log.ts',
    'src/launch/start.mjs',
  ];
  for (const file of first)
    expect([
      file,
      lines(file).slice(0, 8).join(' ').replaceAll(' * ', ' ').replaceAll('  ', ' '),
    ]).toEqual([file, expect.stringMatching(/Knows:.*Refuses to know:.*In:.*Out:/)]);
});

test('no test is skipped or alone', () => {
  const marks = /\b(?:test|describe|it)\.(?:skip|only|todo)\b/;
  expect(
    tests.filter(
      (file) => !file.endsWith('source-rules.test.ts') && marks.test(readFileSync(file, 'utf8')),
    ),
  ).toEqual([]);
});
