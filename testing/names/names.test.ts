/**
 * One behaviour for all who suggest a name, look whether a host is this machine, or compare topics.
 */
import { describe, expect, test } from '@jest/globals';
import { isLoopback } from '../../src/names/loopback.js';
import { didYouMean, nearest } from '../../src/names/nearest.js';
import { topicKey } from '../../src/names/topic-key.js';

describe('the nearest name', () => {
  const known = ['tenantCreation', 'tenantDeletion', 'orders', 'shop', 'seq', 'as'];

  test.each([
    ['tenantcreation', 'tenantCreation'],
    ['tenantCration', 'tenantCreation'],
    ['ordres', 'orders'],
    ['shpo', 'shop'],
    ['sec', 'seq'],
    ['az', 'as'],
  ])('of %s is %s', (name, expected) => {
    expect(nearest(name, known)).toEqual([expected]);
  });

  test.each(['zzzzzz', '', 'x', 'tenant', 'is2', 'x'.repeat(5000)])('of %j is none', (name) => {
    expect(nearest(name, known)).toEqual([]);
  });

  test('comes first among several, equally near ones by name', () => {
    expect(nearest('tenantDreation', known, 3)).toEqual(['tenantCreation', 'tenantDeletion']);
    expect(nearest('stepX', ['stepC', 'stepA', 'stepB'], 2)).toEqual(['stepA', 'stepB']);
  });

  test('is put into the message; without one the known names are', () => {
    expect(didYouMean(['shop'], known)).toBe('; did you mean shop?');
    expect(didYouMean([], ['as', 'seq'])).toBe('; known are as, seq');
  });
});

describe('a host', () => {
  test.each(['localhost', 'LOCALHOST', 'shop.localhost', '127.0.0.1', '127.8.9.1', '::1', '[::1]'])(
    '%s is this machine',
    (host) => expect(isLoopback(host)).toBe(true),
  );
  test.each(['0.0.0.0', '::', 'localhost.example.com', '128.0.0.1', '127.0.0.1.example.com', ''])(
    '%j may be reached by others',
    (host) => expect(isLoopback(host)).toBe(false),
  );
});

test('topics that Kafka takes for one have one key', () => {
  expect(topicKey('orchestrator.a_b.c.do')).toBe(topicKey('orchestrator.a.b_c.do'));
  expect(topicKey('orchestrator.a.b.do')).not.toBe(topicKey('orchestrator.a.b.undo'));
});
