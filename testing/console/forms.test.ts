import { expect, test } from '@jest/globals';
import { addressOf, searchOf } from '../../src/console/data/flow-filter.js';
import { fieldsOf, payloadOf } from '../../src/console/data/form.js';
import { moment } from '../../src/console/data/format.js';

const SCHEMA = {
  type: 'object',
  required: ['customer'],
  properties: {
    customer: { type: 'string', description: 'Who pays.' },
    amount: { type: 'number' },
    plan: { enum: ['free', 'paid'] },
    urgent: { type: 'boolean' },
    address: { type: 'object' },
  },
};

test('a form has one field for each property of the schema', () => {
  const fields = fieldsOf(SCHEMA) ?? [];
  expect(fields.map(({ name, kind, required }) => [name, kind, required])).toEqual([
    ['customer', 'text', true],
    ['amount', 'number', false],
    ['plan', 'choice', false],
    ['urgent', 'yes-no', false],
    ['address', 'json', false],
  ]);
  expect(fields[0]?.description).toBe('Who pays.');
  for (const none of [null, true, {}, { type: 'string' }, { properties: {} }])
    expect(fieldsOf(none)).toBeNull();
});

test('the payload has what was filled in, with its types; the rest is absent', () => {
  const fields = fieldsOf(SCHEMA) ?? [];
  const values = {
    customer: '007',
    amount: '12.5',
    urgent: 'true',
    address: '{"zip":"1"}',
    plan: '',
  };
  expect(payloadOf(fields, values)).toEqual({
    customer: '007',
    amount: 12.5,
    urgent: true,
    address: { zip: '1' },
  });
  expect(() => payloadOf(fields, { address: '{' })).toThrow('address: { is not JSON');
  expect(() => payloadOf(fields, { amount: 'much' })).toThrow('amount: much is not a number');
});

test('a search is the same from its form to the address to the filter', () => {
  const form = new FormData();
  form.append('status', 'FAILED');
  form.append('status', 'UNDONE');
  form.append('orchestration', ' tenantCreation ');
  form.append('error', 'no & yes');
  form.append('key', '');
  const address = addressOf(form);
  expect(address).toBe(
    '/flows?status=FAILED&status=UNDONE&orchestration=tenantCreation&error=no+%26+yes',
  );
  expect(searchOf(new URL(address, 'http://x').searchParams)).toEqual({
    orchestrationName: 'tenantCreation',
    filter: { statuses: ['UNDONE', 'FAILED'], errorContains: 'no & yes' },
  });
  expect(addressOf(new FormData())).toBe('/flows');
});

test('an address with nonsense in it searches for everything', () => {
  const nonsense = new URLSearchParams('status=BROKEN&since=yesterday&error=');
  expect(searchOf(nonsense)).toEqual({ orchestrationName: null, filter: {} });
});

test('a moment is short: the date only when it is not today', () => {
  const noon = new Date(2026, 10, 26, 12, 0, 5);
  expect(moment(noon.toISOString(), noon.getTime())).toBe('12:00:05');
  expect(moment(noon.toISOString(), noon.getTime() + 86_400_000)).toContain('2026');
  expect(moment(null)).toBe('');
});
