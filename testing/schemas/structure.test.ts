/** Which schemas can be enforced, and that those are checked in bounded time. */
import { describe, expect, test } from '@jest/globals';
import { checkSchema } from '../../src/schemas/check-schema.js';

const wrongOf = (schema: unknown): { readonly at: unknown; readonly message: string } => {
  const checked = checkSchema(schema);
  if ('nodes' in checked) throw new Error(`nothing is wrong with ${JSON.stringify(schema)}`);
  return checked.wrong;
};
const text = { type: 'string' };
const repeated = (count: number): unknown[] => Array.from({ length: count }, () => text);

describe('a schema that can be enforced', () => {
  test.each([
    [{}, 1],
    [{ type: 'object', required: ['a'], properties: { a: text, b: { enum: [1, 2] } } }, 3],
    [{ $id: 'https://example.com/order', type: 'array', items: text }, 2],
    [{ $schema: 'http://json-schema.org/draft-07/schema#', items: [text, text] }, 3],
    [{ $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [text, true] }, 2],
    [{ $defs: { a: text }, properties: { x: { $ref: '#/$defs/a' }, y: { $ref: '#/$defs/a' } } }, 5],
    [{ properties: { 'a/b': text, c: { $ref: '#/properties/a~1b' } } }, 4],
    [{ type: 'array', uniqueItems: true, maxItems: 1000 }, 1],
    [{ type: 'string', format: 'date-time', pattern: '^\\d{4}-' }, 1],
    [{ type: ['string', 'null'], title: 'a', examples: ['b'], deprecated: true }, 1],
    [{ enum: Array.from({ length: 250 }, (_, index) => `C${index}`) }, 1],
  ])('%j', (schema, nodes) => {
    expect(checkSchema(schema)).toEqual({ nodes });
  });
});

describe('a schema that is refused, with its place and the reason', () => {
  test.each<[string, unknown, unknown, RegExp]>([
    ['a misspelled keyword', { requird: ['a'] }, [], /unknown keyword: "requird"/],
    ['a wrong type', { type: 'strng' }, [], /type/],
    [
      'a remote reference',
      { items: { $ref: 'https://example.com/x' } },
      ['items', '$ref'],
      /nothing is fetched/,
    ],
    [
      'a reference to the whole',
      { properties: { a: { $ref: '#' } } },
      ['properties', 'a', '$ref'],
      /inside the schema/,
    ],
    ['a reference that is no text', { $ref: 7 }, ['$ref'], /inside the schema/],
    ['a reference to nothing', { $ref: '#/$defs/a' }, ['$ref'], /there is nothing at #\/\$defs\/a/],
    ['a reference that cannot be decoded', { $ref: '#/%' }, ['$ref'], /there is nothing/],
    [
      'a schema in itself',
      { $defs: { a: { properties: { b: { $ref: '#/$defs/a' } } } }, $ref: '#/$defs/a' },
      ['$ref', 'properties', 'b', '$ref'],
      /refers to itself/,
    ],
    ['an id inside', { items: { $id: 'x' } }, ['items', '$id'], /not supported/],
    ['an anchor', { $anchor: 'x' }, ['$anchor'], /not supported/],
    ['a dynamic reference', { $dynamicRef: '#x' }, ['$dynamicRef'], /not supported/],
    ['an asynchronous schema', { $async: true }, ['$async'], /not supported/],
    [
      'another draft',
      { $schema: 'http://json-schema.org/draft-04/schema#' },
      [],
      /\$schema must be/,
    ],
    ['no schema at a place of one', { items: 7 }, ['items'], /an object, true or false/],
    ['unique items without a bound', { uniqueItems: true }, ['uniqueItems'], /maxItems/],
    [
      'unique items with a large bound',
      { uniqueItems: true, maxItems: 1001 },
      ['uniqueItems'],
      /at most 1000/,
    ],
    ['a pattern with look-ahead', { pattern: '^(?!a)b' }, [], /pattern|regexp/],
    [
      'a pattern that becomes large',
      { pattern: '(([a-z]{1,50}x){1,10}y){1,9}' },
      [],
      /too large|regexp/,
    ],
    ['an unknown format', { format: 'regex' }, [], /unknown format "regex"/],
    ['too many schemas', { prefixItems: repeated(300) }, ['prefixItems', 299], /over 300 schemas/],
    ['too many alternatives', { anyOf: repeated(101) }, [], /over 100 ways/],
    [
      'a long list of values',
      { enum: Array.from({ length: 1010 }, (_, index) => index) },
      ['enum'],
      /over 100 ways/,
    ],
    ['too many characters', { title: 'x'.repeat(65_536) }, [], /at most 65536/],
  ])('%s', (_what, schema, at, message) => {
    expect(wrongOf(schema)).toEqual({ at, message: expect.stringMatching(message) });
  });

  test('one that doubles with every level is refused before it is compiled', () => {
    const $defs: Record<string, unknown> = { d0: text };
    for (let level = 1; level <= 30; level++)
      $defs[`d${level}`] = {
        properties: { a: { $ref: `#/$defs/d${level - 1}` }, b: { $ref: `#/$defs/d${level - 1}` } },
      };
    expect(wrongOf({ $defs, $ref: '#/$defs/d30' }).message).toMatch(/over/);
  });

  test('one that is nested too deep', () => {
    let schema: unknown = text;
    for (let level = 0; level < 120; level++) schema = { items: schema };
    expect(wrongOf(schema).message).toMatch(/over 50 levels/);
  });
});
