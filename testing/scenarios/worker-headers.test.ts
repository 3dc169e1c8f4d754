/**
 * Headers that a worker adds (rules.md#worker-headers): they travel on the DO commands that follow
 * in a sequential flow, and nowhere else.
 */
import { describe } from '@jest/globals';
import { failed, failedFinal, ok, okAdding, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

/** 16,000 bytes in 8000 characters. */
const LARGE = 'ä'.repeat(8000);
const own = { correlationId: 'c-1' };

describe('sequential', () => {
  const abc = sequential('abc', 'a', 'b', 'c');

  scenario('what a success adds is on the commands that follow, never over the initiator', (s) =>
    s
      .given(abc)
      .start({}, own)
      .sends('DO a', { headers: own })
      .answers(okAdding({ tenant: 't-1', correlationId: 'mine' }))
      .sends('DO b', { headers: { ...own, tenant: 't-1' } })
      .answers(okAdding({ tenant: 't-2', realm: 7 }))
      .sends('DO c', { headers: { ...own, tenant: 't-2', realm: 7 } })
      .answers(okAdding({ last: true }))
      .ends('COMPLETED'),
  );

  scenario('a retried command carries it, too', (s) =>
    s
      .given(abc.retries(1))
      .start()
      .sends('DO a')
      .answers(okAdding({ tenant: 't-1' }))
      .sends('DO b', { headers: { tenant: 't-1' } })
      .answers(failed('boom'))
      .sends('DO b', { attempt: 2, headers: { tenant: 't-1' } })
      .answers(ok)
      .sends('DO c', { headers: { tenant: 't-1' } })
      .answers(ok)
      .ends('COMPLETED'),
  );

  scenario(
    'a worker that copies what travelled adds nothing; of one that fails nothing travels',
    (s) =>
      s
        .given(abc.retries(1))
        .start()
        .sends('DO a')
        .answers(okAdding({ tenant: 't-1' }))
        .sends('DO b')
        .answers({ ...failed('boom'), headers: { broken: true } })
        .sends('DO b', { attempt: 2, headers: { tenant: 't-1' } })
        .answers(okAdding({ tenant: 't-1' }))
        .step('b')
        .has({ addedHeaders: null })
        .sends('DO c', { headers: { tenant: 't-1' } })
        .answers(ok)
        .ends('COMPLETED'),
  );

  scenario('an UNDO carries the headers of the initiator only', (s) =>
    s
      .given(abc)
      .start({}, own)
      .sends('DO a')
      .answers(okAdding({ tenant: 't-1' }))
      .sends('DO b', { headers: { ...own, tenant: 't-1' } })
      .answers(failedFinal('boom'))
      .sends('UNDO a', { headers: own })
      .answers(okAdding({ more: 1 }))
      .ends('UNDONE'),
  );

  scenario('a success after the flow turned around adds nothing', (s) =>
    s
      .given(sequential('late', 'a', 'b').timeout('1s'))
      .start()
      .sends('DO a')
      .after('1s')
      .sends('UNDO a')
      .answers(ok)
      .answerTo('DO a', okAdding({ tenant: 't-1' }))
      .step('a')
      .has({ addedHeaders: null })
      .sends('UNDO a', { round: 2, headers: {} })
      .answers(ok)
      .ends('UNDONE'),
  );

  scenario('more than 16 KB of them travel no further; the timeline shows it', (s) =>
    s
      .given(abc)
      .start()
      .sends('DO a')
      .answers(okAdding({ fits: LARGE }))
      .sends('DO b', { headers: { fits: LARGE } })
      .answers(okAdding({ tooMuch: 'x'.repeat(400) }))
      .sends('DO c', { headers: { fits: LARGE } })
      .answers(ok)
      .timeline('DO_SUCCEEDED', 1, { stepName: 'b', headersDropped: true })
      .step('a')
      .has({ addedHeaders: { fits: LARGE } })
      .ends('COMPLETED'),
  );
});

describe('parallel', () => {
  scenario('nothing follows, so nothing travels', (s) =>
    s
      .given(parallel('ab', 'a', 'b').retries(1))
      .start({}, own)
      .sends('DO a')
      .sends('DO b')
      .answerTo('DO a', okAdding({ tenant: 't-1' }))
      .answerTo('DO b', failed('boom'))
      .sends('DO b', { attempt: 2, headers: own })
      .answers(ok)
      .ends('COMPLETED'),
  );
});
