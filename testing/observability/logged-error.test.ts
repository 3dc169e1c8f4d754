/** An error in the log: what is needed to find it, and nothing of what was worked on. */
import { expect, test } from '@jest/globals';
import { loggedError } from '../../src/observability/logged-error.js';

const CANARY = '4111-canary';

test('it has its type, message, stack and code, and its causes', () => {
  const cause = Object.assign(new TypeError('below'), { code: 'E1' });
  expect(loggedError(new RangeError('above', { cause }))).toEqual({
    type: 'RangeError',
    message: 'above',
    stack: expect.stringContaining('logged-error.test'),
    cause: {
      type: 'TypeError',
      message: 'below',
      code: 'E1',
      stack: expect.stringContaining('logged-error.test'),
    },
  });
});

test.each([
  ['the row of PostgreSQL', { detail: `Failing row contains (${CANARY}).`, where: CANARY }],
  ['a statement and its values', { query: `insert ${CANARY}`, parameters: [CANARY] }],
  ['a request', { response: { body: CANARY }, config: { data: CANARY } }],
])('%s that a library hangs on it is not logged', (_what, more) => {
  const logged = loggedError(Object.assign(new Error('it failed'), more));
  expect(JSON.stringify(logged)).not.toContain(CANARY);
  expect(logged).toMatchObject({ message: 'it failed' });
});

test.each([`{"card": ${CANARY}`, `${CANARY}`, `{"a": "${CANARY}", "much": "${'x'.repeat(99)}"`])(
  'the text that could not be read as JSON is not repeated: %s',
  (text) => {
    let caught: unknown;
    try {
      JSON.parse(text);
    } catch (error) {
      caught = error;
    }
    const logged = loggedError(new Error('above', { cause: caught }));
    expect(JSON.stringify(logged)).not.toContain(CANARY);
    expect(logged).toMatchObject({ cause: { message: expect.stringContaining('JSON') } });
  },
);

test('a ring of causes ends', () => {
  const ring = new Error('round');
  ring.cause = ring;
  expect(JSON.stringify(loggedError(ring)).match(/"cause":/g)).toHaveLength(5);
});

test('the field of a GraphQL error is named, and the error behind it', () => {
  const error = Object.assign(new Error('outer'), {
    path: ['details', 0],
    originalError: new Error('inner'),
  });
  expect(loggedError(error)).toMatchObject({
    path: ['details', 0],
    cause: { message: 'inner' },
  });
});

test('when none of several addresses answers, each is named', () => {
  const error = new AggregateError([
    new Error('refused by ::1'),
    new Error('refused by 127.0.0.1'),
  ]);
  expect(loggedError(error)).toMatchObject({
    message: 'Error: refused by ::1; Error: refused by 127.0.0.1',
  });
});

test('what is no error is shown as it is', () => {
  expect(loggedError('text')).toBe('text');
});
