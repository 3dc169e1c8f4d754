/** Rule 11: deadline, undoFlow, cancelFlow — one way back, whatever the cause. */
import { describe } from '@jest/globals';
import { failed, ok, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const abc = sequential('abc', 'a', 'b', 'c').timeout('10s');
const pqr = parallel('pqr', 'p', 'q', 'r').timeout('10s');

describe('the flow deadline', () => {
  scenario(
    'turns the flow around; the command in flight may answer, and its success is undone first',
    (s) =>
      s
        .given(abc.deadline('5s'))
        .start()
        .sends('DO a')
        .answers(ok)
        .sends('DO b')
        .after('5s')
        .flow({ status: 'UNDOING', failureReason: 'DEADLINE_EXCEEDED' })
        .sendsNothing()
        .answers(ok)
        .sends('UNDO b')
        .answers(ok)
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE', { failureReason: 'DEADLINE_EXCEEDED' })
        .andNothingElse(),
  );

  scenario(
    'a command in flight that stays silent counts as unknown at its timeout, and is undone',
    (s) =>
      s
        .given(abc.deadline('5s'))
        .start()
        .sends('DO a')
        .after('9999ms')
        .sendsNothing()
        .after('1ms')
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE')
        .andNothingElse(),
  );

  scenario('a command in flight that fails is not retried, and nothing is to undo', (s) =>
    s
      .given(abc.retries(3).deadline('5s'))
      .start()
      .sends('DO a')
      .after('5s')
      .answers(failed('x'))
      .step('a')
      .is('DO_FAIL')
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('a step in backoff is not sent again', (s) =>
    s
      .given(abc.retries(3).backoff('1m').deadline('20s'))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .after('20s')
      .ends('UNDONE')
      .step('a')
      .has({ status: 'DO_FAIL', nextAttemptAt: null })
      .after('1h')
      .andNothingElse(),
  );

  scenario('does not limit the UNDO', (s) =>
    s
      .given(abc.deadline('11s'))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failed('x'))
      .sends('UNDO a', { deadlineIn: '10s' })
      .after('9s')
      .is('UNDOING'),
  );

  scenario('stands still while the flow is paused', (s) =>
    s
      .given(abc.timeout('1h').deadline('1m'))
      .start()
      .sends('DO a')
      .after('30s')
      .pause()
      .after('10m')
      .is('IN_PROGRESS')
      .resume()
      .after('29s')
      .is('IN_PROGRESS')
      .after('1s')
      .is('UNDOING'),
  );

  scenario('is over with the flow', (s) =>
    s
      .given(sequential('one', 'a').deadline('1m'))
      .start()
      .sends('DO a')
      .answers(ok)
      .after('1h')
      .ends('COMPLETED')
      .andNothingElse(),
  );

  scenario('turns a parallel flow around that waits for its slowest step', (s) =>
    s
      .given(pqr.deadline('5s'))
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO p', ok)
      .answerTo('DO q', failed('x'))
      .sends('UNDO p')
      .after('5s')
      .flow({ failureReason: 'q failed: x' })
      .answerTo('UNDO p', ok)
      .after('5s')
      .sends('UNDO r')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );
});

describe('DOs never given to a publisher', () => {
  const stuck = { rigs: ['pure'] };

  scenario(
    'are withdrawn, as if never decided',
    (s) =>
      s
        .given(abc.undo('always'))
        .publisher('away')
        .start()
        .undoFlow()
        .step('a')
        .is('PENDING')
        .ends('UNDONE')
        .publisher('sends')
        .andNothingElse(),
    stuck,
  );

  scenario(
    'a withdrawn retry leaves the attempts before it as they were',
    (s) =>
      s
        .given(abc.retries(1))
        .start()
        .sends('DO a')
        .publisher('away')
        .answers(failed('x'))
        .cancel({ undo: true })
        .step('a')
        .has({ status: 'DO_FAIL', unknown: false })
        .ends('UNDONE')
        .publisher('sends')
        .andNothingElse(),
    stuck,
  );

  scenario(
    'once given to a publisher they count as sent, and are waited for and undone',
    (s) =>
      s
        .given(sequential('one', 'a').timeout('10s'))
        .publisher('stuck')
        .start()
        .undoFlow()
        .is('UNDOING')
        .after('1m')
        .is('UNDOING')
        .publisher('sends')
        .sends('DO a')
        .after(0)
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE')
        .andNothingElse(),
    stuck,
  );

  scenario('a retry decided in the same breath as the turn is withdrawn', (s) =>
    s
      .given(pqr.step('p', { maxRetries: 1 }))
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO r', ok)
      .unwatched('10s')
      .after(0)
      .timeline('DO_WITHDRAWN', 1, { stepName: 'p', attempt: 2 })
      .step('p')
      .has({ status: 'UNDOING', attempt: 2, round: 1 })
      .sends('UNDO r')
      .sends('UNDO q')
      .sends('UNDO p')
      .andNothingElse(),
  );
});
