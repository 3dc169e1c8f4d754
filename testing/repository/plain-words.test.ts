/**
 * Words that are not used in code and documents: none of them is a term of the field, and each has
 * a plain one (docs/decisions, "Plain words").
 */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const FORBIDDEN = new Set(
  'say says said saying tell tells told telling ask asks asked asking hear hears heard neighbour neighbours stranger strangers weather'.split(
    ' ',
  ),
);
/**
 * Of comments and texts: there a word of a library or a protocol may be one of these, in its own
 * spelling.
 */
const FORBIDDEN_IN_PROSE =
  /\b(?:say|says|said|tells?|told|asks?|asked|asking|hears?|heard|neighbours?|strangers?|rooms?|house|doors?|hints?|bear|hire|weather)\b/i;

const filesIn = (folder: string, kind: RegExp): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => kind.test(name) && !/generated|fixtures|node_modules|target/.test(name))
    .map((name) => `${folder}/${name}`);
const sources = ['src', 'testing']
  .flatMap((folder) => filesIn(folder, /\.(?:tsx?|jsx?|mjs|cjs|html)$/))
  // This file has the list.
  .filter((file) => !file.endsWith('plain-words.test.ts'));
const pages = [
  'README.md',
  ...filesIn('docs', /\.md$/),
  ...filesIn('examples', /\.(?:md|java|py|yml|yaml)$/),
  ...filesIn('docker', /\.(?:yaml|yml|sh|json)$|Dockerfile$/),
  ...filesIn('schema', /\.(?:graphql|yaml)$/),
]
  // It quotes the words it replaces.
  .filter((page) => !page.endsWith('0011-plain-words.md'));

const COMMENT = /\/\*[\s\S]*?\*\/|(?<![:'"`\\])\/\/[^\n]*/g;
const TEXT = /'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/g;

/** `toldErrors` → told, errors. */
function partsOf(identifier: string): string[] {
  return (identifier.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []).map((one) => one.toLowerCase());
}

function withoutProse(code: string): string {
  return code.replace(COMMENT, ' ').replace(TEXT, "''");
}

test('no identifier of src and testing has a word of the list', () => {
  const found = sources.flatMap((file) => {
    const names = new Set(withoutProse(readFileSync(file, 'utf8')).match(/[A-Za-z_$][\w$]*/g));
    return [...names]
      .filter((name) => partsOf(name).some((part) => FORBIDDEN.has(part)))
      .map((name) => `${file}: ${name}`);
  });
  expect(found).toEqual([]);
});

test('no comment and no text of src and testing has one', () => {
  const found = sources.flatMap((file) => {
    const code = readFileSync(file, 'utf8');
    const comments: readonly string[] = code.match(COMMENT) ?? [];
    const texts: readonly string[] = code.replace(COMMENT, ' ').match(TEXT) ?? [];
    return (
      [...comments, ...texts]
        // Not flags of other programs.
        .filter((text) => FORBIDDEN_IN_PROSE.test(text) && !text.startsWith("'--"))
        .map((text) => `${file}: ${text.slice(0, 100)}`)
    );
  });
  expect(found).toEqual([]);
});

test('no page, example or published schema has one', () => {
  const found = pages.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .flatMap((line, index) =>
        FORBIDDEN_IN_PROSE.test(line) ? [`${file}:${index + 1}: ${line}`] : [],
      ),
  );
  expect(found).toEqual([]);
});
