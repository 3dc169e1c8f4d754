/**
 * Sensitive data: workers get everything; what they write about it in free text is recorded without
 * it.
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

const CARD = '4111 1111 1111 1111';
const charge = sequential('charge', 'reserve', 'pay').sensitive('payload.card', 'headers.token');

describe('sensitive data', () => {
  scenario('a card number in an error message is not recorded, and the retry still has it', (s) =>
    s
      .given(charge.retries(1))
      .start({ card: CARD, amount: 7 })
      .sends('DO reserve', { payload: { card: CARD, amount: 7 } })
      .answers(failed(`card ${CARD} was declined for 7`))
      .step('reserve')
      .has({ errorMessage: 'card *** was declined for 7' })
      .timeline('DO_FAILED', 1, { errorMessage: 'card *** was declined for 7' })
      .sends('DO reserve', { attempt: 2, payload: { card: CARD, amount: 7 } }),
  );

  scenario('a value that a step has answered is sensitive as well, and the UNDO has it', (s) =>
    s
      .given(charge)
      .start({ card: CARD })
      .sends('DO reserve')
      .answers(okWith({ card: 'tok_998877' }))
      .sends('DO pay', { payload: { card: 'tok_998877' } })
      .answers(failedFinal('no account for tok_998877'))
      .sends('UNDO reserve', { payload: { card: 'tok_998877' } })
      .answers(ok)
      .ends('UNDONE', { failureReason: 'pay failed: no account for ***' }),
  );

  scenario('a sensitive header is none of an error message', (s) =>
    s
      .given(charge)
      .start({ card: 1 }, { token: 'bearer-abc' })
      .sends('DO reserve', { headers: { token: 'bearer-abc' } })
      .answers({ ...unreadable, errorMessage: 'bearer-abc has expired' })
      .timeline('DO_FAILED', 1, { errorMessage: '*** has expired' }),
  );

  scenario('of a parallel flow each answer has its own', (s) =>
    s
      .given(parallel('both', 'one', 'two').sensitive('payload.iban'))
      .start({ iban: 'DE00123456' })
      .sends('DO one')
      .answers(failed('DE00123456 is closed'))
      .step('one')
      .has({ errorMessage: '*** is closed' }),
  );

  scenario('an error code that ends the retries ends them, whatever is sensitive', (s) =>
    s
      .given(
        sequential('codes', 'one').retries(3).nonRetryable('CLOSED').sensitive('payload.state'),
      )
      .start({ state: 'CLOSED' })
      .sends('DO one')
      .answers(failed('it is CLOSED', 'CLOSED'))
      .step('one')
      .has({ errorMessage: 'it is ***', errorCode: 'CLOSED' })
      .ends('UNDONE'),
  );
});
