/**
 * The documents are true as far as a machine can see: links, cited files, commands, queries,
 * recipes.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { buildSchema, parse, validate } from 'graphql';
import { readRegistration } from '../../src/wire/documents.js';

const markdownIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md') && !name.includes('node_modules'))
    .map((name) => join(folder, name));
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'testing/README.md',
  ...markdownIn('docs'),
  ...markdownIn('examples'),
];
const read = (page: string): string => readFileSync(page, 'utf8');
const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```/gm, '');
const blocks = (page: string, language: string): string[] =>
  [...read(page).matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, name, text]) =>
    name === language && text !== undefined ? [text] : [],
  );
const headings = (page: string): string[] =>
  [...withoutCode(read(page)).matchAll(/^#{1,6} (.+)$/gm)].map(([, title]) => title ?? '');

/** As GitHub makes them. */
const slug = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
const anchorsOf = (page: string): Set<string> =>
  new Set([
    ...headings(page).map(slug),
    ...[...read(page).matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id ?? ''),
  ]);

test.each(PAGES.filter((page) => page !== 'CHANGELOG.md'))('%s has no heading twice', (page) => {
  const titles = headings(page);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
});

test.each(PAGES)('%s has no placeholder left in it', (page) => {
  expect(withoutCode(read(page)).match(/^[A-Z_]{3,}$/gm) ?? []).toEqual([]);
});

test.each(PAGES)('every link in %s leads somewhere', (page) => {
  const links = [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => to ?? '');
  const dead = links.filter((link) => {
    if (/^https?:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(target).has(anchor);
  });
  expect(dead).toEqual([]);
});

test.each(PAGES.filter((page) => page !== 'CHANGELOG.md'))(
  'every file cited in %s is there',
  (page) => {
    const cited = [...withoutCode(read(page)).matchAll(/`([\w.-]+(?:\/[\w.-]+)+\.[a-z]+)`/g)];
    const places = ['', 'src', 'testing', dirname(page)];
    const missing = cited
      .map(([, path]) => path ?? '')
      // What a build makes is not there in a new clone.
      .filter((path) => !path.startsWith('dist/'))
      .filter((path) => !places.some((place) => existsSync(join(place, path))));
    expect(missing).toEqual([]);
  },
);

const basenames = new Set(
  ['src', 'testing', 'migrations', 'examples', 'docker']
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    .map((name) => basename(name)),
);
test.each(PAGES.filter((page) => page !== 'CHANGELOG.md'))(
  'every source file named in %s without its folder is somewhere',
  (page) => {
    const named = [...withoutCode(read(page)).matchAll(/`([\w-]+\.(?:ts|tsx|mjs|sql))`/g)];
    const missing = named.map(([, name]) => name ?? '').filter((name) => !basenames.has(name));
    expect(missing).toEqual([]);
  },
);

test('every page of docs can be reached from the README by links', () => {
  const reached = new Set(['README.md']);
  for (const page of reached)
    for (const [, link = ''] of withoutCode(read(page)).matchAll(/\]\(([^)\s#]+\.md)/g)) {
      const target = join(dirname(page), link);
      if (!link.startsWith('http') && existsSync(target)) reached.add(target);
    }
  expect(markdownIn('docs').filter((page) => !reached.has(page))).toEqual([]);
});

test.each(PAGES)('every npm command in %s exists', (page) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const named = [...read(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name ?? '');
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

const queries = PAGES.flatMap((page) => blocks(page, 'graphql').map((text) => [page, text]));
test.each(queries)('a query in %s is valid', (_, text) => {
  const schema = buildSchema(read('schema/schema.graphql'));
  // Some blocks show several operations, one a line.
  const document = parse(text ?? '');
  const problems = document.definitions.flatMap((definition) =>
    validate(schema, { ...document, definitions: [definition] }),
  );
  expect(problems.map(({ message }) => message)).toEqual([]);
});

const recipes = PAGES.flatMap((page) =>
  blocks(page, 'yaml').flatMap((text) => (/^orchestrationName:/m.test(text) ? [[page, text]] : [])),
);
test.each(recipes)('a recipe in %s can be registered', (_, text) => {
  const { problems } = readRegistration(text ?? '', { serviceName: null });
  expect(problems).toEqual([]);
});

test('the recipe page lists every field a document may have', () => {
  const page = read('docs/recipe.md');
  const source = readdirSync('src/wire')
    .map((name) => read(join('src/wire', name)))
    .join('\n');
  const tables = [...source.matchAll(/^(?:export )?const [A-Z_]+ = \{\n([\s\S]*?)^\};/gm)];
  const fields = tables.flatMap(([, body]) =>
    [...(body ?? '').matchAll(/^ {2}(\w+)[:,]/gm)].map(([, name]) => name ?? ''),
  );
  expect(fields.length).toBeGreaterThan(20);
  expect(fields.filter((name) => !new RegExp(`\`(?:backoff\\.)?${name}\``).test(page))).toEqual([]);
});

test('every citation of a rule has an anchor in docs/rules.md', () => {
  const anchors = anchorsOf('docs/rules.md');
  const files = ['src', 'testing'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(tsx?|mjs|cjs|jsx)$/.test(name))
      .map((name) => join(folder, name)),
  );
  const cited = [...files, ...PAGES].flatMap((file) =>
    [...read(file).matchAll(/rules\.md((?:,? ?#[a-z-]+)+)/g)].flatMap(([, list]) =>
      [...(list ?? '').matchAll(/#([a-z-]+)/g)].map(([, anchor]) => [file, anchor] as const),
    ),
  );
  expect(cited.filter(([, anchor]) => !anchors.has(anchor ?? ''))).toEqual([]);
});

test('whoever writes a worker reads that its consumer group begins at earliest, and what to do if it did not', () => {
  const pages = [
    'README.md',
    'docs/protocol.md',
    'examples/spring-worker/README.md',
    'examples/python-worker/README.md',
  ];
  for (const page of pages) {
    const text = read(page);
    expect(text).toMatch(/auto[.-]offset[.-]reset.{0,3}earliest/);
    expect(text).toContain('resendCommand');
  }
});

test('rules are cited by anchor, not by number', () => {
  const files = ['src', 'testing'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(tsx?|mjs|cjs|jsx)$/.test(name) && !name.includes('docs.test'))
      .map((name) => join(folder, name)),
  );
  expect(files.filter((file) => /\brules? \d+\b|2-wire/.test(read(file)))).toEqual([]);
});
