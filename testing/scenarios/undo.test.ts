/** Rules 3, 4 and 5: in which order, and which steps are undone. */
import { describe } from '@jest/globals';
import { echoless, failed, ok, okWith, parallel, sequential, unreadable } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const abc = sequential('abc', 'a', 'b', 'c').timeout('10s');
const pqr = parallel('pqr', 'p', 'q', 'r').timeout('10s');

describe('the order of UNDO (rules.md#undo-order)', () => {
  scenario(
    'sequential: the next UNDO waits until the one before has succeeded, retries included',
    (s) =>
      s
        .given(abc.undoRetries(1).undoBackoff('1s'))
        .start()
        .sends('DO a')
        .answers(ok)
        .sends('DO b')
        .answers(ok)
        .sends('DO c')
        .answers(failed('x'))
        .sends('UNDO b')
        .answers(failed('x'))
        .sendsNothing()
        .after('1s')
        .sends('UNDO b', { attempt: 2 })
        .sendsNothing()
        .answers(ok)
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE')
        .andNothingElse(),
  );

  scenario('parallel: all at once, and one in backoff keeps none waiting', (s) =>
    s
      .given(pqr.undoRetries(1).undoBackoff('1s'))
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO p', ok)
      .answerTo('DO q', ok)
      .answerTo('DO r', failed('x'))
      .sends('UNDO q')
      .sends('UNDO p')
      .answerTo('UNDO q', failed('x'))
      .answerTo('UNDO p', ok)
      .after('1s')
      .sends('UNDO q', { attempt: 2 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );
});

describe('what may have happened is undone (rules.md#what-is-undone)', () => {
  scenario('every DO answered with a failure: nothing to undo', (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .sends('DO a')
      .answers(failed('y'))
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('one attempt that timed out is enough, although the last one failed plainly', (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('DO a')
      .answers(failed('no'))
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario(
    'an unreadable answer is a final failure of unknown outcome, and the step is undone with its input',
    (s) =>
      s
        .given(abc.retries(3))
        .start()
        .sends('DO a')
        .answers(okWith({ id: 7 }))
        .sends('DO b', { payload: { id: 7 } })
        .answers(unreadable)
        .step('b')
        .has({ attempt: 1, errorCode: 'STATUS_UNREADABLE', unknown: true })
        .sends('UNDO b', { payload: { id: 7 } })
        .answers(ok)
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE')
        .andNothingElse(),
  );

  scenario('an unreadable answer to an UNDO is a final failure of it', (s) =>
    s
      .given(abc.undoRetries(3))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('UNDO a')
      .answers(unreadable)
      .ends('FAILED')
      .step('a')
      .is('UNDO_FAIL')
      .andNothingElse(),
  );

  scenario('a success after an attempt of unknown outcome settles the doubt', (s) =>
    s
      .given(sequential('one', 'a').retries(1).timeout('10s'))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('DO a')
      .answers(ok)
      .ends('COMPLETED')
      .step('a')
      .has({ unknown: false }),
  );

  scenario('a failure without attemptId answers the open attempt', (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .answers(echoless(failed('x')))
      .sends('DO a', { attempt: 2 })
      .answers(echoless(failed('x')))
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('undo: always undoes a step although it only failed', (s) =>
    s
      .given(abc.undo('always'))
      .start()
      .sends('DO a')
      .answers(failed('half done'))
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('undo: always does not undo a step whose DO was never sent', (s) =>
    s
      .given(abc.undo('always'))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .step('b')
      .is('PENDING')
      .andNothingElse(),
  );

  scenario('undo: none is never undone, and keeps DO_SUCCESS in an UNDONE flow', (s) =>
    s
      .given(abc.step('b', { undo: 'none' }))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(ok)
      .sends('DO c')
      .answers(failed('x'))
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .step('b')
      .is('DO_SUCCESS')
      .andNothingElse(),
  );

  scenario('undo: none is not undone even when its outcome is unknown', (s) =>
    s
      .given(sequential('one', 'a').undo('none').timeout('10s'))
      .start()
      .sends('DO a')
      .after('10s')
      .ends('UNDONE')
      .andNothingElse(),
  );
});

describe('the first exhausted step turns a parallel flow around (rules.md#parallel-failure)', () => {
  scenario('those done are undone at once, those in flight when they have answered', (s) =>
    s
      .given(pqr)
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO p', ok)
      .answerTo('DO q', failed('x'))
      .sends('UNDO p')
      .sendsNothing()
      .answerTo('DO r', ok)
      .sends('UNDO r')
      .answerTo('UNDO r', ok)
      .is('UNDOING')
      .answerTo('UNDO p', ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('a failure while turning around stays DO_FAIL, without a next attempt', (s) =>
    s
      .given(pqr.retries(1).step('q', { maxRetries: 0 }))
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO q', failed('x'))
      .answerTo('DO r', failed('y'))
      .step('r')
      .has({ status: 'DO_FAIL', nextAttemptAt: null })
      .answerTo('DO p', failed('z'))
      .ends('UNDONE', { failureReason: 'q failed: x' })
      .andNothingElse(),
  );
});
