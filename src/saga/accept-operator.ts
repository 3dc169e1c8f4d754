/**
 * What an operator may do with a flow in its state (rules.md#undo-exhausted, #hold,
 * #turning-around, #pause-and-skip).
 */
import { acceptStepAction } from './accept-step-action.js';
import { type Accepted, facts, onStep, refuse, withdrawalsOf } from './accepted.js';
import type { EventBody } from './event.js';
import { type Flow, isTerminal } from './flow.js';
import type { OperatorInput } from './input.js';
import { planHashOf } from './plan-hash.js';

export function acceptOperator(flow: Flow, input: OperatorInput): Accepted {
  const { actor, reason } = input;
  const refused = (why: string): Accepted => refuse('NOT_ALLOWED', why);
  switch (input.type) {
    case 'CANCEL':
      return acceptCancel(flow, input);
    case 'UNDO_FLOW':
      return acceptUndo(flow, input);
    case 'PAUSE':
      if (isTerminal(flow.status)) return refuse('FLOW_ENDED', `the flow is ${flow.status}`);
      return flow.paused
        ? refused('the flow is paused already')
        : facts({ type: 'FLOW_PAUSED', actor, reason });
    case 'RESUME':
      if (flow.held)
        return refused(
          'the flow is held: decide for each exhausted step first (retryStep, skipStep) or undo the flow',
        );
      return flow.paused
        ? facts({ type: 'FLOW_RESUMED', actor, reason })
        : refused('the flow is not paused');
    default:
      return onStep(flow, input.stepName, (step) => acceptStepAction(flow, step, input));
  }
}

function acceptUndo(flow: Flow, input: OperatorInput & { readonly type: 'UNDO_FLOW' }): Accepted {
  const { actor, reason, planHash = null } = input;
  if (planHash !== null && planHash !== planHashOf(flow))
    return refuse(
      'PLAN_CHANGED',
      'the flow has changed since this plan was made: look at undoPlan again',
    );
  if (flow.status === 'FAILED')
    return facts({ type: 'FLOW_REOPENED', stepName: null, actor, reason });
  if (flow.status === 'IN_PROGRESS' || flow.status === 'COMPLETED')
    return facts(turnedBy('UNDO_REQUESTED', `undo requested by ${actor}: ${reason}`, actor));
  return refuse('NOT_ALLOWED', `the flow is ${flow.status}`);
}

/**
 * Without undo: commands that no publisher has are withdrawn, published ones stay open, and nothing
 * is sent afterwards (rules.md#turning-around).
 */
function acceptCancel(flow: Flow, input: OperatorInput & { readonly type: 'CANCEL' }): Accepted {
  const { actor, reason } = input;
  const failureReason = `cancelled by ${actor}: ${reason}`;
  if (isTerminal(flow.status)) return refuse('FLOW_ENDED', `the flow is ${flow.status}`);
  if (!input.undo) {
    const withdrawn = flow.steps.flatMap((step) => withdrawalsOf(flow, step));
    return facts(...withdrawn, { type: 'FLOW_CANCELLED', failureReason, actor, reason });
  }
  if (flow.status === 'UNDOING')
    return refuse(
      'NOT_ALLOWED',
      'the flow is undoing already; cancel without undo to stop it where it is',
    );
  return facts(turnedBy('CANCELLED', failureReason, actor));
}

function turnedBy(
  cause: 'CANCELLED' | 'UNDO_REQUESTED',
  failureReason: string,
  actor: string,
): EventBody {
  return { type: 'FLOW_TURNED_AROUND', cause, stepName: null, failureReason, actor };
}
