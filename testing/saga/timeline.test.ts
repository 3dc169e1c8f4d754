/** What a reader of the timeline gets, and what is not an answer to a command. */
import { describe, expect, test } from '@jest/globals';
import { advance, Contradiction, fold, start } from '../../src/saga/advance.js';
import { attemptIdOf, readAttemptId } from '../../src/saga/attempt-id.js';
import { retryCountOf, type StepRun, undoRetryCountOf } from '../../src/saga/flow.js';
import type { QuarantinedInput, ReplyInput, StartInput } from '../../src/saga/input.js';
import { parallel, type Recipe, sequential } from '../kit/builders.js';

const NOW = 1_767_225_600_000;
const two = sequential('two', 'a', 'b');

function startOf({ orchestration }: Recipe): StartInput {
  return {
    type: 'START',
    flowId: 'f1',
    orchestration,
    payload: '1',
    headers: { correlationId: 'c1' },
    initiator: 'crm',
    idempotencyKey: 'k1',
  };
}

function reply(stepName: string, more: Partial<ReplyInput> = {}): ReplyInput {
  const fields = {
    action: 'DO',
    outcome: 'success',
    payload: null,
    errorMessage: null,
    errorCode: null,
    retryable: true,
  } as const;
  return { type: 'REPLY', flowId: 'f1', stepName, attemptId: null, ...fields, ...more };
}

describe('the timeline', () => {
  test('starts with what the initiator gave, and numbers events from 1 without gaps', () => {
    const { flow, events } = start(startOf(two), NOW);
    expect(flow).toMatchObject({
      flowId: 'f1',
      input: '1',
      headers: { correlationId: 'c1' },
      initiator: 'crm',
      idempotencyKey: 'k1',
      startedAt: NOW,
    });
    expect(events.map(({ number, type, at }) => ({ number, type, at }))).toEqual([
      { number: 1, type: 'FLOW_STARTED', at: NOW },
      { number: 2, type: 'DO_SENT', at: NOW },
    ]);
    expect(flow.lastEventNumber).toBe(2);
  });

  test('has with each event the state after it', () => {
    const { events } = advance(start(startOf(two), NOW).flow, reply('a'));
    const left = events.map(({ type, flowStatus, stepStatusBefore, stepStatus }) => [
      type,
      flowStatus,
      stepStatusBefore,
      stepStatus,
    ]);
    expect(left).toEqual([
      ['DO_SUCCEEDED', 'IN_PROGRESS', 'IN_PROGRESS', 'DO_SUCCESS'],
      ['DO_SENT', 'IN_PROGRESS', 'PENDING', 'IN_PROGRESS'],
    ]);
  });

  test('shows an event that names no step with none', () => {
    const { events } = advance(start(startOf(two), NOW).flow, {
      type: 'PAUSE',
      flowId: 'f1',
      actor: 'ada',
      reason: 'lunch',
    });
    expect(events).toMatchObject([
      {
        type: 'FLOW_PAUSED',
        actor: 'ada',
        reason: 'lunch',
        stepStatus: null,
        stepStatusBefore: null,
      },
    ]);
  });

  test('shows a refused reply with its code, and its action', () => {
    const { events, refusal } = advance(
      start(startOf(two), NOW).flow,
      reply('nobody', { action: 'UNDO' }),
    );
    expect(refusal).toMatchObject({ code: 'UNKNOWN_STEP', message: 'two has no step nobody' });
    expect(events).toMatchObject([
      {
        type: 'REPLY_REFUSED',
        code: 'UNKNOWN_STEP',
        stepName: 'nobody',
        action: 'UNDO',
        stepStatus: null,
      },
    ]);
  });

  test('shows a quarantined reply, also of a flow that has ended, and nothing else changes', () => {
    const quarantined: QuarantinedInput = {
      type: 'QUARANTINED',
      flowId: 'f1',
      stepName: 'a',
      code: 'PAYLOAD_TOO_LARGE',
      message: '3 MB',
    };
    const begun = start(startOf(sequential('one', 'a')), NOW).flow;
    const ended = advance(begun, reply('a')).flow;
    expect(ended.status).toBe('COMPLETED');
    for (const flow of [begun, ended]) {
      const { flow: after, events } = advance(flow, quarantined);
      expect(events).toMatchObject([
        { type: 'REPLY_QUARANTINED', code: 'PAYLOAD_TOO_LARGE', stepName: 'a', message: '3 MB' },
      ]);
      expect(after).toEqual({ ...flow, lastEventNumber: flow.lastEventNumber + 1 });
    }
    expect(advance(begun, { ...quarantined, stepName: null }).events).toMatchObject([
      { stepName: null, stepStatus: null },
    ]);
  });

  test('keeps when a step began and when it ended', () => {
    const begun = start(startOf(sequential('one', 'a').retries(1)), NOW).flow;
    const failed = advance({ ...begun, now: NOW + 10 }, reply('a', { outcome: 'failure' })).flow;
    expect(failed.steps[0]).toMatchObject({
      status: 'IN_PROGRESS',
      attempt: 2,
      startedAt: NOW,
      endedAt: null,
    });
    const done = advance({ ...failed, now: NOW + 20 }, reply('a')).flow;
    expect(done.steps[0]).toMatchObject({ startedAt: NOW, endedAt: NOW + 20 });
    expect(done).toMatchObject({
      status: 'COMPLETED',
      startedAt: NOW,
      endedAt: NOW + 20,
      held: false,
      paused: false,
    });
  });

  test('keeps the fields of a progress that the next one leaves out', () => {
    const fields = { type: 'PROGRESS', flowId: 'f1', stepName: 'a', attemptId: null } as const;
    const first = advance(start(startOf(two), NOW).flow, {
      ...fields,
      progress: 0.25,
      message: null,
    }).flow;
    const second = advance(first, { ...fields, progress: null, message: 'copying' }).flow;
    expect(first.steps[0]).toMatchObject({
      progress: 0.25,
      progressMessage: null,
      progressAt: NOW,
    });
    expect(second.steps[0]).toMatchObject({
      progress: 0.25,
      progressMessage: 'copying',
      progressAt: NOW,
    });
  });

  test('of no events folds to a flow that has not begun', () => {
    expect(fold(startOf(two), [])).toMatchObject({
      status: 'IN_PROGRESS',
      lastEventNumber: 0,
      steps: [{ status: 'PENDING' }, { status: 'PENDING' }],
    });
  });

  test('a refused operator is not on it', () => {
    const { events, refusal } = advance(start(startOf(two), NOW).flow, {
      type: 'RESUME',
      flowId: 'f1',
      actor: 'ada',
      reason: 'x',
    });
    expect({ events, code: refusal?.code }).toEqual({ events: [], code: 'NOT_ALLOWED' });
  });
});

describe('attemptIds', () => {
  test('identify their attempt, whatever is in the names', () => {
    expect(
      readAttemptId(
        attemptIdOf('f:1', { stepName: 'a:DO', action: 'UNDO', round: 2, attempt: 13 }),
        'f:1',
        'a:DO',
      ),
    ).toEqual({
      action: 'UNDO',
      round: 2,
      attempt: 13,
    });
    expect(
      readAttemptId(
        attemptIdOf('f1', { stepName: 'a', action: 'DO', round: 0, attempt: 1 }),
        'f1',
        'a',
      ),
    ).toEqual({
      action: 'DO',
      round: 0,
      attempt: 1,
    });
  });

  test.each([
    '',
    'f1:a',
    'f1:a:DO:0',
    'f1:a:DO:0:1:2',
    'f1:a:do:0:1',
    'f1:a:DO:0:1e3',
    'f1:a:DO:0:12345678901',
    'f1:b:DO:0:1',
    'f2:a:DO:0:1',
  ])('%j is none of this step', (attemptId) => {
    expect(readAttemptId(attemptId, 'f1', 'a')).toBeNull();
  });
});

test('retries are counted from the second attempt', () => {
  const step = start(startOf(two), NOW).flow.steps[1] as StepRun;
  expect([0, 1, 2, 5].map((attempt) => retryCountOf({ ...step, attempt }))).toEqual([0, 0, 1, 4]);
  expect([0, 1, 2, 5].map((undoAttempt) => undoRetryCountOf({ ...step, undoAttempt }))).toEqual([
    0, 0, 1, 4,
  ]);
});

test('a flow that cannot come to rest is a contradiction: it is given up, not looped over', () => {
  const twins = parallel('twins', 'a', 'a');
  expect(() => start(startOf(twins), NOW)).toThrow(Contradiction);
});
