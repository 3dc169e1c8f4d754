/** Which command a worker's answer is about (docs/protocol.md, "The message"). */
import { openIdOf, readAttemptId } from './attempt-id.js';
import type { Action, Flow, StepRun } from './flow.js';
import type { ReplyInput } from './input.js';

/** The attemptId it echoed, in parts; null = it echoed none. */
export type Ref = ReturnType<typeof readAttemptId>;

export function isFuture(step: StepRun, ref: NonNullable<Ref>): boolean {
  if (ref.action === 'DO') return ref.attempt < 1 || ref.attempt > step.attempt;
  return (
    ref.round < 1 ||
    ref.round > step.round ||
    (ref.round === step.round && ref.attempt > step.undoAttempt)
  );
}

export function actionOf(flow: Flow, step: StepRun, reply: ReplyInput, ref: Ref): Action {
  if (reply.action === 'FAIL_STEP')
    return ref?.action ?? step.open?.action ?? (step.round > 0 ? 'UNDO' : 'DO');
  // The Java library's bean error (docs/protocol.md): an UNDO's failure with a DO's attemptId is
  // that DO's failure.
  if (reply.action === 'UNDO' && ref?.action === 'DO' && reply.outcome === 'failure') return 'DO';
  if (reply.action !== null) return reply.action;
  return ref !== null && step.open?.action === 'UNDO' && reply.attemptId === openIdOf(flow, step)
    ? 'UNDO'
    : 'DO';
}
