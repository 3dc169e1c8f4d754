/**
 * Rule 10: a success that arrives once the flow has turned around is undone, however late it is.
 */
import { describe } from '@jest/globals';
import {
  failed,
  ok,
  okWith,
  parallel,
  type Recipe,
  sequential,
  unreadable,
} from '../kit/builders.js';
import { type Scenario, scenario } from '../kit/scenario.js';

const ab = sequential('ab', 'a', 'b').timeout('10s');
const abc = sequential('abc', 'a', 'b', 'c').timeout('10s');

/** a is done, b has timed out, its UNDO is open. */
function undoingB(s: Scenario, recipe: Recipe = ab): Scenario {
  return s
    .given(recipe)
    .start()
    .sends('DO a')
    .answers(ok)
    .sends('DO b')
    .after('10s')
    .sends('UNDO b', { round: 1 });
}

describe('a late success', () => {
  scenario(
    'while its UNDO is open owes a round, which starts before the chain goes further down',
    (s) =>
      undoingB(s)
        .answerTo('DO b', okWith({ id: 9 }))
        .step('b')
        .has({ status: 'UNDOING', roundOwed: true })
        .sendsNothing()
        .answerTo('UNDO b', ok)
        .sends('UNDO b', { round: 2, attempt: 1, payload: { id: 9 } })
        .answers(ok)
        .sends('UNDO a', { round: 1 })
        .answers(ok)
        .ends('UNDONE')
        .andNothingElse(),
  );

  scenario('while its UNDO is in backoff owes a round', (s) =>
    undoingB(s, ab.undoRetries(1).undoBackoff('1s'))
      .answers(failed('x'))
      .answerTo('DO b', ok)
      .step('b')
      .has({ status: 'UNDO_FAIL', roundOwed: true })
      .after('1s')
      .sends('UNDO b', { round: 1, attempt: 2 })
      .answers(ok)
      .sends('UNDO b', { round: 2, attempt: 1 })
      .answers(ok)
      .sends('UNDO a')
      .andNothingElse(),
  );

  scenario('twice while its UNDO is open owes one round only', (s) =>
    undoingB(s).answerTo('DO b', ok).answerTo('DO b', ok).refused('ALREADY_DONE'),
  );

  scenario('an unreadable reply, which may be one, owes a round as well', (s) =>
    undoingB(s)
      .answerTo('DO b', unreadable)
      .answerTo('UNDO b', ok)
      .sends('UNDO b', { round: 2 })
      .andNothingElse(),
  );

  scenario('an owed round does not save an UNDO that is given up', (s) =>
    undoingB(s)
      .answerTo('DO b', ok)
      .answerTo('UNDO b', failed('sticks'))
      .ends('FAILED')
      .step('b')
      .has({ status: 'UNDO_FAIL', roundOwed: true })
      .answerTo('UNDO b', ok)
      .refused('WRONG_STATE')
      .retryStep('b')
      .sends('UNDO b', { round: 2 })
      .answers(ok)
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE'),
  );

  scenario('of a step undone already undoes it again, before the steps below it', (s) =>
    undoingB(s, ab)
      .answers(ok)
      .sends('UNDO a')
      .answerTo('DO b', ok)
      .sendsNothing()
      .step('b')
      .is('DO_SUCCESS')
      .answerTo('UNDO a', ok)
      .sends('UNDO b', { round: 2 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('of a step that only failed so far undoes it', (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failed('x'))
      .sends('DO b')
      .answers(failed('y'))
      .sends('UNDO a')
      .answerTo('DO b', ok, { attempt: 1 })
      .step('b')
      .is('DO_SUCCESS')
      .answerTo('UNDO a', ok)
      .sends('UNDO b')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('takes a flow that had ended UNDONE back to UNDOING', (s) =>
    s
      .given(sequential('one', 'a').retries(1))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .sends('DO a')
      .answers(failed('y'))
      .ends('UNDONE')
      .answerTo('DO a', okWith('late'), { attempt: 1 })
      .flow({ status: 'UNDOING', endedAt: null })
      .timeline('DO_SUCCEEDED', 1, { attempt: 1, late: true, assumed: false })
      .sends('UNDO a', { payload: 'late' })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('may take it to FAILED', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .answers(ok)
      .sends('UNDO a')
      .answers(failed('sticks'))
      .ends('FAILED')
      .andNothingElse(),
  );

  scenario('an unreadable one takes it back, too', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .ends('UNDONE')
      .answers(unreadable)
      .sends('UNDO a')
      .is('UNDOING'),
  );

  scenario(
    'of a step with undo: none does not take an UNDONE flow back, and counts before the end',
    (s) =>
      s
        .given(ab.step('b', { undo: 'none' }))
        .start()
        .sends('DO a')
        .answers(ok)
        .sends('DO b')
        .after('10s')
        .sends('UNDO a')
        .answerTo('DO b', ok)
        .step('b')
        .is('DO_SUCCESS')
        .answerTo('UNDO a', ok)
        .ends('UNDONE')
        .answerTo('DO b', ok)
        .refused('ALREADY_DONE')
        .andNothingElse(),
  );

  scenario('of a step with undo: none, in UNDONE, makes the step done and nothing else', (s) =>
    s
      .given(sequential('one', 'a').undo('none'))
      .start()
      .sends('DO a')
      .after('5m')
      .ends('UNDONE')
      .answers(okWith('A'))
      .step('a')
      .has({ status: 'DO_SUCCESS', output: '"A"' })
      .timeline('FLOW_REOPENED', 0)
      .ends('UNDONE')
      .andNothingElse()
      .answerTo('DO a', ok)
      .refused('ALREADY_DONE'),
  );

  scenario('in CANCELLED is only recorded', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .cancel({ undo: false })
      .answers(ok)
      .refused('FLOW_ENDED')
      .ends('CANCELLED')
      .andNothingElse(),
  );

  scenario('of a skipped step is only recorded', (s) =>
    s
      .given(ab.hold())
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .skipStep('a')
      .sends('DO b')
      .undoFlow()
      .answerTo('DO a', ok)
      .refused('WRONG_STATE')
      .answerTo('DO b', failed('x'))
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('in FAILED makes the step done, and starts nothing', (s) =>
    s
      .given(parallel('pqr', 'p', 'q', 'r'))
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO p', ok)
      .answerTo('DO q', failed('x'))
      .sends('UNDO p')
      .answers(failed('sticks'))
      .answerTo('DO r', failed('y'))
      .ends('FAILED')
      .answerTo('DO r', ok)
      .ends('FAILED')
      .step('r')
      .is('DO_SUCCESS')
      .answerTo('DO p', ok)
      .step('p')
      .has({ status: 'UNDO_FAIL', roundOwed: true })
      .ends('FAILED')
      .andNothingElse(),
  );

  scenario(
    'of a step whose DO was withdrawn proves that it was sent',
    (s) =>
      s
        .given(ab)
        .publisher('away')
        .start()
        .undoFlow()
        .ends('UNDONE')
        .step('a')
        .is('PENDING')
        .unaskedAnswer('a', ok, 'a:DO:0:1')
        .publisher('sends')
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE')
        .unaskedAnswer('b', ok)
        .refused('NOT_SENT')
        .andNothingElse(),
    { rigs: ['pure'] },
  );
});
