/** Rule 6: what an operator, or a late answer, can do for a flow that FAILED. */

import { describe } from '@jest/globals';
import { failed, ok, sequential, unreadable } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';
import { abc, halfStuck, pqr, stuck } from './stuck.js';

describe('in FAILED', () => {
  scenario(
    'retryStep starts a new round with a fresh budget, and the chain goes on from there',
    (s) =>
      stuck(s, abc.undoRetries(0))
        .retryStep('b')
        .is('UNDOING')
        .sends('UNDO b', { round: 2, attempt: 1 })
        .answers(ok)
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE', { failureReason: 'c failed: c broke' })
        .andNothingElse(),
  );

  scenario('retryStep of a done step undoes it, whatever else failed, but higher ones first', (s) =>
    stuck(s)
      .retryStep('a')
      .sends('UNDO a')
      .answers(ok)
      .ends('FAILED')
      .step('b')
      .is('UNDO_FAIL')
      .andNothingElse(),
  );

  scenario('retryStep of a step of unknown outcome undoes it', (s) =>
    s
      .given(pqr)
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO p', ok)
      .answerTo('DO r', failed('x'))
      .sends('UNDO p')
      .answers(failed('sticks'))
      .answerTo('DO q', unreadable)
      .ends('FAILED')
      .step('q')
      .has({ status: 'DO_FAIL', unknown: true })
      .retryStep('q')
      .sends('UNDO q')
      .answers(ok)
      .ends('FAILED')
      .andNothingElse(),
  );

  scenario(
    'a step that an operator retried is undone although another UNDO is given up first',
    (s) =>
      s
        .given(sequential('ab', 'a', 'b').timeout('10s'))
        .start()
        .sends('DO a')
        .answers(ok)
        .sends('DO b')
        .after('10s')
        .sends('UNDO b')
        .answers(failed('b sticks'))
        .ends('FAILED')
        .retryStep('a')
        .sends('UNDO a')
        .retryStep('b')
        .sendsNothing()
        .answerTo('UNDO a', failed('a sticks'))
        .is('UNDOING')
        .sends('UNDO b', { round: 2 })
        .answers(ok)
        .ends('FAILED')
        .step('a')
        .is('UNDO_FAIL')
        .andNothingElse(),
  );

  scenario('undoFlow gives every UNDO its fresh round, whichever of them fails again', (s) =>
    stuck(s)
      .retryStep('a')
      .sends('UNDO a')
      .answers(failed('a sticks'))
      .ends('FAILED')
      .undoFlow()
      .sends('UNDO b', { round: 2 })
      .answers(failed('b sticks again'))
      .sends('UNDO a', { round: 2 })
      .answers(ok)
      .ends('FAILED')
      .andNothingElse(),
  );

  scenario('the event that reopens a flow names the step and who did it', (s) =>
    stuck(s)
      .retryStep('b')
      .timeline('STEP_RETRIED', 1, { stepName: 'b', actor: 'ada' })
      .timeline('FLOW_REOPENED', 1, { stepName: 'b', actor: 'ada', reason: 'because' })
      .sends('UNDO b')
      .answers(failed('again'))
      .skipStep('b')
      .timeline('FLOW_REOPENED', 2, { stepName: 'b', actor: 'ada' })
      .sends('UNDO a'),
  );

  scenario('retryStep of a step that has nothing to undo is refused', (s) =>
    stuck(s).retryStep('c').refused('NOT_ALLOWED'),
  );

  scenario('undoFlow gives every UNDO that was given up a fresh round', (s) =>
    stuck(s, abc.continues())
      .sends('UNDO a')
      .answers(failed('a sticks'))
      .ends('FAILED')
      .undoFlow()
      .sends('UNDO b', { round: 2 })
      .sendsNothing()
      .answers(ok)
      .sends('UNDO a', { round: 2 })
      .answers(ok)
      .ends('UNDONE', { failureReason: 'c failed: c broke' })
      .andNothingElse(),
  );

  scenario('skipStep settles an UNDO by hand, and the chain goes on', (s) =>
    stuck(s)
      .skipStep('b')
      .step('b')
      .has({ status: 'UNDO_SUCCESS', skipped: true })
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('skipStep of the last thing that stood in the way ends UNDONE', (s) =>
    halfStuck(s)
      .answerTo('UNDO p', ok)
      .ends('FAILED')
      .skipStep('q')
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('skipStep of one of two leaves the other one to be decided', (s) =>
    stuck(s, abc.continues())
      .sends('UNDO a')
      .answers(failed('a sticks'))
      .skipStep('b')
      .ends('FAILED')
      .skipStep('a')
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('skipStep of a step whose UNDO was not given up is refused', (s) =>
    stuck(s).skipStep('a').refused('NOT_ALLOWED'),
  );

  scenario('a late UNDO success of the current round counts, and resumes the chain', (s) =>
    stuck(s, abc.undoRetries(1))
      .sends('UNDO b', { attempt: 2 })
      .answers(failed('b sticks'))
      .ends('FAILED')
      .answerTo('UNDO b', ok, { attempt: 1 })
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .timeline('UNDO_SUCCEEDED', 1, { late: true })
      .andNothingElse(),
  );

  scenario('a late UNDO success of an older round never counts', (s) =>
    stuck(s)
      .retryStep('b')
      .sends('UNDO b', { round: 2 })
      .answers(failed('again'))
      .answerTo('UNDO b', ok, { round: 1 })
      .refused('STALE_ROUND')
      .is('FAILED'),
  );

  scenario('a late UNDO failure changes nothing', (s) =>
    stuck(s).answerTo('UNDO b', failed('again')).refused('FLOW_ENDED'),
  );

  scenario('pausing, resuming and cancelling are refused', (s) =>
    stuck(s)
      .pause()
      .refused('FLOW_ENDED')
      .resume()
      .refused('NOT_ALLOWED')
      .cancel({ undo: false })
      .refused('FLOW_ENDED'),
  );
});
