/** Rule 10: how many rounds of UNDO there are, and what renews them. */
import { describe } from '@jest/globals';
import { echoless, failed, failedFinal, ok, parallel, sequential } from '../kit/builders.js';
import { type Scenario, scenario } from '../kit/scenario.js';

describe('the rounds are counted', () => {
  const rounds = (s: Scenario, most: number) => {
    s.sends('UNDO a', { round: 1 }).answers(ok);
    for (let round = 2; round <= most; round++)
      s.answerTo('DO a', ok).sends('UNDO a', { round }).answers(ok);
    return s.ends('UNDONE');
  };
  const timedOut = (s: Scenario, undoRetries: number) =>
    s.given(sequential('one', 'a').undoRetries(undoRetries)).start().sends('DO a').after('5m');

  scenario('three with few retries: the next success makes it UNDO_FAIL, owing a round', (s) =>
    rounds(timedOut(s, 0), 3)
      .answerTo('DO a', ok)
      .ends('FAILED')
      .step('a')
      .has({ status: 'UNDO_FAIL', roundOwed: true, undoExhausted: true, round: 3 })
      .timeline('UNDO_RETRIES_EXHAUSTED', 1, { reason: 'ROUNDS' })
      .andNothingElse(),
  );

  scenario('one more than undoMaxRetries with many', (s) =>
    rounds(timedOut(s, 4), 5).answerTo('DO a', ok).ends('FAILED').andNothingElse(),
  );

  scenario('a success of a worker that echoes nothing begins one as well', (s) =>
    timedOut(s, 0)
      .sends('UNDO a', { round: 1 })
      .answers(ok)
      .ends('UNDONE')
      .answerTo('DO a', echoless(ok))
      .sends('UNDO a', { round: 2 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('no UNDO success clears a step that is out of rounds', (s) =>
    rounds(timedOut(s, 0), 3)
      .answerTo('DO a', ok)
      .answerTo('UNDO a', ok)
      .refused('WRONG_STATE')
      .is('FAILED'),
  );

  scenario('retryStep clears it, and the rounds count on', (s) =>
    rounds(timedOut(s, 0), 3)
      .answerTo('DO a', ok)
      .retryStep('a')
      .sends('UNDO a', { round: 4 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('skipStep clears it', (s) =>
    rounds(timedOut(s, 0), 3).answerTo('DO a', ok).skipStep('a').ends('UNDONE').andNothingElse(),
  );

  scenario('undoFlow clears it', (s) =>
    rounds(timedOut(s, 0), 3)
      .answerTo('DO a', ok)
      .undoFlow()
      .sends('UNDO a', { round: 4 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario(
    'an operator who retries another step renews the rounds of all: the retry is not stopped by one that is out of them',
    (s) =>
      s
        .given(parallel('pq', 'p', 'q'))
        .start()
        .sends('DO p')
        .sends('DO q')
        .answerTo('DO q', ok)
        .undoFlow()
        .sends('UNDO q', { round: 1 })
        .answers(ok)
        .answerTo('DO q', ok)
        .sends('UNDO q', { round: 2 })
        .answers(ok)
        .answerTo('DO q', ok)
        .sends('UNDO q', { round: 3 })
        .answers(ok)
        .answerTo('DO p', ok)
        .sends('UNDO p')
        .answers(failed('sticks'))
        .ends('FAILED')
        .answerTo('DO q', ok)
        .ends('FAILED')
        .retryStep('p')
        .sends('UNDO p', { round: 2 })
        .sends('UNDO q', { round: 4 })
        .answers(ok)
        .answerTo('UNDO p', ok)
        .ends('UNDONE')
        .andNothingElse(),
  );

  scenario('an UNDO success of an older round is stale, and the current one still waits', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .after('5m')
      .sends('UNDO a')
      .answers(ok)
      .answerTo('DO a', ok)
      .sends('UNDO a', { round: 2 })
      .answerTo('UNDO a', ok, { round: 1 })
      .refused('STALE_ROUND')
      .step('a')
      .is('UNDOING'),
  );

  scenario(
    'a step of many retries that failed for good is undone once it turns out to have succeeded',
    (s) =>
      s
        .given(sequential('one', 'a').retries(3))
        .start()
        .sends('DO a')
        .answers(failedFinal('x'))
        .ends('UNDONE')
        .answers(ok)
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE'),
  );
});
