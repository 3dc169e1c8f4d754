/**
 * Commands that wait in the outbox: what is no longer wanted is withdrawn, what is late is not
 * looked at for ever (rules.md#turning-around, #unpublished-commands).
 */

import { describe } from '@jest/globals';
import { failed, ok, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const ab = sequential('ab', 'a', 'b').timeout('10s');

describe('a command that no publisher had', () => {
  scenario('does not leave after cancelFlow without undo', (s) =>
    s
      .given(ab)
      .publisher('away')
      .start()
      .cancel({ undo: false })
      .step('a')
      .has({ status: 'PENDING', open: null })
      .timeline('DO_WITHDRAWN', 1, { stepName: 'a' })
      .ends('CANCELLED')
      .publisher('sends')
      .andNothingElse(),
  );

  scenario('does not leave after cancelFlow without undo: an UNDO', (s) =>
    s
      .given(ab.undoRetries(1))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .publisher('away')
      .answers(failed('no'))
      .is('UNDOING')
      .cancel({ undo: false })
      .step('a')
      .has({ status: 'DO_SUCCESS', open: null })
      .ends('CANCELLED')
      .publisher('sends')
      .andNothingElse(),
  );

  scenario('of a step of unknown outcome, or a second UNDO, leaves the step as it was', (s) =>
    s
      .given(parallel('pq', 'p', 'q').timeout('10s').undoRetries(1).step('q', { undo: 'always' }))
      .start()
      .sends('DO p')
      .sends('DO q')
      .answerTo('DO p', ok)
      .answerTo('DO q', failed('no'))
      .sends('UNDO q')
      .sends('UNDO p')
      .publisher('away')
      .answerTo('UNDO p', failed('sticks'))
      .step('p')
      .has({ status: 'UNDOING', undoAttempt: 2 })
      .cancel({ undo: false })
      .timeline('UNDO_WITHDRAWN', 1, { stepName: 'p', attempt: 2 })
      .step('p')
      .has({ status: 'UNDO_FAIL', open: null })
      .step('q')
      .is('UNDOING')
      .publisher('sends')
      .andNothingElse(),
  );

  for (const [title, undo, answer] of [
    ['that timed out', 'required', null],
    ['that failed and is undone always', 'always', failed('no')],
  ] as const)
    scenario(`leaves a step ${title} as it was`, (s) => {
      const begun = s
        .given(sequential('one', 'a').timeout('10s').undo(undo))
        .start()
        .sends('DO a')
        .publisher('away');
      return (answer === null ? begun.after('10s') : begun.answers(answer))
        .is('UNDOING')
        .cancel({ undo: false })
        .step('a')
        .is('DO_FAIL')
        .publisher('sends')
        .andNothingElse();
    });

  scenario('is withdrawn when the success of an older attempt makes it needless', (s) =>
    s
      .given(ab.retries(1))
      .start()
      .sends('DO a')
      .publisher('away')
      .after('10s')
      .step('a')
      .has({ status: 'IN_PROGRESS', attempt: 2 })
      .answerTo('DO a', ok, { attempt: 1 })
      .timeline('DO_WITHDRAWN', 1, { stepName: 'a', attempt: 2 })
      .publisher('sends')
      .sends('DO b')
      .andNothingElse(),
  );

  scenario('is withdrawn when a worker that echoes nothing answers the attempt before it', (s) =>
    s
      .given(ab.retries(1))
      .start()
      .sends('DO a')
      .publisher('away')
      .after('10s')
      .unaskedAnswer('a', ok)
      .timeline('DO_SUCCEEDED', 1, { stepName: 'a', attempt: 1 })
      .publisher('sends')
      .sends('DO b')
      .andNothingElse(),
  );

  scenario('is withdrawn when the success of an older UNDO attempt makes it needless', (s) =>
    s
      .given(ab.undoRetries(1))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failed('no'))
      .sends('UNDO a')
      .publisher('away')
      .after('10s')
      .answerTo('UNDO a', ok)
      .timeline('UNDO_WITHDRAWN', 1, { stepName: 'a', attempt: 2 })
      .ends('UNDONE')
      .publisher('sends')
      .andNothingElse(),
  );

  scenario('stays when its own answer proves that it was sent', (s) =>
    s
      .given(sequential('one', 'a'))
      .publisher('away')
      .start()
      .unaskedAnswer('a', ok, 'a:DO:0:1')
      .timeline('DO_WITHDRAWN', 0)
      .ends('COMPLETED'),
  );
});

describe('a command that waits in the outbox past its deadline', () => {
  for (const state of ['away', 'stuck'] as const)
    scenario(
      `is looked at when its lease can have run out, not at once and for ever: ${state}`,
      (s) =>
        s
          .given(ab)
          .publisher(state)
          .start()
          .looksIn('10s')
          .after('10s')
          .looksIn('10s')
          .after('1h')
          .looksIn('10s')
          .is('IN_PROGRESS')
          .publisher('sends')
          .sends('DO a'),
    );
});
