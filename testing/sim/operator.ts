/** An operator with no plan while things go wrong; one who settles what was left when they stop. */
import type { Flow } from '../../src/saga/flow.js';
import { isTerminal } from '../../src/saga/flow.js';
import type { OperatorInput } from '../../src/saga/input.js';
import type { Chance } from './chance.js';
import type { Gateway } from './gateway.js';

const WORDS = [
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
    private readonly chance: Chance,
    private readonly serving: () => Gateway | null,
  ) {}

  meddle(flows: readonly Flow[]): void {
    if (flows.length === 0) return;
    const flow = this.chance.pick(flows);
    const word = this.chance.pick(WORDS);
    const stepName = this.chance.pick(flow.steps).definition.name;
    if (word === 'CANCEL' || word === 'STOP')
      this.say(flow, { type: 'CANCEL', undo: word === 'CANCEL' });
    else if (word === 'RETRY_STEP' || word === 'RESEND') this.say(flow, { type: word, stepName });
    else if (word === 'SKIP_STEP') this.say(flow, { type: word, stepName, output: null });
    else this.say(flow, { type: word });
  }

  /** Paused ones go on, held ones are decided. */
  settle(flows: readonly Flow[]): void {
    for (const flow of flows) {
      if (isTerminal(flow.status)) continue;
      if (flow.held) this.decide(flow);
      else if (flow.paused) this.say(flow, { type: 'RESUME' });
    }
  }

  private decide(flow: Flow): void {
    const exhausted = flow.steps.find(({ status }) => status === 'RETRY_EXHAUSTED');
    if (exhausted === undefined) return;
    const stepName = exhausted.definition.name;
    const how = this.chance.pick(['UNDO_FLOW', 'RETRY_STEP', 'SKIP_STEP'] as const);
    if (how === 'UNDO_FLOW') this.say(flow, { type: how });
    else if (how === 'RETRY_STEP') this.say(flow, { type: how, stepName });
    else this.say(flow, { type: how, stepName, output: null });
  }

  private say({ flowId }: Flow, word: OperatorWord): void {
    const gateway = this.serving();
    // Whatever it answers: what was decided is on the timeline.
    gateway?.within(() => {
      gateway.engine
        .say({ flowId, actor: 'ada', reason: 'chance', ...word } as OperatorInput)
        .catch(() => undefined);
    });
  }
}

type OperatorWord = OperatorInput extends infer Word
  ? Word extends OperatorInput
    ? Omit<Word, 'flowId' | 'actor' | 'reason'>
    : never
  : never;
