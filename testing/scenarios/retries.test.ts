/** Rules 1, 2 and 15: how often, after how long. */
import { describe } from '@jest/globals';
import { failed, failedFinal, ok, okWith, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const abc = sequential('abc', 'a', 'b', 'c');

describe('retries are counted as retries (rules.md#retries-and-numbers)', () => {
  scenario('a step out of retries undoes what was done, newest first', (s) =>
    s
      .given(sequential('tenantCreation', 'createRealm', 'createClient', 'createUser').retries(1))
      .start({ tenant: 'acme' })
      .sends('DO createRealm')
      .answers(ok)
      .sends('DO createClient')
      .answers(ok)
      .sends('DO createUser')
      .answers(failed('boom'))
      .sends('DO createUser', { attempt: 2 })
      .answers(failed('boom'))
      .sends('UNDO createClient')
      .answers(ok)
      .sends('UNDO createRealm')
      .answers(ok)
      .ends('UNDONE', { failureReason: 'createUser failed: boom' })
      .andNothingElse(),
  );

  scenario('maxRetries 3 means four commands for DO and four for UNDO', (s) => {
    s.given(sequential('two', 'a', 'b').retries(3))
      .start()
      .sends('DO a')
      .answers(ok);
    for (const attempt of [1, 2, 3, 4]) s.sends('DO b', { attempt }).answers(failed('no'));
    for (const attempt of [1, 2, 3, 4])
      s.sends('UNDO a', { attempt, round: 1 }).answers(failed('no'));
    return s
      .ends('FAILED')
      .step('b')
      .has({ status: 'RETRY_EXHAUSTED', attempt: 4 })
      .step('a')
      .has({ undoAttempt: 4 })
      .andNothingElse();
  });

  scenario(
    'the UNDO has a budget of its own, and using it leaves the count of DO retries as it was',
    (s) =>
      s
        .given(abc.retries(1).undoRetries(2))
        .start()
        .sends('DO a')
        .answers(failed('once'))
        .sends('DO a')
        .answers(ok)
        .sends('DO b')
        .answers(failedFinal('never'))
        .sends('UNDO a')
        .answers(failed('one'))
        .sends('UNDO a')
        .answers(failed('two'))
        .sends('UNDO a', { attempt: 3 })
        .answers(ok)
        .ends('UNDONE')
        .step('a')
        .has({ status: 'UNDO_SUCCESS', attempt: 2, undoAttempt: 3 })
        .andNothingElse(),
  );

  scenario('a budget renewed by an operator counts on: attempt numbers never repeat', (s) =>
    s
      .given(abc.retries(1).hold())
      .start()
      .sends('DO a', { attempt: 1 })
      .answers(failed('x'))
      .sends('DO a', { attempt: 2 })
      .answers(failed('x'))
      .retryStep('a')
      .sends('DO a', { attempt: 3 })
      .answers(failed('x'))
      .sends('DO a', { attempt: 4 })
      .answers(failed('x'))
      .step('a')
      .is('RETRY_EXHAUSTED')
      .retryStep('a')
      .sends('DO a', { attempt: 5 })
      .answers(ok)
      .sends('DO b', { attempt: 1 })
      .andNothingElse(),
  );

  scenario('a parallel flow retries each step for itself', (s) =>
    s
      .given(parallel('both', 'a', 'b').retries(1))
      .start({ n: 1 })
      .sends('DO a')
      .sends('DO b')
      .answerTo('DO a', failed('once'))
      .sends('DO a', { attempt: 2 })
      .answerTo('DO b', okWith('B'))
      .answerTo('DO a', okWith('A'))
      .ends('COMPLETED', { output: '{"a":"A","b":"B"}' })
      .andNothingElse(),
  );
});

describe('waits between attempts (rules.md#backoff-and-timeouts)', () => {
  const slow = sequential('slow', 'a', 'b').retries(4).backoff('1s', { factor: 3, max: '5s' });

  scenario('each wait is the factor longer, up to the longest', (s) =>
    s
      .given(slow)
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .step('a')
      .is('DO_FAIL')
      .after('999ms')
      .sendsNothing()
      .after('1ms')
      .sends('DO a', { attempt: 2 })
      .answers(failed('x'))
      .after(2_999)
      .sendsNothing()
      .after('1ms')
      .sends('DO a', { attempt: 3 })
      .answers(failed('x'))
      .after(4_999)
      .sendsNothing()
      .after('1ms')
      .sends('DO a', { attempt: 4 })
      .is('IN_PROGRESS'),
  );

  scenario('the UNDO waits by its own backoff', (s) =>
    s
      .given(slow.undoBackoff('7s', { max: '1m' }))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failedFinal('x'))
      .sends('UNDO a')
      .answers(failed('x'))
      .step('a')
      .is('UNDO_FAIL')
      .after(6_999)
      .sendsNothing()
      .after('1ms')
      .sends('UNDO a', { attempt: 2 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('a renewed budget waits as a fresh one does', (s) =>
    s
      .given(sequential('one', 'a').retries(1).backoff('1s').hold())
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .after('1s')
      .sends('DO a')
      .answers(failed('x'))
      .retryStep('a')
      .sends('DO a', { attempt: 3 })
      .answers(failed('x'))
      .after('999ms')
      .sendsNothing()
      .after('1ms')
      .sends('DO a', { attempt: 4 }),
  );

  scenario('full jitter shortens a wait and never lengthens it', (s) =>
    s
      .given(sequential('one', 'a').retries(1).backoff('1s', { jitter: 'full' }))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .after('1s')
      .sends('DO a', { attempt: 2 }),
  );
});
