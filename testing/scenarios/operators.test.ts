/** Rules 12 and 13: pause, resume, skip, and a paused orchestration. */
import { describe } from '@jest/globals';
import { failed, ok, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const abc = sequential('abc', 'a', 'b', 'c').timeout('10s');

describe('a paused flow (rules.md#pause-and-skip)', () => {
  scenario('records answers and sends nothing; resumed, it sends what follows', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .pause()
      .flow({ paused: true, pauseReason: 'because' })
      .answers(ok)
      .step('a')
      .is('DO_SUCCESS')
      .sendsNothing()
      .resume()
      .flow({ paused: false, pauseReason: null, pausedAt: null })
      .sends('DO b')
      .andNothingElse(),
  );

  scenario('records timeouts and decides on the retry, which waits', (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .pause()
      .after('10s')
      .step('a')
      .is('DO_FAIL')
      .after('1h')
      .sendsNothing()
      .resume()
      .sends('DO a', { attempt: 2 }),
  );

  scenario('decides that a step is exhausted; resumed, the UNDO is sent', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .pause()
      .answers(failed('x'))
      .flow({ status: 'UNDOING', paused: true })
      .step('b')
      .is('RETRY_EXHAUSTED')
      .sendsNothing()
      .resume()
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('completes when it is resumed, not before', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .pause()
      .answers(ok)
      .flow({ status: 'IN_PROGRESS', paused: true })
      .step('a')
      .is('DO_SUCCESS')
      .resume()
      .ends('COMPLETED', { paused: false }),
  );

  scenario('does not end UNDONE, so that a late success sends no UNDO before it is resumed', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .pause()
      .answers(failed('no'))
      .flow({ status: 'UNDOING', paused: true })
      .answerTo('DO a', ok)
      .flow({ status: 'UNDOING', paused: true })
      .sendsNothing()
      .resume()
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('does not end FAILED before it is resumed', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failed('no'))
      .sends('UNDO a')
      .pause()
      .answers(failed('a sticks'))
      .flow({ status: 'UNDOING', paused: true })
      .retryStep('a')
      .sendsNothing()
      .resume()
      .sends('UNDO a', { round: 2 })
      .answers(ok)
      .ends('UNDONE'),
  );

  scenario('holds back UNDOs and their retries', (s) =>
    s
      .given(abc.undoRetries(1).undoBackoff('1s'))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('UNDO a')
      .pause()
      .answers(failed('x'))
      .after('1m')
      .sendsNothing()
      .resume()
      .sends('UNDO a', { attempt: 2 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('records progress and late successes', (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .pause()
      .progress('DO a', 0.5)
      .answers(failed('x'))
      .answers(ok)
      .step('a')
      .is('DO_SUCCESS')
      .resume()
      .sends('DO b')
      .andNothingElse(),
  );

  scenario('can be cancelled without undo', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .pause()
      .cancel({ undo: false })
      .ends('CANCELLED', { paused: false }),
  );

  scenario('cannot be paused twice, nor one resumed that is not paused', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .resume()
      .refused('NOT_ALLOWED')
      .pause()
      .pause()
      .refused('NOT_ALLOWED'),
  );

  scenario('ended flows cannot be paused', (s) =>
    s.given(sequential('one', 'a')).start().sends('DO a').answers(ok).pause().refused('FLOW_ENDED'),
  );
});

describe('skipStep (rules.md#pause-and-skip)', () => {
  scenario('without an output passes on the input', (s) =>
    s
      .given(abc.hold())
      .start({ n: 1 })
      .sends('DO a')
      .answers(failed('x'))
      .skipStep('a')
      .sends('DO b', { payload: { n: 1 } }),
  );

  scenario('of an open or pending step is refused', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .skipStep('a')
      .refused('NOT_ALLOWED')
      .skipStep('b')
      .refused('NOT_ALLOWED')
      .retryStep('a')
      .refused('NOT_ALLOWED'),
  );

  scenario('of the last step completes the flow', (s) =>
    s
      .given(sequential('one', 'a').hold())
      .start(1)
      .sends('DO a')
      .answers(failed('x'))
      .skipStep('a', 2)
      .ends('COMPLETED', { output: '2' }),
  );

  scenario('of an UNDO is deaf to whatever comes later', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .after('5m')
      .sends('UNDO a')
      .answers(failed('x'))
      .skipStep('a')
      .ends('UNDONE')
      .answerTo('DO a', ok)
      .refused('WRONG_STATE')
      .answerTo('UNDO a', ok)
      .refused('ALREADY_DONE')
      .ends('UNDONE')
      .andNothingElse(),
  );
});

describe('a paused orchestration (rules.md#paused-orchestration)', () => {
  scenario('sends no new DO, and goes on when it is resumed', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .pauseOrchestration()
      .answers(ok)
      .sendsNothing()
      .resumeOrchestration()
      .sends('DO b')
      .andNothingElse(),
  );

  scenario('sends no DO again', (s) =>
    s
      .given(abc.retries(1).backoff('1s'))
      .start()
      .sends('DO a')
      .pauseOrchestration()
      .answers(failed('x'))
      .after('1m')
      .sendsNothing()
      .resumeOrchestration()
      .sends('DO a', { attempt: 2 })
      .andNothingElse(),
  );

  scenario('queues a start', (s) =>
    s
      .given(abc)
      .startQueued()
      .is('IN_PROGRESS')
      .sendsNothing()
      .resumeOrchestration()
      .sends('DO a')
      .andNothingElse(),
  );

  scenario('goes on with UNDO, and its retries', (s) =>
    s
      .given(parallel('pq', 'p', 'q').undoRetries(1).undoBackoff('1s'))
      .start()
      .sends('DO p')
      .sends('DO q')
      .pauseOrchestration()
      .answerTo('DO p', ok)
      .answerTo('DO q', failed('x'))
      .sends('UNDO p')
      .answers(failed('y'))
      .after('1s')
      .sends('UNDO p', { attempt: 2 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario("lets the flow's deadline run", (s) =>
    s
      .given(abc.deadline('1m'))
      .startQueued()
      .after('1m')
      .ends('UNDONE', { failureReason: 'DEADLINE_EXCEEDED' })
      .andNothingElse(),
  );
});
