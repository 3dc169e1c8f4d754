/** Who calls: pure questions about a principal. */
import { expect, test } from '@jest/globals';
import {
  actorOf,
  anonymous,
  isExpired,
  type Principal,
  SYSTEM,
} from '../../../src/api/auth/principal.js';
import { ROLES } from '../../../src/names/roles.js';

const ADA: Principal = {
  subject: 'idp|7',
  name: 'Ada',
  kind: 'jwt',
  roles: ['viewer'],
  scopes: ['tenant*'],
  expiresAt: 1000,
};

test('without authentication everybody has every right, under any name', () => {
  expect(anonymous('ann')).toEqual({
    subject: 'anonymous',
    name: 'ann',
    kind: 'none',
    roles: ROLES,
    scopes: ['*'],
    expiresAt: null,
  });
});

test.each([
  ['ann', 'ann'],
  ['  \u0000ann\n ', 'ann'],
  ['x'.repeat(500), 'x'.repeat(100)],
  ['', 'anonymous'],
  ['\u00e4', 'anonymous'],
  [['ann'], 'anonymous'],
  [undefined, 'anonymous'],
])('the name %j is stored as %s', (given, stored) => {
  expect(actorOf(anonymous(given))).toBe(stored);
});

test('an identity that is proven is stored by its subject, not by its name', () => {
  expect(actorOf(ADA)).toBe('idp|7');
  expect(actorOf(SYSTEM)).toBe('system');
});

test('it expires at its time, and without one never', () => {
  expect([isExpired(ADA, 999), isExpired(ADA, 1000), isExpired(SYSTEM, 1e15)]).toEqual([
    false,
    true,
    false,
  ]);
});
