/** Rule 11: an operator turns the flow around, or ends it. */
import { describe } from '@jest/globals';
import { failed, ok, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const abc = sequential('abc', 'a', 'b', 'c').timeout('10s');
const pqr = parallel('pqr', 'p', 'q', 'r').timeout('10s');

describe('undoFlow', () => {
  scenario(
    'turns a flow around that is in progress; sequential waits for the command in flight',
    (s) =>
      s
        .given(abc)
        .start()
        .sends('DO a')
        .answers(ok)
        .sends('DO b')
        .undoFlow()
        .flow({ status: 'UNDOING', failureReason: 'undo requested by ada: because' })
        .sendsNothing()
        .answers(failed('x'))
        .sends('UNDO a')
        .answers(ok)
        .ends('UNDONE')
        .andNothingElse(),
  );

  scenario('parallel does not wait for it', (s) =>
    s
      .given(pqr)
      .start()
      .sends('DO p')
      .sends('DO q')
      .sends('DO r')
      .answerTo('DO p', ok)
      .undoFlow()
      .sends('UNDO p')
      .answers(ok)
      .answerTo('DO q', ok)
      .sends('UNDO q')
      .answers(ok)
      .is('UNDOING')
      .answerTo('DO r', failed('x'))
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('of a COMPLETED flow undoes everything, newest first', (s) =>
    s
      .given(sequential('ab', 'a', 'b'))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(ok)
      .ends('COMPLETED')
      .undoFlow()
      .flow({ status: 'UNDOING', endedAt: null })
      .sends('UNDO b')
      .answers(ok)
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('of a flow that undoes already, or is UNDONE or CANCELLED, is refused', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .undoFlow()
      .undoFlow()
      .refused('NOT_ALLOWED')
      .answers(failed('x'))
      .ends('UNDONE')
      .undoFlow()
      .refused('NOT_ALLOWED'),
  );

  scenario('lifts a pause', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .pause()
      .answers(failed('x'))
      .flow({ paused: true, status: 'UNDOING' })
      .resume()
      .sends('UNDO a'),
  );

  scenario('of a paused flow sends the first UNDO at once', (s) =>
    s
      .given(abc.hold())
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failed('x'))
      .pause()
      .undoFlow()
      .flow({ paused: false, held: false })
      .sends('UNDO a'),
  );
});

describe('cancelFlow', () => {
  scenario('with undo ends UNDONE', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .cancel({ undo: true })
      .answers(failed('x'))
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE', { failureReason: 'cancelled by ada: because' })
      .andNothingElse(),
  );

  scenario('with undo is refused once the flow undoes, or has ended', (s) =>
    s
      .given(sequential('one', 'a'))
      .start()
      .sends('DO a')
      .cancel({ undo: true })
      .cancel({ undo: true })
      .refused('NOT_ALLOWED')
      .answers(failed('x'))
      .cancel({ undo: true })
      .refused('FLOW_ENDED'),
  );

  scenario('without undo ends CANCELLED at once, with a command open', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .cancel({ undo: false })
      .ends('CANCELLED', { failureReason: 'cancelled by ada: because' })
      .step('a')
      .is('DO_SUCCESS')
      .step('b')
      .is('IN_PROGRESS')
      .after('1h')
      .answers(failed('x'))
      .refused('FLOW_ENDED')
      .undoFlow()
      .refused('NOT_ALLOWED')
      .andNothingElse(),
  );

  scenario('without undo stops a flow that is undoing where it is', (s) =>
    s
      .given(abc.undoRetries(1).undoBackoff('1m'))
      .start()
      .sends('DO a')
      .after('10s')
      .sends('UNDO a')
      .answers(failed('x'))
      .cancel({ undo: false })
      .ends('CANCELLED')
      .after('1h')
      .answers(ok)
      .refused('FLOW_ENDED')
      .andNothingElse(),
  );
});
