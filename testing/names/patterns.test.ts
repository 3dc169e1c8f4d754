/** Patterns of orchestration names. */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fitsAll, fitsAny, fitsPattern, isPattern } from '../../src/names/patterns.js';

test.each([
  ['tenant', 'tenant', true],
  ['tenantCreation', 'tenant', false],
  ['tenantCreation', 'tenant*', true],
  ['tenant', 'tenant*', true],
  ['tenant', 'Tenant*', false],
  ['myTenant', '*Tenant', true],
  ['a-b-c', 'a*b*c', true],
  ['a-b-d', 'a*b*c', false],
  ['anything', '*', true],
  ['', '*', true],
  ['', '', true],
  ['x', '', false],
  ['a.b', 'a?b', false],
])('%s fits %s: %s', (name, pattern, fits) => {
  expect(fitsPattern(name, pattern)).toBe(fits);
});

test('it is what the same regular expression finds', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '_', '-'), maxLength: 12 });
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '_', '*'), maxLength: 8 });
  fc.assert(
    fc.property(text, pattern, (name, one) => {
      const same = new RegExp(`^${one.replaceAll('*', '.*')}$`);
      return fitsPattern(name, one) === same.test(name);
    }),
  );
});

test('no pattern makes it slow', () => {
  expect(fitsPattern('a'.repeat(100), `${'*a'.repeat(49)}b`)).toBe(false);
});

test('of several, one is enough', () => {
  expect(fitsAny('billing', ['tenant*', 'bill*'])).toBe(true);
  expect(fitsAny('billing', [])).toBe(false);
});

test('which ones every name fits', () => {
  expect([fitsAll(['a', '**']), fitsAll(['a*']), fitsAll([])]).toEqual([true, false, false]);
});

test.each([
  ['tenant*', true],
  ['*', true],
  ['a.b', false],
  ['', false],
  ['a b', false],
])('%s is a pattern: %s', (text, is) => expect(isPattern(text)).toBe(is));
