/** Rule 6: what happens when an UNDO cannot be done, and what an operator can do then. */

import { describe } from '@jest/globals';
import { failed, ok } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';
import { abc, halfStuck, pqr, stuck } from './stuck.js';

describe('onUndoExhausted: stop', () => {
  scenario('sequential: earlier steps keep DO_SUCCESS, and a person is needed', (s) =>
    stuck(s)
      .ends('FAILED', { failureReason: 'c failed: c broke · UNDO of b failed: b sticks' })
      .step('b')
      .has({ status: 'UNDO_FAIL', nextAttemptAt: null, undoExhausted: true })
      .step('a')
      .is('DO_SUCCESS')
      .andNothingElse(),
  );

  scenario('parallel: the other UNDOs finish, then FAILED', (s) =>
    halfStuck(s)
      .is('UNDOING')
      .answerTo('UNDO p', ok)
      .ends('FAILED')
      .step('p')
      .is('UNDO_SUCCESS')
      .andNothingElse(),
  );

  scenario('parallel: another UNDO keeps its retries', (s) =>
    halfStuck(s, pqr.step('p', { undoMaxRetries: 1 }))
      .answerTo('UNDO p', failed('x'))
      .sends('UNDO p', { attempt: 2 })
      .answers(ok)
      .ends('FAILED')
      .andNothingElse(),
  );

  scenario('parallel: a success that arrives after it starts no UNDO', (s) =>
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
      .is('UNDOING')
      .answerTo('DO q', ok)
      .ends('FAILED')
      .step('q')
      .is('DO_SUCCESS')
      .andNothingElse(),
  );
});

describe('onUndoExhausted: continue', () => {
  scenario('sequential: the rest is undone, then FAILED', (s) =>
    stuck(s, abc.continues())
      .sends('UNDO a')
      .answers(ok)
      .ends('FAILED')
      .step('a')
      .is('UNDO_SUCCESS')
      .andNothingElse(),
  );

  scenario('parallel: a success that arrives after it is undone, then FAILED', (s) =>
    s
      .given(pqr.continues())
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO p', ok)
      .answerTo('DO r', failed('x'))
      .sends('UNDO p')
      .answers(failed('sticks'))
      .answerTo('DO q', ok)
      .sends('UNDO q')
      .answers(ok)
      .ends('FAILED')
      .andNothingElse(),
  );

  scenario('two UNDOs given up are both named', (s) =>
    stuck(s, abc.continues())
      .sends('UNDO a')
      .answers(failed('a sticks'))
      .ends('FAILED', {
        failureReason:
          'c failed: c broke · UNDO of a failed: a sticks · UNDO of b failed: b sticks',
      })
      .andNothingElse(),
  );
});

describe('while the flow still undoes', () => {
  scenario('a late UNDO success lifts the stop', (s) =>
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
      .flow({ halted: true })
      .answerTo('UNDO p', ok)
      .flow({ status: 'UNDOING', halted: false })
      .answerTo('DO q', ok)
      .sends('UNDO q')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('an operator retries or skips an UNDO that was given up', (s) =>
    halfStuck(s)
      .retryStep('q')
      .sends('UNDO q', { round: 2 })
      .answers(failed('sticks'))
      .skipStep('q')
      .flow({ status: 'UNDOING', halted: false })
      .answerTo('UNDO p', ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('sequential: a retried UNDO waits its turn', (s) =>
    stuck(s, abc.continues())
      .sends('UNDO a')
      .retryStep('b')
      .sendsNothing()
      .answerTo('UNDO a', ok)
      .sends('UNDO b', { round: 2 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );
});
