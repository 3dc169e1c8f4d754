import { expect, test } from '@jest/globals';
import { duration, inUnitOf } from '../../src/figures/figures.js';

test('a duration has its two largest units', () => {
  const spans = [0, 820, 3200, 59_999, 245_000, 7_620_000, 273_600_000];
  expect(spans.map(duration)).toEqual([
    '0 ms',
    '820 ms',
    '3.2 s',
    '60.0 s',
    '4 min 5 s',
    '2 h 7 min',
    '3 d 4 h',
  ]);
  expect(duration(null)).toBe('');
});

test('a figure of slo is shown in the unit of its target', () => {
  expect(inUnitOf('>= 99 %', 0.975)).toBe('97.5 %');
  expect(inUnitOf('<= 0.2', 0.1234)).toBe('0.12');
  expect(inUnitOf('<= 500 ms', 84)).toBe('84 ms');
  expect(inUnitOf('<= 500 ms', null)).toBe('–');
});
