/**
 * Rule 16: for a worker that began to read behind its command: the command once more, or the next
 * attempt now.
 */

import { describe } from '@jest/globals';
import { failed, ok, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const ab = sequential('ab', 'a', 'b').timeout('10s');

describe('resendCommand', () => {
  scenario('sends the open command once more, as the same attempt, with a deadline from now', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a', { attempt: 1 })
      .after('7s')
      .resendCommand('a')
      .timeline('COMMAND_RESENT', 1, { stepName: 'a', action: 'DO', attempt: 1, actor: 'ada' })
      .sends('DO a', { attempt: 1, deadlineIn: '10s' })
      .after('7s')
      .step('a')
      .has({ status: 'IN_PROGRESS', attempt: 1 })
      .answers(ok)
      .sends('DO b')
      .andNothingElse(),
  );

  scenario('counts one answer, whichever copy it answers', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .resendCommand('a')
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answerTo('DO a', ok)
      .refused('ALREADY_DONE'),
  );

  scenario('times out from the second copy on', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .after('9s')
      .resendCommand('a')
      .sends('DO a')
      .after('9s')
      .step('a')
      .is('IN_PROGRESS')
      .after('1s')
      .sends('UNDO a'),
  );

  scenario('sends an UNDO once more, in its round', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failed('no'))
      .sends('UNDO a')
      .resendCommand('a')
      .sends('UNDO a', { round: 1, attempt: 1 })
      .answers(ok)
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('is refused where no command is open, and when the flow has ended', (s) =>
    s
      .given(ab.retries(1).backoff('5s'))
      .start()
      .resendCommand('b')
      .refused('NOT_ALLOWED')
      .resendCommand('nobody')
      .refused('UNKNOWN_STEP')
      .sends('DO a')
      .answers(failed('x'))
      .resendCommand('a')
      .refused('NOT_ALLOWED')
      .cancel({ undo: true })
      .ends('UNDONE')
      .resendCommand('a')
      .refused('FLOW_ENDED'),
  );

  scenario('is refused while the flow is paused, and for a DO once it turns around', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .pause()
      .resendCommand('a')
      .refused('NOT_ALLOWED')
      .undoFlow()
      .resendCommand('a')
      .refused('NOT_ALLOWED')
      .answers(failed('x'))
      .ends('UNDONE'),
  );

  scenario('is refused while the first copy waits to be published', (s) =>
    s
      .given(ab)
      .publisher('away')
      .start()
      .resendCommand('a')
      .refused('NOT_ALLOWED')
      .publisher('sends')
      .sends('DO a'),
  );

  scenario('a second copy that no publisher had does not make the first one unsent', (s) =>
    s
      .given(sequential('one', 'a').timeout('10s'))
      .start()
      .sends('DO a')
      .publisher('away')
      .resendCommand('a')
      .undoFlow()
      .timeline('RESEND_WITHDRAWN', 1, { stepName: 'a', attempt: 1 })
      .step('a')
      .is('IN_PROGRESS')
      .publisher('sends')
      .sendsNothing()
      .after('20s')
      .sends('UNDO a')
      .answers(ok)
      .ends('UNDONE'),
  );

  scenario('a second copy that no publisher had is withdrawn when the first one is answered', (s) =>
    s
      .given(ab)
      .start()
      .sends('DO a')
      .publisher('away')
      .resendCommand('a')
      .answers(ok)
      .publisher('sends')
      .sends('DO b')
      .andNothingElse(),
  );
});

describe('retryStep during a backoff', () => {
  scenario('runs the next DO now, out of the same budget', (s) =>
    s
      .given(ab.retries(1).backoff('1h', { max: '1h' }))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .retryStep('a')
      .timeline('STEP_RETRIED', 1, { stepName: 'a', action: 'DO', early: true })
      .sends('DO a', { attempt: 2 })
      .answers(failed('x'))
      .ends('UNDONE')
      .andNothingElse(),
  );

  scenario('runs the next UNDO now', (s) =>
    s
      .given(ab.undoRetries(1).undoBackoff('1h', { max: '1h' }))
      .start()
      .sends('DO a')
      .answers(ok)
      .sends('DO b')
      .answers(failed('no'))
      .sends('UNDO a')
      .answers(failed('x'))
      .retryStep('a')
      .sends('UNDO a', { attempt: 2, round: 1 })
      .answers(ok)
      .ends('UNDONE'),
  );

  scenario('waits for resumeFlow while the flow is paused', (s) =>
    s
      .given(ab.retries(1).backoff('1h', { max: '1h' }))
      .start()
      .sends('DO a')
      .answers(failed('x'))
      .pause()
      .retryStep('a')
      .sendsNothing()
      .resume()
      .sends('DO a', { attempt: 2 }),
  );
});
