/** A plan of what undoFlow would send is what it sends, and an old plan is refused. */
import { failed, ok, parallel, sequential } from '../kit/builders.js';
import { scenario } from '../kit/scenario.js';

const three = sequential('tenantCreation', 'createRealm', 'createClient', 'createUser');

scenario('what is done is planned newest first, and sent so', (s) =>
  s
    .given(three)
    .start({ tenant: 'acme' })
    .sends('DO createRealm')
    .answers(ok)
    .sends('DO createClient')
    .answers(ok)
    .sends('DO createUser')
    .plansToUndo('createUser', 'createClient', 'createRealm')
    .undoAsPlanned()
    .answerTo('DO createUser', ok)
    .sends('UNDO createUser')
    .answers(ok)
    .sends('UNDO createClient')
    .answers(ok)
    .sends('UNDO createRealm')
    .answers(ok)
    .ends('UNDONE')
    .andNothingElse(),
);

scenario('a flow that has gone on since is not undone by the old plan', (s) =>
  s
    .given(three)
    .start()
    .sends('DO createRealm')
    .plansToUndo('createRealm')
    .answerTo('DO createRealm', ok)
    .sends('DO createClient')
    .undoAsPlanned()
    .refused('PLAN_CHANGED')
    .is('IN_PROGRESS')
    .plansToUndo('createClient', 'createRealm')
    .undoAsPlanned()
    .is('UNDOING')
    .undoAsPlanned()
    .refused('PLAN_CHANGED'),
);

scenario('progress and a pause leave a plan true; the pause is lifted by it', (s) =>
  s
    .given(three)
    .start()
    .sends('DO createRealm')
    .plansToUndo('createRealm')
    .progress('DO createRealm', 0.5)
    .pause()
    .undoAsPlanned()
    .flow({ status: 'UNDOING', paused: false }),
);

scenario('of a parallel flow every step that may have happened is planned', (s) =>
  s
    .given(parallel('accounts', 'a', 'b', 'c'))
    .start()
    .sends('DO a')
    .sends('DO b')
    .sends('DO c')
    .answerTo('DO a', ok)
    .answerTo('DO c', ok)
    .plansToUndo('c', 'a', 'b')
    .undoAsPlanned()
    .sends('UNDO c')
    .sends('UNDO a')
    .answerTo('DO b', failed('no'))
    .answerTo('UNDO a', ok)
    .answerTo('UNDO c', ok)
    .ends('UNDONE')
    .andNothingElse(),
);

scenario('a completed flow, steps that have no UNDO apart', (s) =>
  s
    .given(sequential('o', 'a', 'b', 'c').step('b', { undo: 'none' }))
    .start()
    .sends('DO a')
    .answers(ok)
    .sends('DO b')
    .answers(ok)
    .sends('DO c')
    .answers(ok)
    .ends('COMPLETED')
    .plansToUndo('c', 'a')
    .undoAsPlanned()
    .sends('UNDO c')
    .answers(ok)
    .sends('UNDO a')
    .answers(ok)
    .ends('UNDONE'),
);

scenario('of a failed flow the UNDO that was given up comes again, and the others after it', (s) =>
  s
    .given(sequential('o', 'a', 'b', 'c'))
    .start()
    .sends('DO a')
    .answers(ok)
    .sends('DO b')
    .answers(ok)
    .sends('DO c')
    .answers(failed('boom'))
    .sends('UNDO b')
    .answers(failed('locked'))
    .ends('FAILED')
    .plansToUndo('b', 'a')
    .undoAsPlanned()
    .sends('UNDO b', { round: 2 })
    .answers(ok)
    .sends('UNDO a')
    .answers(ok)
    .ends('UNDONE')
    .plansToUndo()
    .undoAsPlanned()
    .refused('NOT_ALLOWED'),
);
