/**
 * Every input a flow in some state may get, with the labels of docs/states.md and the transition
 * table.
 */
import { attemptIdOf } from '../../src/saga/attempt-id.js';
import { type Flow, isTerminal, type StepRun } from '../../src/saga/flow.js';
import type { Input, ReplyInput, StartInput } from '../../src/saga/input.js';
import type { Orchestration } from '../../src/saga/orchestration.js';

export const FLOW_ID = 'f1';
/** The walk's one moment; timers are due or far away. */
export const NOW = 1_000_000;
export const FAR = 9_000_000;

export function startOf(orchestration: Orchestration): StartInput {
  return {
    type: 'START',
    flowId: FLOW_ID,
    orchestration,
    payload: null,
    headers: {},
    initiator: null,
    idempotencyKey: null,
  };
}

export interface Variant {
  /** As in transitions.md where it lists the input: `DO+`, `DO-old`, `timeout`, `retry`, … */
  readonly label: string;
  /** Null: it concerns the whole flow. */
  readonly step: number | null;
  readonly input: Exclude<Input, StartInput>;
  /** An answer of the open attempt, or a wait that is over; anything else disturbs. */
  readonly usual: boolean;
  /** What must be true of the flow for it: a timer that has come, an orchestration paused. */
  readonly given?: (flow: Flow) => Flow;
}

export function inputsFor(flow: Flow, orchestrationPauses: boolean): Variant[] {
  const ofSteps = flow.steps.flatMap((step, index) => [
    ...answers(step, index),
    ...timers(step, index),
    ...operators(step, index),
  ]);
  return [...ofSteps, ...flowInputs(flow), ...(orchestrationPauses ? [pauseOrchestration] : [])];
}

function answers(step: StepRun, index: number): Variant[] {
  const stepName = step.definition.name;
  const reply = (
    label: string,
    attemptId: string | null,
    more: Partial<ReplyInput>,
    usual = false,
  ): Variant => ({
    label,
    step: index,
    usual,
    input: { ...PLAIN_REPLY, flowId: FLOW_ID, stepName, attemptId, ...more },
  });
  const doId = (attempt: number) =>
    attemptIdOf(FLOW_ID, { stepName, action: 'DO', round: 0, attempt });
  const undoId = (round: number, attempt: number) =>
    attemptIdOf(FLOW_ID, { stepName, action: 'UNDO', round, attempt });
  const variants: Variant[] = [];
  for (const [sign, outcome] of OUTCOMES) {
    for (let attempt = 1; attempt <= step.attempt + 1; attempt++) {
      const label = `DO${sign}${ageOf(attempt, step.attempt)}`;
      const usual = outcome !== 'unknown' && step.open?.action === 'DO' && attempt === step.attempt;
      variants.push(reply(label, doId(attempt), { action: 'DO', outcome }, usual));
    }
    for (let round = 1; round <= step.round + 1; round++) {
      for (let attempt = 1; attempt <= (round < step.round ? 1 : step.undoAttempt + 1); attempt++) {
        const age = undoAgeOf(step, round, attempt);
        const usual = outcome !== 'unknown' && step.open?.action === 'UNDO' && age === '';
        variants.push(
          reply(`UNDO${sign}${age}`, undoId(round, attempt), { action: 'UNDO', outcome }, usual),
        );
      }
    }
    variants.push(
      reply(`DO${sign}`, null, { action: 'DO', outcome }),
      reply(`UNDO${sign}`, null, { action: 'UNDO', outcome }),
    );
    variants.push(reply(`none${sign}`, null, { action: null, outcome }));
  }
  variants.push(reply('FAIL_STEP', null, { action: 'FAIL_STEP', outcome: 'failure' }));
  variants.push(
    reply('final', null, { action: 'FAIL_STEP', outcome: 'failure', retryable: false }),
  );
  variants.push(reply('bean', doId(step.attempt), { action: 'UNDO', outcome: 'failure' }));
  return variants;
}

function ageOf(attempt: number, current: number): '' | 'old' | 'future' {
  if (attempt === current) return '';
  return attempt < current ? 'old' : 'future';
}

function undoAgeOf(step: StepRun, round: number, attempt: number): string {
  if (round < step.round) return 'oldround';
  return round > step.round ? 'future' : ageOf(attempt, step.undoAttempt);
}

const OUTCOMES = [
  ['+', 'success'],
  ['-', 'failure'],
  ['?', 'unknown'],
] as const;
const PLAIN_REPLY = {
  type: 'REPLY',
  action: 'DO',
  outcome: 'success',
  payload: null,
  errorMessage: null,
  errorCode: null,
  retryable: true,
} as const;

function timers(step: StepRun, index: number): Variant[] {
  const input = { type: 'TICK', flowId: FLOW_ID } as const;
  const { open, definition } = step;
  const variants: Variant[] = [];
  if (open !== null) {
    const attemptId = attemptIdOf(FLOW_ID, {
      stepName: definition.name,
      action: open.action,
      round: open.round,
      attempt: open.attempt,
    });
    const given = (flow: Flow) =>
      withStep(flow, index, (one) => ({ ...one, open: { ...open, deadline: NOW } }));
    const never = {
      type: 'UNPUBLISHABLE',
      flowId: FLOW_ID,
      attemptId,
      errorCode: 'GONE',
      errorMessage: 'gone',
    } as const;
    variants.push(
      { label: 'timeout', step: index, usual: false, input, given },
      { label: 'unpublishable', step: index, usual: false, input: never },
    );
  }
  if (step.nextAttemptAt !== null) {
    const given = (flow: Flow) => withStep(flow, index, (one) => ({ ...one, nextAttemptAt: NOW }));
    variants.push({ label: 'due', step: index, usual: true, input, given });
  }
  return variants;
}

function withStep(flow: Flow, index: number, change: (step: StepRun) => StepRun): Flow {
  return { ...flow, steps: flow.steps.map((step, at) => (at === index ? change(step) : step)) };
}

const ACTION = { flowId: FLOW_ID, actor: 'ada', reason: 'because' } as const;

/** Once per step and direction: enough to see a renewed budget, and the walk stays finite. */
function operators(step: StepRun, index: number): Variant[] {
  const stepName = step.definition.name;
  const skip: Variant = {
    label: 'skip',
    step: index,
    usual: false,
    input: { ...ACTION, type: 'SKIP_STEP', stepName, output: null },
  };
  const resend: Variant = {
    label: 'resend',
    step: index,
    usual: false,
    input: { ...ACTION, type: 'RESEND', stepName },
  };
  if (step.roundBase > 0 || (step.status === 'RETRY_EXHAUSTED' && step.attemptBase > 0))
    return [skip, resend];
  return [
    skip,
    resend,
    {
      label: 'retry',
      step: index,
      usual: false,
      input: { ...ACTION, type: 'RETRY_STEP', stepName },
    },
  ];
}

function flowInputs(flow: Flow): Variant[] {
  const variant = (label: string, input: Variant['input'], given?: Variant['given']): Variant => ({
    label,
    step: null,
    usual: false,
    input,
    ...(given && { given }),
  });
  const renewable = flow.steps.every((step) => step.roundBase === 0);
  return [
    variant('cancel', { ...ACTION, type: 'CANCEL', undo: false }),
    variant('cancel undo', { ...ACTION, type: 'CANCEL', undo: true }),
    ...(renewable || !isTerminal(flow.status)
      ? [variant('undoFlow', { ...ACTION, type: 'UNDO_FLOW' })]
      : []),
    variant('pause', { ...ACTION, type: 'PAUSE' }),
    variant('resume', { ...ACTION, type: 'RESUME' }),
    variant('nothing', { type: 'TICK', flowId: FLOW_ID }),
    ...(flow.deadline === null
      ? []
      : [
          variant('deadline', { type: 'TICK', flowId: FLOW_ID }, (one) => ({
            ...one,
            deadline: NOW,
          })),
        ]),
  ];
}

const pauseOrchestration: Variant = {
  label: 'pauseOrchestration',
  step: null,
  usual: false,
  input: { type: 'TICK', flowId: FLOW_ID },
  given: (flow) => ({ ...flow, orchestrationPaused: !flow.orchestrationPaused }),
};
