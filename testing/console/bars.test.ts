import { expect, test } from '@jest/globals';
import { type BarEvent, barsOf } from '../../src/console/data/bars.js';

const at = (second: number): string => new Date(second * 1000).toISOString();
const event = (
  second: number,
  type: string,
  stepName: string | null = 'a',
  more: Partial<BarEvent> = {},
): BarEvent => ({
  type,
  at: at(second),
  stepName,
  action: null,
  attempt: null,
  message: null,
  ...more,
});
/** `DO1 0-2 failed` for each bar of a step. */
const lines = (events: readonly BarEvent[], step = 'a'): string[] =>
  (barsOf(events).get(step) ?? []).map(
    ({ kind, attempt, from, to, outcome }) =>
      `${kind}${attempt} ${from / 1000}-${to === null ? '' : to / 1000} ${outcome}`,
  );

test('an attempt is a bar from its command to its answer, and one wait lies between two', () => {
  expect(
    lines([
      event(0, 'FLOW_STARTED', null),
      event(0, 'DO_SENT', 'a', { attempt: 1 }),
      event(2, 'DO_FAILED'),
      event(2, 'DO_RETRY_SCHEDULED'),
      event(5, 'DO_SENT', 'a', { attempt: 2 }),
      event(6, 'DO_SUCCEEDED'),
    ]),
  ).toEqual(['DO1 0-2 failed', 'WAIT1 2-5 waited', 'DO2 5-6 done']);
});

test('what is not answered is open, and a wait ends with the flow', () => {
  expect(lines([event(0, 'DO_SENT')])).toEqual(['DO1 0- open']);
  expect(
    lines([
      event(0, 'DO_SENT'),
      event(1, 'DO_FAILED'),
      event(1, 'DO_RETRY_SCHEDULED'),
      event(4, 'FLOW_CANCELLED', null),
    ]),
  ).toEqual(['DO1 0-1 failed', 'WAIT1 1-4 waited']);
});

test('an UNDO is a bar of its own kind, and steps do not mix', () => {
  const events = [
    event(0, 'DO_SENT'),
    event(1, 'DO_SUCCEEDED'),
    event(1, 'DO_SENT', 'b'),
    event(2, 'DO_OUTCOME_UNKNOWN', 'b'),
    event(2, 'UNDO_SENT', 'b'),
    event(3, 'UNDO_SUCCEEDED', 'b'),
    event(3, 'UNDO_SENT'),
    event(4, 'UNDO_FAILED'),
  ];
  expect(lines(events)).toEqual(['DO1 0-1 done', 'UNDO1 3-4 failed']);
  expect(lines(events, 'b')).toEqual(['DO1 1-2 unknown', 'UNDO1 2-3 done']);
});

test('a late answer comes when nothing is open, and changes no bar', () => {
  const events = [event(0, 'DO_SENT'), event(1, 'DO_OUTCOME_UNKNOWN'), event(9, 'DO_SUCCEEDED')];
  expect(lines(events)).toEqual(['DO1 0-1 unknown']);
});

test('a command that was withdrawn, and a step settled by hand, are over', () => {
  expect(lines([event(0, 'DO_SENT'), event(1, 'DO_WITHDRAWN')])).toEqual(['DO1 0-1 withdrawn']);
  expect(lines([event(0, 'DO_SENT'), event(1, 'DO_FAILED'), event(5, 'STEP_SKIPPED')])).toEqual([
    'DO1 0-1 failed',
  ]);
});
