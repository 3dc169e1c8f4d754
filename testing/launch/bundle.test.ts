/** The bundle that `npm start` and the image run: an error in it names the line of the source. */
import { existsSync, readFileSync } from 'node:fs';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const FOLDER = 'dist/bundle';
const code = readFileSync(`${FOLDER}/main.js`, 'utf8').split('\n');
const payload = JSON.parse(readFileSync(`${FOLDER}/main.js.map`, 'utf8')) as SourceMapPayload;

test.each([
  ['src/main.ts', 'async function main('],
  ['src/launch/opened.ts', 'did not stop cleanly'],
  ['src/config/flags.ts', 'function helpText('],
])('a line of %s is found in the bundle', (file, text) => {
  const line = code.findIndex((one) => one.includes(text));
  const found = new SourceMap(payload).findEntry(line, code[line]?.indexOf(text) ?? 0);
  if (!('originalSource' in found)) throw new Error(`${text} has no line of a source`);
  expect(resolve(FOLDER, found.originalSource)).toBe(resolve(file));
  expect(readFileSync(file, 'utf8').split('\n')[found.originalLine]).toContain(text);
});

test('the map has no lines of packages: Node reads all of it at the first error', () => {
  expect(payload.sources.filter((source) => source.includes('node_modules'))).toEqual([]);
});

test('classes keep their names, also those that share one', () => {
  const renamed = code.flatMap((line, index) => {
    const [, name] = /^(?:var |let |const )?(\w+)\$\d+ = class (?:extends|\{)/.exec(line) ?? [];
    return name === undefined ? [] : [[name, code.slice(index, index + 3).join('\n')] as const];
  });
  expect(renamed.map(([name]) => name)).toContain('Fault');
  expect(renamed.filter(([name, text]) => !text.includes(`__name(this, "${name}")`))).toEqual([]);
});

test('a module finds the files beside it where it was before', () => {
  const urls = code.flatMap((line) => [...line.matchAll(/new URL\("(\.\.\/[^"]+\.js)"/g)]);
  const places = urls.map(([, path = '']) => resolve(FOLDER, path));
  expect(places).toContain(resolve('dist/postgres/schema/migration-files.js'));
  expect(places.filter((place) => !existsSync(place))).toEqual([]);
});
