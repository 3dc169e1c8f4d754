/** Payloads against schemas: where they do not fit, and why. */
import { describe, expect, test } from '@jest/globals';
import { CompiledSchemas } from '../../src/schemas/payload-schemas.js';

const schemas = new CompiledSchemas();
const TENANT = {
  type: 'object',
  required: ['tenant'],
  additionalProperties: false,
  properties: {
    tenant: { type: 'string', minLength: 1 },
    plan: { enum: ['free', 'paid'] },
    admins: { type: 'array', items: { type: 'object', required: ['mail'] } },
  },
};

describe('a payload', () => {
  test.each(['{"tenant":"acme"}', '{"tenant":"acme","plan":"paid","admins":[{"mail":"a"}]}'])(
    'that fits: %s',
    (payload) => {
      expect(schemas.mismatch(TENANT, payload)).toBeNull();
    },
  );

  test.each([
    [null, 'payload', 'payload must be object'],
    ['"acme"', 'payload', 'payload must be object'],
    ['{}', 'payload.tenant', 'payload.tenant is missing'],
    ['{"tenant":""}', 'payload.tenant', 'payload.tenant must NOT have fewer than 1 characters'],
    [
      '{"tenant":"a","secret":"s3"}',
      'payload.secret',
      'payload.secret is not allowed by the schema',
    ],
    ['{"tenant":"a","plan":"gold"}', 'payload.plan', 'payload.plan must be one of ["free","paid"]'],
    [
      '{"tenant":"a","admins":[{"mail":"m"},{}]}',
      'payload.admins[1].mail',
      'payload.admins[1].mail is missing',
    ],
  ])('that does not fit: %s', (payload, path, message) => {
    expect(schemas.mismatch(TENANT, payload)).toEqual({ path, message });
  });

  test('fits when there is no schema, or an old one that cannot be used', () => {
    expect(schemas.mismatch(null, '1')).toBeNull();
    expect(schemas.mismatch(undefined, '1')).toBeNull();
    expect(schemas.mismatch({ $ref: 'https://example.com' }, '1')).toBeNull();
    expect(schemas.mismatch({ type: 'strng' }, '1')).toBeNull();
  });

  test('is not changed: no default is filled in, no text becomes a number', () => {
    const schema = { properties: { a: { type: 'integer', default: 1 } } };
    expect(schemas.mismatch(schema, '{"a":"1"}')).toMatchObject({ path: 'payload.a' });
    expect(schemas.mismatch(schema, '{"a":1.0}')).toBeNull();
    expect(schemas.mismatch(schema, '{"__proto__":{"a":"x"}}')).toBeNull();
  });

  test('of a name with slashes is named so', () => {
    const schema = { properties: { 'a/b~c': { type: 'string' } } };
    expect(schemas.mismatch(schema, '{"a/b~c":1}')?.path).toBe('payload.a/b~c');
  });

  test('of alternatives is about all of them', () => {
    const schema = { anyOf: [{ type: 'string' }, { type: 'number' }] };
    expect(schemas.mismatch(schema, '{}')).toEqual({
      path: 'payload',
      message: 'payload must match a schema in anyOf',
    });
  });

  test('is checked against each of several patterns', () => {
    const schema = { properties: { a: { pattern: '^x' }, b: { pattern: '^y' } } };
    expect(schemas.mismatch(schema, '{"a":"x1","b":"y1"}')).toBeNull();
    expect(schemas.mismatch(schema, '{"a":"y1"}')?.path).toBe('payload.a');
    expect(schemas.mismatch(schema, '{"b":"x1"}')?.path).toBe('payload.b');
  });

  test.each(['^(a+)+$', '^(a|a)*$', '(.*a){12}$'])(
    'is checked against %s in time that grows with its length',
    (pattern) => {
      const took = (length: number): number => {
        const payload = JSON.stringify(`${'a'.repeat(length)}!`);
        schemas.mismatch({ pattern }, payload);
        const began = performance.now();
        expect(schemas.mismatch({ pattern }, payload)).not.toBeNull();
        return performance.now() - began;
      };
      // A backtracking engine needs longer than anybody waits for 40 characters.
      took(40);
      expect(took(2000)).toBeLessThan(5000);
    },
  );
});

test('what is kept ready is bounded, and what was dropped is made again', () => {
  const few = new CompiledSchemas(10);
  const made = Array.from({ length: 20 }, (_, index) => ({ const: index }));
  for (const [index, schema] of made.entries()) {
    expect(few.mismatch(schema, String(index))).toBeNull();
    expect(few.mismatch(schema, 'null')).not.toBeNull();
  }
  expect(few.size).toBe(10);
  expect(few.mismatch(made[0], '7')).not.toBeNull();
  const large = { prefixItems: Array.from({ length: 50 }, () => ({ type: 'string' })) };
  expect(few.mismatch(large, '[1]')).not.toBeNull();
  expect(few.size).toBe(1);
});
