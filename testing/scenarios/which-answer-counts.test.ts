/** Rules 8 and 9: older attempts, repeated answers, answers to nothing. */
import { describe } from '@jest/globals';
import {
  echoless,
  failed,
  failedFinal,
  ok,
  okWith,
  parallel,
  sequential,
  unreadable,
} from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const ab = sequential('ab', 'a', 'b').retries(1).timeout('10s');

describe('which answer counts (rules.md#which-answer-counts)', () => {
  scenario('a success of an older attempt counts, and the newer one is not waited for', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .after('10s')
      .sends('DO a', { attempt: 2 })
      .answerTo('DO a', okWith(1), { attempt: 1 })
      .timeline('DO_RETRY_SCHEDULED', 1, { attempt: 2 })
      .timeline('DO_SUCCEEDED', 1, { attempt: 1, late: false, assumed: false })
      .sends('DO b', { payload: 1 })
      .answerTo('DO a', okWith(2), { attempt: 2 })
      .refused('ALREADY_DONE')
      .andNothingElse(),
  );

  scenario('a success in backoff counts, and cancels the retry', (s) =>
    s
      .given(ab.backoff('1m'))
      .start()
      .sends('DO a')
      .after('10s')
      .step('a')
      .is('DO_FAIL')
      .answers(ok)
      .sends('DO b')
      .after('9s')
      .step('a')
      .has({ status: 'DO_SUCCESS', nextAttemptAt: null, attempt: 1 })
      .andNothingElse(),
  );

  scenario('a failure of an older attempt never counts', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .after('10s')
      .sends('DO a')
      .answerTo('DO a', failedFinal('old'), { attempt: 1 })
      .refused('STALE_ATTEMPT')
      .step('a')
      .is('IN_PROGRESS')
      .answerTo('DO a', ok)
      .sends('DO b'),
  );

  scenario('a failure in backoff is refused, with and without attemptId', (s) =>
    s
      .given(ab.backoff('1m'))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .answers(failed('x'))
      .refused('STALE_ATTEMPT')
      .answers(echoless(failed('x')))
      .refused('WRONG_STATE')
      .step('a')
      .has({ status: 'DO_FAIL', attempt: 1 }),
  );

  scenario(
    'a repeated failure without attemptId passes for the next attempt, as rules.md#worker-contract describes',
    (s) =>
      s
        .given(ab)
        .start()
        .sends('DO a')
        .answers(echoless(failed('x')))
        .sends('DO a')
        .answers(echoless(failed('x')))
        .ends('UNDONE'),
  );

  scenario('an unreadable reply of an older attempt only marks the outcome unknown', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .sends('DO a', { attempt: 2 })
      .answerTo('DO a', unreadable, { attempt: 1 })
      .step('a')
      .has({ status: 'IN_PROGRESS', unknown: true })
      .answerTo('DO a', failed('y'))
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('an unreadable reply during backoff only marks the outcome unknown', (s) =>
    s
      .given(ab.backoff('1s'))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .answers(unreadable)
      .step('a')
      .has({ status: 'DO_FAIL', unknown: true })
      .after('1s')
      .sends('DO a', { attempt: 2 })
      .answers(ok)
      .sends('DO b')
      .step('a')
      .has({ unknown: false }),
  );

  scenario('an unreadable reply of a step that is done is refused', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answerTo('DO a', unreadable)
      .refused('WRONG_STATE'),
  );

  scenario(
    'an unreadable reply while turning around, of an older attempt of the open DO, marks it unknown',
    (s) =>
      s
        .given(ab)
        .start()
        .sends('DO a')
        .answers(failed('x'))
        .sends('DO a')
        .undoFlow()
        .answerTo('DO a', unreadable, { attempt: 1 })
        .step('a')
        .has({ status: 'IN_PROGRESS', unknown: true })
        .answerTo('DO a', failed('y'))
        .sends('UNDO a'),
  );

  scenario('an UNDO success counts for its own round, whichever attempt', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failedFinal('x'))
      .sends('UNDO a')
      .after('10s')
      .sends('UNDO a', { attempt: 2 })
      .answerTo('UNDO a', ok, { attempt: 1 })
      .timeline('UNDO_RETRY_SCHEDULED', 1, { attempt: 2, round: 1 })
      .timeline('UNDO_SUCCEEDED', 1, { attempt: 1, round: 1, late: false })
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('an UNDO success in backoff counts, with and without attemptId', (s) =>
    s
      .given(parallel('pq', 'p', 'q').undoRetries(1).undoBackoff('1m'))
      .start()
      .sends('DO p')
      .sends('DO q')
      .answerTo('DO p', ok)
      .answerTo('DO q', ok)
      .undoFlow()
      .sends('UNDO q')
      .answers(failed('x'))
      .answers(echoless(ok))
      .sends('UNDO p')
      .answers(failed('x'))
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('a failure of an older UNDO attempt never counts', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .after('10s')
      .sends('DO a')
      .answers(failedFinal('x'))
      .sends('UNDO a')
      .after('10s')
      .sends('UNDO a', { attempt: 2 })
      .answerTo('UNDO a', failedFinal('old'), { attempt: 1 })
      .refused('STALE_ATTEMPT')
      .answerTo('UNDO a', ok)
      .ends('UNDONE'),
  );

  scenario('a repeated UNDO success changes nothing', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failedFinal('x'))
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .answers(ok)
      .refused('ALREADY_DONE')
      .is('UNDONE'),
  );
});

describe('stale and wrong-state replies are on the timeline with their code, and nothing else (rules.md#quarantine-and-stale-replies)', () => {
  scenario('a success repeated is ALREADY_DONE', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .answers(ok)
      .answers(ok)
      .refused('ALREADY_DONE')
      .timeline('REPLY_REFUSED', 1, { code: 'ALREADY_DONE', stepName: 'a' })
      .sends('DO b')
      .andNothingElse(),
  );

  scenario('COMPLETED is deaf to every answer', (s) =>
    s
      .given(sequential('one', 'a').retries(1).timeout('10s'))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('DO a')
      .answers(ok)
      .ends('COMPLETED')
      .answerTo('DO a', ok, { attempt: 1 })
      .refused('FLOW_ENDED')
      .answerTo('DO a', failed('x'), { attempt: 1 })
      .refused('FLOW_ENDED')
      .answerTo('DO a', unreadable, { attempt: 1 })
      .refused('FLOW_ENDED')
      .after('1h')
      .ends('COMPLETED')
      .andNothingElse(),
  );
});
