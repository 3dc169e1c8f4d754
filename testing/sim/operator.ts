/** An operator with no plan while things go wrong; one who settles what was left when they stop. */
import type { Flow } from '../../src/saga/flow.js';
import { isTerminal } from '../../src/saga/flow.js';
import type { OperatorInput } from '../../src/saga/input.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';
import type { Gateway } from './gateway.js';

const ACTIONS = [
  'CANCEL',
  'STOP',
  'UNDO_FLOW',
  'PAUSE',
  'RESUME',
  'RETRY_STEP',
  'SKIP_STEP',
  'RESEND',
] as const;

export class Operator {
  constructor(
    private readonly random: SeededRandom,
    private readonly serving: () => Gateway | null,
  ) {}

  actAtRandom(flows: readonly Flow[]): void {
    if (flows.length === 0) return;
    const flow = this.random.pick(flows);
    const action = this.random.pick(ACTIONS);
    const stepName = this.random.pick(flow.steps).definition.name;
    if (action === 'CANCEL' || action === 'STOP')
      this.act(flow, { type: 'CANCEL', undo: action === 'CANCEL' });
    else if (action === 'RETRY_STEP' || action === 'RESEND')
      this.act(flow, { type: action, stepName });
    else if (action === 'SKIP_STEP') this.act(flow, { type: action, stepName, output: null });
    else this.act(flow, { type: action });
  }

  /** Paused ones go on, held ones are decided. */
  unblock(flows: readonly Flow[]): void {
    for (const flow of flows) {
      if (isTerminal(flow.status)) continue;
      if (flow.held) this.decide(flow);
      else if (flow.paused) this.act(flow, { type: 'RESUME' });
    }
  }

  private decide(flow: Flow): void {
    const exhausted = flow.steps.find(({ status }) => status === 'RETRY_EXHAUSTED');
    if (exhausted === undefined) return;
    const stepName = exhausted.definition.name;
    const how = this.random.pick(['UNDO_FLOW', 'RETRY_STEP', 'SKIP_STEP'] as const);
    if (how === 'UNDO_FLOW') this.act(flow, { type: how });
    else if (how === 'RETRY_STEP') this.act(flow, { type: how, stepName });
    else this.act(flow, { type: how, stepName, output: null });
  }

  private act({ flowId }: Flow, action: OperatorAction): void {
    const gateway = this.serving();
    // Whatever it answers: what was decided is on the timeline.
    gateway?.within(() => {
      gateway.engine
        .applyOperatorAction({ flowId, actor: 'ada', reason: 'random', ...action } as OperatorInput)
        .catch(() => undefined);
    });
  }
}

type OperatorAction = OperatorInput extends infer Action
  ? Action extends OperatorInput
    ? Omit<Action, 'flowId' | 'actor' | 'reason'>
    : never
  : never;
