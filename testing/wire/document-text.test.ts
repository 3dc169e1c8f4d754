import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS } from '../../src/limits/limits.js';
import { tooMuchIn } from '../../src/wire/document-text.js';
import { readRegistration, readRegistrationValue } from '../../src/wire/documents.js';

const most = LIMITS.documentCharacters.value;
const refused = (text: string) =>
  tooMuchIn(text, most)?.message.replace(/.*more than /, '') ?? null;
const lines = (count: number, line: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => line(n)).join('\n');

describe('a text that would cost its parser too much is refused before it is parsed', () => {
  test.each([
    ['many fields', 'a:'.repeat(100_001), 'fields'],
    ['many entries in one line', `[${'x,'.repeat(100_001)}]`, 'fields'],
    ['many list marks', lines(19_000, () => '- - - - - - x'), 'fields'],
    ['many lines', '\n'.repeat(20_001), 'lines'],
    ['many brackets', '['.repeat(101), 'levels'],
    ['many braces', '{a: '.repeat(101), 'levels'],
    ['list in list in list', `${'- '.repeat(101)}x`, 'levels'],
    ['explicit keys of explicit keys', `${'? '.repeat(101)}x`, 'levels'],
    ['a staircase', lines(101, (n) => `${' '.repeat(n)}a:`), 'levels'],
    ['many anchors', lines(101, (n) => `- &a${n} x`), 'anchors'],
    ['many aliases', lines(101, () => '- *a'), 'aliases'],
    ['many tags', lines(101, () => '- !a x'), 'tags'],
    ['many directives', lines(101, () => '%a'), 'tags'],
  ])('%s', (_what, text, named) => {
    expect(refused(text)).toContain(named);
    expect(readRegistration(text, { serviceName: null }).problems).toMatchObject([
      { code: 'DOCUMENT_TOO_COMPLEX' },
    ]);
  });

  test('the line where it became too much is given', () => {
    expect(tooMuchIn(`\n\n${'['.repeat(101)}`, most)?.line).toBe(3);
  });

  test('a text in a topic record may be shorter than one in a request', () => {
    const text = ' '.repeat(LIMITS.documentInRecordCharacters.value + 1);
    expect(readRegistrationValue(text, { serviceName: null }).problems).toMatchObject([
      { code: 'DOCUMENT_TOO_LARGE' },
    ]);
    expect(readRegistration(text, { serviceName: null }).problems).toMatchObject([
      { code: 'DOCUMENT_EMPTY' },
    ]);
  });
});

describe('what people write is not counted against them', () => {
  test.each([
    [
      'stars, exclamation marks and ampersands in a text',
      `a: ${'x*y & c * d ? e - f '.repeat(500)}`,
    ],
    ['closing brackets', ']}'.repeat(1000)],
    ['a list of lists that ends', lines(1000, () => '- - x')],
    ['blocks that end', lines(1000, () => 'a:\n  b:\n    c: 1\r')],
    ['flow inside of blocks', lines(1000, () => '\ta: {b: [1, "x"], c: d & e}')],
  ])('%s', (_what, text) => {
    expect(refused(text)).toBeNull();
  });
});

const field = (n: number) => ` - {seq: ${n}, name: s${n}}`;
const document = (steps: number, more = '') =>
  `orchestrationName: o\nas: initiator\ntype: parallel\n${more}steps:\n${lines(steps, field)}\n`;

describe('what a document may contain', () => {
  test('at most a thousand topics', () => {
    const five = (steps: number) => ({
      orchestrations: [0, 1, 2, 3, 4, 5].map((n) => ({
        orchestrationName: `o${n}`,
        as: n < 5 ? 'initiator' : 'worker',
        ...(n < 5 && { type: 'parallel' }),
        steps: Array.from({ length: n < 5 ? steps : 1 }, (_, seq) => ({
          ...(n < 5 && { seq }),
          name: `s${seq}`,
        })),
      })),
    });
    const codes = (value: object) =>
      readRegistrationValue(value, { serviceName: null }).problems.map(({ code }) => code);
    expect(codes(five(99))).toEqual([]);
    expect(codes(five(101))).toEqual(['TOO_MANY_TOPICS']);
  });

  test('a hundred problems, and near names for no more than these', () => {
    const text = document(1, lines(5000, (n) => `orchestrationNam${n}: x`).concat('\n'));
    const { problems } = readRegistration(text, { serviceName: null });
    expect(problems).toHaveLength(100);
    expect(problems[99]?.suggestions).toEqual(['orchestrationName']);
  });

  test('fifty labels', () => {
    const labels = (count: number) =>
      `labels: {${lines(count, (n) => `l${n}: x,`).replaceAll('\n', ' ')}}\n`;
    const codes = (count: number) =>
      readRegistration(document(1, labels(count)), { serviceName: null }).problems.map(
        ({ code, path }) => `${code} ${path}`,
      );
    expect(codes(50)).toEqual([]);
    expect(codes(51)).toEqual(['FIELD_INVALID labels']);
  });

  test.each([
    ['a field twice', 'a: 1\nb: {c: 1, c: 2}', 'the field "c" occurs twice', 2],
    ['two documents', 'a: 1\n---\nb: 2', 'the text has several documents', 2],
    ['a tag', 'a: !x y', 'tags (!name) are not allowed', 1],
    ['a tag of another schema', 'a: !!merge x', 'tags (!name) are not allowed', 1],
    ['an alias in itself', 'a: &a {b: *a}', 'an alias contains itself', null],
    [
      'an alias that multiplies',
      `a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b]\nd: [*c,*c,*c]`,
      'repeats too much',
      null,
    ],
  ])('%s is a problem with a message of our own', (_what, text, message, line) => {
    const [problem] = readRegistration(text, { serviceName: null }).problems;
    expect(problem).toMatchObject({ code: 'DOCUMENT_INVALID', line });
    expect(problem?.message).toContain(message);
  });

  test('a thousand doubled fields are a hundred problems', () => {
    expect(readRegistration('a: 1\n'.repeat(1000), { serviceName: null }).problems).toHaveLength(
      100,
    );
  });
});

test('any text is either read or refused; no message of the library comes out', () => {
  const pieces = [
    'a: ',
    '- ',
    '? ',
    '[',
    ']',
    '{',
    '}',
    ', ',
    '&a ',
    '*a ',
    '!t ',
    '|\n',
    '>\n',
    '"',
    "'",
    '#',
    '\n',
    '  ',
    '\t',
    '---\n',
    '%Y\n',
    'x',
    ': ',
    '\u0000',
    '\ud800',
    '<<: ',
    'orchestrations:',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 60 }), (parts) => {
      const { problems, declarations } = readRegistration(parts.join(''), { serviceName: null });
      expect(problems.length + declarations.length).toBeGreaterThan(0);
      expect(JSON.stringify(problems)).not.toMatch(
        /YAML\.|parseAllDocuments|maxAliasCount|undefined/,
      );
    }),
    { numRuns: 3000 },
  );
});
