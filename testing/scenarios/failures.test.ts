/** Failures that are not retried, and commands that can never be published. */
import { describe } from '@jest/globals';
import { failed, failedFinal, failStep, ok, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const abc = sequential('abc', 'a', 'b', 'c');

describe('a failure that is final is not retried', () => {
  scenario('retryable: false on DO', (s) =>
    s
      .given(abc.retries(3))
      .start()
      .sends('DO a')
      .answers(failedFinal('never'))
      .step('a')
      .is('RETRY_EXHAUSTED')
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('retryable: false on UNDO', (s) =>
    s
      .given(abc.retries(3))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failedFinal('never'))
      .sends('UNDO a')
      .answers(failedFinal('never'))
      .step('a')
      .has({ status: 'UNDO_FAIL', undoExhausted: true })
      .ends('FAILED', { failureReason: 'b failed: never · UNDO of a failed: never' })
      .andNothingElse(),
  );

  scenario(
    "an errorCode among the step's nonRetryableErrors, by DO, UNDO or FAIL_STEP; others are retried",
    (s) =>
      s
        .given(abc.retries(1).nonRetryable('QUOTA'))
        .start()
        .sends('DO a')
        .answers(failed('busy', 'BUSY'))
        .sends('DO a', { attempt: 2 })
        .answers(ok)
        .sends('DO b')
        .answers(failStep('full', 'QUOTA'))
        .step('b')
        .has({ status: 'RETRY_EXHAUSTED', attempt: 1, errorCode: 'QUOTA' })
        .sends('UNDO a')
        .answers(failed('full', 'QUOTA'))
        .step('a')
        .has({ status: 'UNDO_FAIL', undoAttempt: 1 })
        .ends('FAILED')
        .andNothingElse(),
  );

  scenario('a failure without a message is named by its code, or as having no reason', (s) =>
    s
      .given(sequential('two', 'a', 'b'))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers({ ...failed('', 'E42'), errorMessage: null })
      .sends('UNDO a')
      .answers({ ...failed(''), errorMessage: null })
      .ends('FAILED', { failureReason: 'b failed: E42 · UNDO of a failed: no reason given' }),
  );

  scenario(
    'a failed DO without message or code gets a text, and the UNDO is named by its code',
    (s) =>
      s
        .given(sequential('two', 'a', 'b'))
        .start()
        .sends('DO a')
        .answers(ok)
        .sends('DO b')
        .answers({ ...failed(''), errorMessage: null })
        .sends('UNDO a')
        .answers({ ...failed('', 'E43'), errorMessage: null })
        .ends('FAILED', { failureReason: 'b failed: no reason given · UNDO of a failed: E43' }),
  );
});

describe('commands that can never be published', () => {
  scenario('are a failed attempt of that command, retried like any other', (s) =>
    s
      .given(sequential('one', 'a').retries(1))
      .start()
      .sends('DO a')
      .cannotBePublished()
      .sends('DO a', { attempt: 2 })
      .answers(ok)
      .ends('COMPLETED'),
  );

  scenario('leave nothing to undo: the worker never saw them', (s) =>
    s
      .given(sequential('two', 'a', 'b'))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .cannotBePublished('TOPIC_GONE')
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE', { failureReason: 'b failed: it will never fit' })
      .step('b')
      .has({ status: 'RETRY_EXHAUSTED', errorCode: 'TOPIC_GONE', unknown: false })
      .andNothingElse(),
  );

  scenario('leave nothing to undo for `undo: always` either, however many there were', (s) =>
    s
      .given(sequential('three', 'a').retries(1).undo('always'))
      .start()
      .sends('DO a')
      .cannotBePublished()
      .sends('DO a', { attempt: 2 })
      .cannotBePublished()
      .ends('UNDONE', { failureReason: 'a failed: it will never fit' })
      .andNothingElse(),
  );

  scenario('do not take back that an attempt before them was sent', (s) =>
    s
      .given(sequential('four', 'a').retries(1).undo('always'))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .sends('DO a', { attempt: 2 })
      .cannotBePublished()
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('are forgotten when an attempt after them is sent', (s) =>
    s
      .given(sequential('five', 'a').retries(1).undo('always'))
      .start()
      .sends('DO a')
      .cannotBePublished()
      .sends('DO a', { attempt: 2 })
      .answers(failed('x'))
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('an UNDO that cannot be published ends in FAILED, and the flow beside it goes on', (s) =>
    s
      .given(parallel('three', 'a', 'b', 'c'))
      .start()
      .sends('DO a')
      .sends('DO b')
      .sends('DO c')
      .answerTo('DO a', ok)
      .answerTo('DO b', ok)
      .answerTo('DO c', failed('x'))
      .sends('UNDO b')
      .sends('UNDO a')
      .cannotBePublished()
      .is('UNDOING')
      .answerTo('UNDO b', ok)
      .ends('FAILED')
      .step('a')
      .is('UNDO_FAIL')
      .andNothingElse(),
  );

  scenario('of a cancelled flow change nothing', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .cancel({ undo: false })
      .cannotBePublished()
      .ends('CANCELLED')
      .step('a')
      .is('IN_PROGRESS'),
  );

  scenario('of an attempt that is not open any more change nothing', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .answers(ok)
      .cannotBePublished()
      .ends('COMPLETED'),
  );
});
