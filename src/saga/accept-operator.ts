/** What an operator may ask of a flow in its state (rules 6, 7, 11, 12). */

import { type Accepted, fact, onStep, refuse } from './accepted.js';
import type { EventBody } from './event.js';
import { type Flow, isTerminal, type StepRun } from './flow.js';
import type { OperatorInput } from './input.js';
import { needsUndo } from './undo.js';

export function acceptOperator(flow: Flow, input: OperatorInput): Accepted {
  const { actor, reason } = input;
  const refused = (why: string): Accepted => refuse('NOT_ALLOWED', why);
  const { status } = flow;
  switch (input.type) {
    case 'CANCEL':
      if (isTerminal(status)) return refuse('FLOW_ENDED', `the flow is ${status}`);
      if (!input.undo)
        return fact({
          type: 'FLOW_CANCELLED',
          failureReason: `cancelled by ${actor}: ${reason}`,
          actor,
          reason,
        });
      if (status === 'UNDOING')
        return refused('the flow is undoing already; cancel without undo to stop it where it is');
      return fact(turnedBy('CANCELLED', `cancelled by ${actor}: ${reason}`, actor));
    case 'UNDO_FLOW':
      if (status === 'FAILED') return fact({ type: 'FLOW_REOPENED', actor, reason });
      if (status === 'IN_PROGRESS' || status === 'COMPLETED')
        return fact(turnedBy('UNDO_REQUESTED', `undo asked by ${actor}: ${reason}`, actor));
      return refused(`the flow is ${status}`);
    case 'PAUSE':
      if (isTerminal(status)) return refuse('FLOW_ENDED', `the flow is ${status}`);
      return flow.paused
        ? refused('the flow is paused already')
        : fact({ type: 'FLOW_PAUSED', actor, reason });
    case 'RESUME':
      if (flow.held)
        return refused(
          'the flow is held: decide for each exhausted step first (retryStep, skipStep) or undo the flow',
        );
      return flow.paused
        ? fact({ type: 'FLOW_RESUMED', actor, reason })
        : refused('the flow is not paused');
    case 'RETRY_STEP':
      return onStep(flow, input.stepName, (step) => acceptRetry(flow, step, actor, reason));
    case 'SKIP_STEP':
      return onStep(flow, input.stepName, (step) => acceptSkip(flow, step, input));
  }
}

function turnedBy(
  cause: 'CANCELLED' | 'UNDO_REQUESTED',
  failureReason: string,
  actor: string,
): EventBody {
  return { type: 'FLOW_TURNED_AROUND', cause, stepName: null, failureReason, actor };
}

function acceptRetry(flow: Flow, step: StepRun, actor: string, reason: string): Accepted {
  const stepName = step.definition.name;
  if (flow.status === 'IN_PROGRESS' && step.status === 'RETRY_EXHAUSTED')
    return fact({ type: 'STEP_RETRIED', stepName, action: 'DO', actor, reason });
  const undoAgain =
    (flow.status === 'UNDOING' && step.undoExhausted) ||
    (flow.status === 'FAILED' && (step.undoExhausted || needsUndo(step)));
  if (undoAgain) return fact({ type: 'STEP_RETRIED', stepName, action: 'UNDO', actor, reason });
  return refuse(
    'NOT_ALLOWED',
    `${stepName} is ${step.status} in a flow that is ${flow.status}: nothing of it is exhausted`,
  );
}

function acceptSkip(
  flow: Flow,
  step: StepRun,
  input: OperatorInput & { readonly type: 'SKIP_STEP' },
): Accepted {
  const { actor, reason, output } = input;
  const stepName = step.definition.name;
  if (flow.status === 'IN_PROGRESS' && step.status === 'RETRY_EXHAUSTED') {
    return fact({ type: 'STEP_SKIPPED', stepName, action: 'DO', output, actor, reason });
  }
  if ((flow.status === 'UNDOING' || flow.status === 'FAILED') && step.undoExhausted) {
    return fact({ type: 'STEP_SKIPPED', stepName, action: 'UNDO', output: null, actor, reason });
  }
  return refuse(
    'NOT_ALLOWED',
    `${stepName} is ${step.status} in a flow that is ${flow.status}: nothing of it is exhausted`,
  );
}
