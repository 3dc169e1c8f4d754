/**
 * What kind of answer it is: FAIL_STEP, and actions that do not fit the command (protocol,
 * "Reply").
 */
import { describe } from '@jest/globals';
import { as, echoless, failed, failStep, ok, sequential, unreadable } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const abc = sequential('abc', 'a', 'b', 'c').timeout('10s');

describe('FAIL_STEP', () => {
  scenario('is a failure of the DO in progress, and is retried like any', (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .answers(failStep('threw'))
      .sends('DO a', { attempt: 2 })
      .answers(echoless(failStep('threw')))
      .step('a')
      .is('RETRY_EXHAUSTED')
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('is a failure of the UNDO in progress: the UNDO is sent again, not the DO', (s) =>
    s
      .given(abc.undoRetries(2))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failed('x'))
      .sends('UNDO a')
      .answers(failStep('threw'))
      .sends('UNDO a', { attempt: 2 })
      .answers(echoless(failStep('threw')))
      .sends('UNDO a', { attempt: 3 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('with retryable: false is final at once', (s) =>
    s
      .given(abc.retries(3))
      .start()
      .sends('DO a')
      .answers({ ...failStep('threw'), retryable: false })
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('with nothing in progress is refused, before and after an UNDO', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(ok)
      .unaskedAnswer('a', failStep('threw'))
      .refused('WRONG_STATE')
      .unaskedAnswer('b', failStep('threw'))
      .sends('DO b')
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .unaskedAnswer('a', failStep('threw'))
      .refused('FLOW_ENDED'),
  );

  scenario('of an UNDO in backoff is refused', (s) =>
    s
      .given(abc.undoRetries(1).undoBackoff('1s'))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('UNDO a')
      .answers(failStep('threw'))
      .unaskedAnswer('a', failStep('threw'))
      .refused('WRONG_STATE'),
  );
});

describe('which action an answer is of', () => {
  scenario("UNDO with a DO's attemptId and status false is that DO's failure", (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .answers(as('UNDO', failed('bean')))
      .sends('DO a', { attempt: 2 })
      .is('IN_PROGRESS'),
  );

  scenario("UNDO with a DO's attemptId and status true is refused", (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(as('UNDO', ok))
      .refused('WRONG_STATE')
      .step('a')
      .is('IN_PROGRESS'),
  );

  scenario('UNDO without attemptId for a DO in progress is a refusal, never a state change', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(echoless(as('UNDO', ok)))
      .refused('WRONG_STATE')
      .answers(echoless(as('UNDO', failed('x'))))
      .refused('WRONG_STATE')
      .step('a')
      .is('IN_PROGRESS'),
  );

  scenario("no action means DO, unless the attemptId is the open UNDO's", (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(echoless(as(null, ok)))
      .sends('DO b')
      .answers(failed('x'))
      .sends('UNDO a')
      .answers(as(null, ok))
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('no action with the attemptId of an UNDO that is not open any more is refused', (s) =>
    s
      .given(abc.undoRetries(1))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('UNDO a')
      .answers(failed('x'))
      .sends('UNDO a', { attempt: 2 })
      .answerTo('UNDO a', as(null, ok), { attempt: 1 })
      .refused('WRONG_STATE'),
  );

  scenario('an attemptId of another step, or of nothing, is no answer', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .unaskedAnswer('a', ok, 'b:DO:0:1')
      .refused('NOT_SENT')
      .unaskedAnswer('a', as('DO', ok), 'a:DO:0:2')
      .refused('NOT_SENT')
      .unaskedAnswer('a', as('UNDO', ok), 'a:UNDO:1:1')
      .refused('NOT_SENT')
      .unaskedAnswer('a', ok, 'a:DOIT:0:1')
      .refused('NOT_SENT')
      .unaskedAnswer('b', ok)
      .refused('NOT_SENT')
      .unaskedAnswer('b', unreadable)
      .refused('WRONG_STATE')
      .step('a')
      .is('IN_PROGRESS'),
  );

  scenario('a step the orchestration does not have is unknown to an operator', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .retryStep('z')
      .refused('UNKNOWN_STEP')
      .skipStep('z')
      .refused('UNKNOWN_STEP'),
  );

  // In the engine such an answer goes to quarantine before the core sees it.
  scenario(
    'an answer of a step the orchestration does not have is not believed',
    (s) => s.given(abc).start().sends('DO a').unaskedAnswer('z', ok).refused('UNKNOWN_STEP'),
    {
      rigs: ['pure'],
    },
  );
});
