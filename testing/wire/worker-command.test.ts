/** Commands as workers read them, and the replies that are made for them. */
import { describe, expect, test } from '@jest/globals';
import { readReply } from '../../src/wire/replies.js';
import {
  headersOf,
  readCommand,
  replyTo,
  type WorkerAnswer,
} from '../../src/wire/worker-command.js';

const HEADERS = {
  ...{ flowId: 'f1', stepName: 'greet', action: 'UNDO', orchestrationName: 'greeting' },
  ...{ seq: 1, status: true, attempt: 2, attemptId: 'f1:greet:UNDO:3:2', round: 3 },
  ...{ idempotencyKey: 'f1:greet:UNDO', deadline: '2026-11-26T12:00:00.000Z', message: 'mine' },
};
const recordOf = (value: string | null) => ({
  key: null,
  value: value === null ? null : Buffer.from(value),
  headers: {},
});
const read = (headers: object, payload = 'null') =>
  readCommand(recordOf(`{"headers":${JSON.stringify(headers)},"payload":${payload}}`));
const DONE: WorkerAnswer = {
  ...{ status: true, progress: null, message: null, errorMessage: null, errorCode: null },
  ...{ retryable: null, headers: null, payload: null },
};

test('a command is read with every digit of its payload', () => {
  expect(read(HEADERS, '{"n":1.0}')).toMatchObject({
    ...{ flowId: 'f1', orchestrationName: 'greeting', stepName: 'greet', action: 'UNDO' },
    ...{ attempt: 2, round: 3, attemptId: 'f1:greet:UNDO:3:2', payload: '{"n":1.0}' },
    deadline: Date.parse('2026-11-26T12:00:00.000Z'),
  });
});

test.each([
  ['no text', null],
  ['no JSON', 'what'],
  ['no headers', '{}'],
])('%s is no command', (_, text) => {
  expect(readCommand(recordOf(text))).toBeNull();
});

test.each([
  ['no flow', { flowId: '' }],
  ['no orchestration', { orchestrationName: null }],
  ['no step', { stepName: null }],
  ['another action', { action: 'PROGRESS' }],
  ['no number of the attempt', { attempt: 'first' }],
  ['no number of the round', { round: 0.5 }],
  ['the id of another attempt', { attemptId: 'f1:greet:UNDO:3:1' }],
  ['no deadline', { deadline: 'soon' }],
])('with %s it is no command', (_, other) => {
  expect(read({ ...HEADERS, ...other })).toBeNull();
});

describe('a reply', () => {
  const inputOf = (text: string) => readReply(recordOf(text), 1000).input;

  test('of success is read as one for this attempt', () => {
    const answer = { ...DONE, headers: { added: 1 }, payload: '[1.0]' };
    expect(inputOf(replyTo({ ...HEADERS, action: 'DO' }, answer))).toMatchObject({
      ...{ type: 'REPLY', flowId: 'f1', stepName: 'greet', outcome: 'success' },
      ...{ attemptId: 'f1:greet:UNDO:3:2', payload: '[1.0]' },
      headers: { added: 1, message: 'mine' },
    });
  });

  test('of failure is read with its reason', () => {
    const failure = { errorMessage: 'boom', errorCode: 'E1', retryable: false };
    const unknown = inputOf(replyTo(HEADERS, { ...DONE, status: 'unknown', errorMessage: '504' }));
    expect(unknown).toMatchObject({
      outcome: 'unknown',
      errorMessage: 'headers.status is "unknown: 504"; expected true or false',
    });
    expect(inputOf(replyTo(HEADERS, { ...DONE, status: 'unknown' }))).toMatchObject({
      errorMessage: expect.stringContaining('the worker gave no reason'),
    });
    expect(inputOf(replyTo(HEADERS, { ...DONE, status: false, ...failure }))).toMatchObject({
      ...{ outcome: 'failure', action: 'UNDO', ...failure },
    });
  });

  test('of progress is read as progress, without a message of the initiator', () => {
    const progress = { ...DONE, status: null, progress: 0.25 };
    const expected = { type: 'PROGRESS', attemptId: 'f1:greet:UNDO:3:2' };
    expect(inputOf(replyTo(HEADERS, progress))).toMatchObject({
      ...{ ...expected, progress: 0.25, message: null },
    });
    const text = { ...DONE, status: null, message: 'half' };
    expect(inputOf(replyTo(HEADERS, text))).toMatchObject({
      ...{ ...expected, progress: null, message: 'half' },
    });
  });

  test('can be made without the command: by what identifies it', () => {
    const identity = { flowId: 'f1', orchestrationName: 'greeting', stepName: 'greet' };
    const undo = headersOf({ ...identity, action: 'UNDO', round: 3, attempt: 2 });
    expect(inputOf(replyTo(undo, DONE))).toMatchObject({ attemptId: 'f1:greet:UNDO:3:2' });
    expect(headersOf({ ...identity, action: 'DO', round: 0, attempt: 2 })).not.toHaveProperty(
      'round',
    );
  });
});
