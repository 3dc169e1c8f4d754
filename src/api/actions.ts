/** What an operator may do with a flow now, and why not: asked of the saga itself, so that it is never another answer than the mutation's. */
import { accept } from '../saga/accept.js';
import type { Flow } from '../saga/flow.js';
import type { OperatorInput } from '../saga/input.js';

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
  'skipStep',
] as const;

export function availableActions(flow: Flow): AvailableAction[] {
  const word = { flowId: flow.flowId, actor: 'anonymous', reason: '' };
  const asked = (name: string, stepName: string | null, input: OperatorInput): AvailableAction => {
    const accepted = accept(flow, input);
    const refusal = accepted !== null && 'refusal' in accepted ? accepted.refusal : null;
    return { name, stepName, allowed: refusal === null, reason: refusal?.message ?? null };
  };
  return [
    asked('cancelFlow', null, { ...word, type: 'CANCEL', undo: flow.status !== 'UNDOING' }),
    asked('undoFlow', null, { ...word, type: 'UNDO_FLOW' }),
    asked('pauseFlow', null, { ...word, type: 'PAUSE' }),
    asked('resumeFlow', null, { ...word, type: 'RESUME' }),
    ...flow.steps.flatMap(({ definition: { name: stepName } }) => [
      asked('retryStep', stepName, { ...word, type: 'RETRY_STEP', stepName }),
      asked('skipStep', stepName, { ...word, type: 'SKIP_STEP', stepName, output: null }),
    ]),
  ];
}
