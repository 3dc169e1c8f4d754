/** Rule 7: `onRetriesExhausted: hold` — an operator decides for each exhausted step. */
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

const ab = sequential('ab', 'a', 'b').hold().timeout('10s');
const pqr = parallel('pqr', 'p', 'q', 'r').hold().timeout('10s');

/** b is exhausted. */
function held(s: Scenario, recipe: Recipe = ab): Scenario {
  return s
    .given(recipe)
    .start('in')
    .sends('DO a')
    .answers(okWith('A'))
    .sends('DO b')
    .answers(failed('x'));
}

describe('hold', () => {
  scenario('an exhausted DO starts no UNDO and holds the flow', (s) =>
    held(s)
      .flow({ status: 'IN_PROGRESS', held: true, paused: false })
      .step('b')
      .is('RETRY_EXHAUSTED')
      .timeline('FLOW_HELD', 1)
      .andNothingElse(),
  );

  scenario('retryStep sends the DO again, with a fresh budget', (s) =>
    held(s, ab.retries(1))
      .sends('DO b', { attempt: 2 })
      .answers(failed('x'))
      .retryStep('b')
      .flow({ held: false })
      .sends('DO b', { attempt: 3 })
      .answers(failed('x'))
      .sends('DO b', { attempt: 4 })
      .answers(ok)
      .ends('COMPLETED')
      .andNothingElse(),
  );

  scenario("skipStep takes the operator's output, and the flow goes on with it", (s) =>
    held(s, sequential('abc', 'a', 'b', 'c').hold())
      .skipStep('b', { by: 'hand' })
      .step('b')
      .has({ status: 'DO_SUCCESS', skipped: true, output: '{"by":"hand"}' })
      .sends('DO c', { payload: { by: 'hand' } })
      .answers(ok)
      .ends('COMPLETED', { output: '{"by":"hand"}' })
      .andNothingElse(),
  );

  scenario('a skipped step is never undone, even if an attempt of it may have happened', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .after('10s')
      .step('a')
      .has({ status: 'RETRY_EXHAUSTED', unknown: true })
      .skipStep('a')
      .sends('DO b')
      .answers(failed('x'))
      .undoFlow()
      .ends('UNDONE')
      .step('a')
      .is('DO_SUCCESS')
      .andNothingElse(),
  );

  scenario('undoFlow turns a held flow around', (s) =>
    held(s)
      .undoFlow()
      .flow({ held: false })
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('cancelFlow with undo turns it around, too', (s) =>
    held(s).cancel({ undo: true }).sends('UNDO a').answers(ok).ends('UNDONE').andNothingElse(),
  );

  scenario('resumeFlow is refused until every exhausted step is decided', (s) =>
    held(s)
      .resume()
      .refused('NOT_ALLOWED')
      .retryStep('b')
      .sends('DO b')
      .answers(ok)
      .ends('COMPLETED'),
  );

  scenario('retryStep and skipStep of a step that is not exhausted are refused', (s) =>
    held(s).retryStep('a').refused('NOT_ALLOWED').skipStep('a').refused('NOT_ALLOWED'),
  );

  scenario('a late success of the held step counts, and the flow goes on', (s) =>
    held(s, ab.retries(1))
      .sends('DO b')
      .answers(failed('x'))
      .flow({ held: true })
      .answerTo('DO b', ok, { attempt: 1 })
      .ends('COMPLETED')
      .andNothingElse(),
  );

  scenario('an unreadable reply for the held step only marks its outcome unknown', (s) =>
    held(s)
      .answers(unreadable)
      .step('b')
      .has({ status: 'RETRY_EXHAUSTED', unknown: true })
      .answers(unreadable)
      .refused('ALREADY_DONE')
      .undoFlow()
      .sends('UNDO b'),
  );

  scenario('the flow deadline stands still, and moves by the time it was held', (s) =>
    held(s, ab.deadline('1m').timeout('1h'))
      .after('1h')
      .flow({ status: 'IN_PROGRESS', held: true })
      .retryStep('b')
      .sends('DO b')
      .after('59s')
      .is('IN_PROGRESS')
      .after('1s')
      .flow({ status: 'UNDOING', failureReason: 'DEADLINE_EXCEEDED' }),
  );
});

describe('hold in a parallel flow', () => {
  /** p is exhausted, q in backoff, r in flight. */
  const busy = (s: Scenario) =>
    s
      .given(
        pqr
          .step('q', {
            maxRetries: 1,
            backoff: { initialMs: 1000, factor: 1, maxMs: 1000, jitter: 'none' },
          })
          .step('r', { timeoutMs: 3_600_000 }),
      )
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO q', failed('x'))
      .answerTo('DO p', failed('y'));

  scenario("other steps' retries wait, their answers count", (s) =>
    busy(s)
      .after('5m')
      .sendsNothing()
      .answerTo('DO r', ok)
      .step('r')
      .is('DO_SUCCESS')
      .skipStep('p')
      .sends('DO q', { attempt: 2 })
      .answers(ok)
      .ends('COMPLETED')
      .andNothingElse(),
  );

  scenario('a retried step waits until all held ones are decided', (s) =>
    busy(s)
      .answerTo('DO r', failed('z'))
      .step('r')
      .is('RETRY_EXHAUSTED')
      .timeline('FLOW_HELD', 1)
      .retryStep('p')
      .flow({ held: true })
      .sendsNothing()
      .skipStep('r')
      .flow({ held: false })
      .sends('DO p', { attempt: 2 })
      .andNothingElse(),
  );
});

describe('hold and pause', () => {
  scenario('a held flow may be paused as well: released, it still waits for resumeFlow', (s) =>
    held(s)
      .pause()
      .flow({ held: true, paused: true })
      .resume()
      .refused('NOT_ALLOWED')
      .retryStep('b')
      .flow({ held: false, paused: true })
      .sendsNothing()
      .resume()
      .sends('DO b', { attempt: 2 }),
  );
});
