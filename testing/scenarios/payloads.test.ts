/**
 * Which payload reaches whom. The texts pass through unread: what a worker wrote is what the next
 * one reads.
 */
import { describe } from '@jest/globals';
import {
  failed,
  failedFinal,
  ok,
  okWith,
  parallel,
  sequential,
  unreadable,
} from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

describe('sequential', () => {
  const abc = sequential('abc', 'a', 'b', 'c');

  scenario("a step's reply is the next step's payload, the last one the flow's output", (s) =>
    s
      .given(abc)
      .start({ n: 0 })
      .sends('DO a', { payload: { n: 0 } })
      .answers(okWith({ n: 1 }))
      .sends('DO b', { payload: { n: 1 } })
      .answers(okWith('two'))
      .sends('DO c', { payload: 'two' })
      .answers(okWith([3]))
      .ends('COMPLETED', { output: '[3]' }),
  );

  scenario('a step that replies none passes its input on', (s) =>
    s
      .given(abc)
      .start({ n: 0 })
      .sends('DO a')
      .answers(ok)
      .sends('DO b', { payload: { n: 0 } })
      .answers(ok)
      .sends('DO c', { payload: { n: 0 } })
      .answers(ok)
      .ends('COMPLETED', { output: '{"n":0}' }),
  );

  scenario('a retry gets the same payload', (s) =>
    s
      .given(abc.retries(1))
      .start({ n: 0 })
      .sends('DO a')
      .answers(failed('x'))
      .sends('DO a', { attempt: 2, payload: { n: 0 } }),
  );

  scenario("an UNDO gets the step's own output, or its input if it replied none", (s) =>
    s
      .given(abc)
      .start({ n: 0 })
      .sends('DO a')
      .answers(okWith({ n: 1 }))
      .sends('DO b')
      .answers(ok)
      .sends('DO c')
      .answers(failed('x'))
      .sends('UNDO b', { payload: { n: 1 } })
      .answers(okWith('an UNDO may answer anything'))
      .sends('UNDO a', { payload: { n: 1 } })
      .answers(ok)
      .ends('UNDONE', { output: null }),
  );

  scenario('nothing at the start and nothing replied: nothing is passed on', (s) =>
    s
      .given(sequential('ab', 'a', 'b'))
      .start()
      .sends('DO a', { payload: null })
      .answers(ok)
      .sends('DO b', { payload: null })
      .answers(ok)
      .ends('COMPLETED', { output: null }),
  );

  scenario('a late success is undone with what it replied', (s) =>
    s
      .given(sequential('one', 'a'))
      .start('in')
      .sends('DO a')
      .answers(failedFinal('x'))
      .answers(okWith('late'))
      .sends('UNDO a', { payload: 'late' })
      .answers(ok)
      .ends('UNDONE'),
  );

  scenario('an unknown outcome is undone with the input', (s) =>
    s
      .given(sequential('one', 'a'))
      .start('in')
      .sends('DO a')
      .answers(unreadable)
      .sends('UNDO a', { payload: 'in' }),
  );

  scenario('a flow that cannot be undone any more keeps what it was started with', (s) =>
    s
      .given(sequential('one', 'a').timeout('1s'))
      .start({ big: 1 })
      .sends('DO a')
      .after('1s')
      .sends('UNDO a')
      .answers(failed('x'))
      .ends('FAILED', { input: '{"big":1}', output: null }),
  );
});

describe('parallel', () => {
  scenario('each step gets the start payload, and the output is an object of them all', (s) =>
    s
      .given(parallel('pq', 'p', 'q'))
      .start({ n: 0 })
      .sends('DO p', { payload: { n: 0 } })
      .sends('DO q', { payload: { n: 0 } })
      .answerTo('DO q', okWith({ q: 1 }))
      .answerTo('DO p', ok)
      .ends('COMPLETED', { output: '{"p":null,"q":{"q":1}}' }),
  );

  scenario('a retry gets the start payload, whatever the others replied', (s) =>
    s
      .given(parallel('pq', 'p', 'q').retries(1))
      .start('in')
      .sends('DO p')
      .sends('DO q')
      .answerTo('DO p', okWith('P'))
      .answerTo('DO q', failed('x'))
      .sends('DO q', { attempt: 2, payload: 'in' }),
  );
});
