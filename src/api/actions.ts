/**
 * What an operator may do with a flow now, and why not. The saga decides, so the answer is the
 * mutation's own.
 */
import { type OrchestrationVerb, whyNot } from '../engine/operations/standing.js';
import type { Standing } from '../engine/ports.js';
import { accept } from '../saga/accept.js';
import type { Flow } from '../saga/flow.js';
import type { OperatorInput } from '../saga/input.js';
import { refusalFor } from './auth/policy.js';
import type { Principal } from './auth/principal.js';

export interface AvailableAction {
  readonly name: string;
  readonly stepName: string | null;
  readonly allowed: boolean;
  readonly reason: string | null;
}

export const ACTION_NAMES = [
  'cancelFlow',
  'undoFlow',
  'pauseFlow',
  'resumeFlow',
  'retryStep',
  'resendCommand',
  'skipStep',
  'pauseOrchestration',
  'resumeOrchestration',
  'archiveOrchestration',
] as const;

const ORCHESTRATION_ACTIONS = {
  pauseOrchestration: 'PAUSE',
  resumeOrchestration: 'RESUME',
  archiveOrchestration: 'ARCHIVE',
} as const satisfies Readonly<Record<string, OrchestrationVerb>>;

/** What the caller has no right for is not allowed, whatever the flow. */
export function asAllowedTo(
  principal: Principal,
  actions: readonly AvailableAction[],
): AvailableAction[] {
  return actions.map((action) => {
    const refusal = refusalFor(principal, `Mutation.${action.name}`);
    return refusal === null ? action : { ...action, allowed: false, reason: refusal.message };
  });
}

export function availableOrchestrationActions(standing: Standing): AvailableAction[] {
  return Object.entries(ORCHESTRATION_ACTIONS).map(([name, verb]) => {
    const reason = whyNot(standing, verb);
    return { name, stepName: null, allowed: reason === null, reason };
  });
}

export function availableActions(flow: Flow): AvailableAction[] {
  const by = { flowId: flow.flowId, actor: 'anonymous', reason: '' };
  const checked = (
    name: string,
    stepName: string | null,
    input: OperatorInput,
  ): AvailableAction => {
    const accepted = accept(flow, input);
    const refusal = accepted !== null && 'refusal' in accepted ? accepted.refusal : null;
    return { name, stepName, allowed: refusal === null, reason: refusal?.message ?? null };
  };
  return [
    checked('cancelFlow', null, { ...by, type: 'CANCEL', undo: flow.status !== 'UNDOING' }),
    checked('undoFlow', null, { ...by, type: 'UNDO_FLOW' }),
    checked('pauseFlow', null, { ...by, type: 'PAUSE' }),
    checked('resumeFlow', null, { ...by, type: 'RESUME' }),
    ...flow.steps.flatMap(({ definition: { name: stepName } }) => [
      checked('retryStep', stepName, { ...by, type: 'RETRY_STEP', stepName }),
      checked('resendCommand', stepName, { ...by, type: 'RESEND', stepName }),
      checked('skipStep', stepName, { ...by, type: 'SKIP_STEP', stepName, output: null }),
    ]),
  ];
}
