/**
 * A DO success after the flow turned around (rules.md#late-success, #unpublished-commands): the
 * step is done, or owes one more UNDO round.
 */
import { type Accepted, facts, refuse } from './accepted.js';
import type { EventBody } from './event.js';
import type { Flow, StepRun } from './flow.js';
import type { ReplyInput } from './input.js';
import type { Ref } from './reply-target.js';
import { addedBy } from './worker-headers.js';

export function acceptLate(flow: Flow, step: StepRun, reply: ReplyInput, ref: Ref): Accepted {
  const stepName = step.definition.name;
  if (step.skipped) return refuse('WRONG_STATE', `${stepName} was settled by an operator`);
  if (step.attempt === 0) return refuse('NOT_SENT', `no DO of ${stepName} was sent`);
  if (step.status === 'DO_SUCCESS') return refuse('ALREADY_DONE', `${stepName} is done already`);
  if (step.status !== 'UNDOING' && step.status !== 'UNDO_FAIL')
    return facts(succeeded(flow, step, reply, ref?.attempt ?? step.attempt));
  if (step.roundOwed) return refuse('ALREADY_DONE', `${stepName} owes another UNDO round already`);
  const output = reply.outcome === 'unknown' ? null : reply.payload;
  return facts({ type: 'UNDO_ROUND_OWED', stepName, output });
}

/** `attempt`: the one the success answers. */
export function succeeded(
  flow: Flow,
  step: StepRun,
  reply: ReplyInput,
  attempt: number,
): EventBody {
  return {
    type: 'DO_SUCCEEDED',
    stepName: step.definition.name,
    attempt,
    late: flow.status !== 'IN_PROGRESS',
    assumed: reply.outcome === 'unknown',
    output: reply.payload,
    ...addedBy(flow, step, reply.headers ?? {}),
  };
}
