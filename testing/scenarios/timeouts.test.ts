/** Timeouts, and how a worker gets more time by PROGRESS. */
import { describe } from '@jest/globals';
import { failed, ok, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const one = sequential('one', 'a').timeout('10s');

describe('timeouts', () => {
  scenario(
    'the default time for an answer is five minutes, and the command carries its deadline',
    (s) =>
      s
        .given(sequential('one', 'a'))
        .start()
        .sends('DO a', { deadlineIn: '5m' })
        .after('299s')
        .is('IN_PROGRESS')
        .after('1s')
        .is('UNDOING'),
  );

  scenario('silence is a failed attempt, and is retried', (s) =>
    s
      .given(one.retries(1))
      .start()
      .sends('DO a')
      .after(9_999)
      .sendsNothing()
      .after(1)
      .sends('DO a', { attempt: 2, deadlineIn: '10s' })
      .step('a')
      .has({ errorCode: 'TIMEOUT', unknown: true })
      .answers(ok)
      .ends('COMPLETED')
      .andNothingElse(),
  );

  scenario('an UNDO times out by its own time, and is retried', (s) =>
    s
      .given(one.undoTimeout('3s').undoRetries(1))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('UNDO a', { deadlineIn: '3s' })
      .after('3s')
      .sends('UNDO a', { attempt: 2 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('an answer read after its deadline, but before a timer looked, counts', (s) =>
    s
      .given(one)
      .start()
      .sends('DO a')
      .unwatched('1h')
      .answers(ok)
      .ends('COMPLETED')
      .andNothingElse(),
  );

  scenario('timers that were late decide everything that is due at once', (s) =>
    s
      .given(parallel('both', 'a', 'b').timeout('10s'))
      .start()
      .sends('DO a')
      .sends('DO b')
      .unwatched('1h')
      .after(0)
      .sends('UNDO a')
      .sends('UNDO b')
      .answerTo('UNDO a', ok)
      .answerTo('UNDO b', ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario(
    'a command still in our outbox cannot time out',
    (s) =>
      s
        .given(one)
        .publisher('stuck')
        .start()
        .after('1h')
        .is('IN_PROGRESS')
        .publisher('sends')
        .sends('DO a')
        .answers(ok)
        .ends('COMPLETED')
        .andNothingElse(),
    { rigs: ['pure'] },
  );
});

describe('PROGRESS', () => {
  scenario('gives the open attempt its whole time again', (s) =>
    s
      .given(one)
      .start()
      .sends('DO a')
      .after('9s')
      .progress('DO a', 0.5)
      .step('a')
      .has({ status: 'IN_PROGRESS', progress: 0.5 })
      .after('9s')
      .is('IN_PROGRESS')
      .answers(ok)
      .ends('COMPLETED')
      .andNothingElse(),
  );

  scenario('answers nothing: without an answer the attempt times out all the same', (s) =>
    s
      .given(one)
      .start()
      .sends('DO a')
      .after('9s')
      .progress('DO a', 0.9)
      .after('10s')
      .sends('UNDO a')
      .is('UNDOING'),
  );

  scenario('of a worker that echoes nothing is of the open attempt', (s) =>
    s
      .given(one)
      .start()
      .sends('DO a')
      .after('9s')
      .progress('DO a', 0.5, { echoes: false })
      .after('9s')
      .is('IN_PROGRESS'),
  );

  scenario('of an UNDO gives the UNDO its own time again, whatever deadline the flow has', (s) =>
    s
      .given(one.undoTimeout('3s').deadline('5s'))
      .start()
      .sends('DO a')
      .after('5s')
      .is('UNDOING')
      .answers(ok)
      .sends('UNDO a')
      .after('2s')
      .progress('UNDO a', 0.5)
      .after('2s')
      .step('a')
      .is('UNDOING')
      .after('1s')
      .ends('FAILED'),
  );

  scenario("never carries an attempt past the flow's deadline", (s) =>
    s
      .given(one.deadline('12s'))
      .start()
      .sends('DO a')
      .after('9s')
      .progress('DO a', 0.5)
      .after('3s')
      .is('UNDOING')
      .sends('UNDO a')
      .andNothingElse(),
  );

  scenario('never takes time away that the attempt had', (s) =>
    s
      .given(one.deadline('5s'))
      .start()
      .sends('DO a')
      .after('1s')
      .progress('DO a', 0.5)
      .after('8s')
      .step('a')
      .is('IN_PROGRESS'),
  );

  scenario("counts while the flow is paused, and the flow's deadline moves along", (s) =>
    s
      .given(one.deadline('12s'))
      .start()
      .sends('DO a')
      .pause()
      .after('9s')
      .progress('DO a', 0.2)
      .after('9s')
      .progress('DO a', 0.4)
      .after('9s')
      .step('a')
      .is('IN_PROGRESS')
      .resume()
      .answers(ok)
      .ends('COMPLETED'),
  );

  scenario('shows at most once a second for a step, its retries included', (s) =>
    s
      .given(one.retries(1))
      .start()
      .sends('DO a')
      .progress('DO a', 0.1)
      .after('999ms')
      .progress('DO a', 0.2)
      .timeline('STEP_PROGRESS', 1, { shown: true })
      .after('1ms')
      .progress('DO a', 0.3)
      .timeline('STEP_PROGRESS', 2, { shown: true })
      .answers(failed('x'))
      .sends('DO a')
      .progress('DO a', 0.1)
      .timeline('STEP_PROGRESS', 2, { shown: true })
      .timeline('STEP_PROGRESS', 4),
  );

  scenario('of an older attempt is stale', (s) =>
    s
      .given(one.retries(1))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .sends('DO a')
      .progress('DO a', 0.5, { attempt: 1 })
      .refused('STALE_ATTEMPT'),
  );

  scenario('of a step that has no command open is refused', (s) =>
    s
      .given(sequential('two', 'a', 'b'))
      .start()
      .sends('DO a')
      .answers(ok)
      .progress('DO a', 0.5)
      .refused('WRONG_STATE'),
  );

  scenario('in a cancelled flow is only recorded', (s) =>
    s
      .given(one)
      .start()
      .sends('DO a')
      .cancel({ undo: false })
      .progress('DO a', 0.5)
      .refused('FLOW_ENDED')
      .step('a')
      .has({ progress: null }),
  );
});
