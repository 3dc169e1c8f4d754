import { expect, test } from '@jest/globals';
import { millisecondsIn } from '../../src/timing/duration.js';

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  [' 5 m ', 300_000],
  ['1.5h', 5_400_000],
  ['30D', 2_592_000_000],
  ['250', 250],
  ['0', 0],
])('%j is %d milliseconds', (text, ms) => {
  expect(millisecondsIn(text)).toBe(ms);
});

test.each(['', 'soon', '5w', '-1s', '1e3', '5 s s', '1'.repeat(400)])(
  '%j is no duration',
  (text) => {
    expect(millisecondsIn(text)).toBeNaN();
  },
);
