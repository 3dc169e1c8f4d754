/**
 * Orchestrations of up to eight steps, and what may happen to their flows: sensible, late, doubled,
 * made up.
 */
import fc from 'fast-check';
import { attemptIdOf } from '../../src/saga/attempt-id.js';
import type { Flow, StepRun } from '../../src/saga/flow.js';
import type { Input, StartInput } from '../../src/saga/input.js';
import type { Backoff, Orchestration } from '../../src/saga/orchestration.js';
import { sequential } from '../kit/builders.js';
import { FLOW_ID } from './inputs.js';

export interface Happening {
  /** Milliseconds since the one before. */
  readonly later: number;
  readonly orchestrationPaused: boolean;
  /** Some of the commands that are open. */
  readonly withdrawable: (flow: Flow) => string[];
  readonly unsent: (flow: Flow) => string[];
  readonly input: (flow: Flow) => Exclude<Input, StartInput>;
}

const backoff: fc.Arbitrary<Backoff> = fc.record({
  initialMs: fc.constantFrom(0, 0, 1, 500),
  factor: fc.constantFrom(1, 2, 3),
  maxMs: fc.constantFrom(1000, 30_000),
  jitter: fc.constantFrom('none', 'full'),
});

const step = fc.record({
  maxRetries: fc.nat({ max: 4 }),
  undoMaxRetries: fc.nat({ max: 4 }),
  timeoutMs: fc.constantFrom(1000, 5000),
  undoTimeoutMs: fc.constantFrom(1000, 5000),
  backoff,
  undoBackoff: backoff,
  nonRetryableErrors: fc.constantFrom([], ['QUOTA']),
  undo: fc.constantFrom('required', 'required', 'required', 'none', 'always'),
});

export const orchestrations: fc.Arbitrary<Orchestration> = fc
  .record({
    type: fc.constantFrom('SEQUENTIAL', 'PARALLEL'),
    steps: fc.array(step, { minLength: 1, maxLength: 8 }),
    deadlineMs: fc.constantFrom(null, null, 0, 3000, 20_000),
    onRetriesExhausted: fc.constantFrom('undo', 'hold'),
    onUndoExhausted: fc.constantFrom('stop', 'continue'),
  })
  .map(({ steps, ...settings }) => {
    const plain = sequential('random', ...steps.map((_, index) => `s${index}`)).orchestration;
    return {
      ...plain,
      ...settings,
      steps: plain.steps.map((one, index) => ({ ...one, ...steps[index] })),
    };
  });

/** Which step, which of its attempts; numbers are taken modulo what there is. */
const aim = fc.record({
  step: fc.nat({ max: 7 }),
  open: fc.boolean(),
  echo: fc.constantFrom('open', 'open', 'open', 'open', 'none', 'older', 'garbage'),
  older: fc.nat({ max: 9 }),
  garbage: fc.constantFrom(
    '',
    'x',
    `${FLOW_ID}:s0:DO:0:99`,
    `${FLOW_ID}:s0:UNDO:7:1`,
    `${FLOW_ID}:s0:DO:-1:1`,
    'other:s0:DO:0:1',
    `${FLOW_ID}:s1:DO:0:1`,
  ),
});
type Aim = typeof aim extends fc.Arbitrary<infer T> ? T : never;

/** Mostly a step with a command open, so that flows get somewhere. */
function target(flow: Flow, { step: at, open }: Aim): StepRun {
  const all = open ? flow.steps.filter((one) => one.open !== null) : [];
  const some = all.length > 0 ? all : flow.steps;
  const found = some[at % some.length];
  if (found === undefined) throw new Error('a flow has steps');
  return found;
}

function attemptFor(
  step: StepRun,
  action: 'DO' | 'UNDO',
  { echo, older, garbage }: Aim,
): string | null {
  if (echo === 'none') return null;
  if (echo === 'garbage') return garbage;
  const back = echo === 'older' ? older : 0;
  const { name } = step.definition;
  if (action === 'DO')
    return attemptIdOf(FLOW_ID, {
      stepName: name,
      action: 'DO',
      round: 0,
      attempt: Math.max(1, step.attempt - back),
    });
  const round = Math.max(1, step.round - Math.floor(back / 3));
  return attemptIdOf(FLOW_ID, {
    stepName: name,
    action: 'UNDO',
    round,
    attempt: Math.max(1, step.undoAttempt - (back % 3)),
  });
}

const replied = fc
  .record({
    aim,
    action: fc.constantFrom(
      'same',
      'same',
      'same',
      'same',
      'same',
      'DO',
      'UNDO',
      'FAIL_STEP',
      null,
    ),
    outcome: fc.constantFrom('success', 'success', 'success', 'failure', 'failure', 'unknown'),
    payload: fc.constantFrom(null, '1', '{"a":[1,2]}', '9007199254740993'),
    retryable: fc.constantFrom(true, true, true, false),
    errorCode: fc.constantFrom(null, 'QUOTA', 'BUSY'),
  })
  .map(
    ({ aim: at, action, outcome, payload, ...rest }) =>
      (flow: Flow): Exclude<Input, StartInput> => {
        const step = target(flow, at);
        const own = step.open?.action ?? (step.round > 0 ? 'UNDO' : 'DO');
        const as = action === 'same' ? own : action;
        const attemptId = attemptFor(step, as === 'DO' || as === 'UNDO' ? as : own, at);
        const fits = {
          outcome: as === 'FAIL_STEP' ? 'failure' : outcome,
          payload: outcome === 'success' ? payload : null,
        } as const;
        return {
          type: 'REPLY',
          flowId: FLOW_ID,
          stepName: step.definition.name,
          action: as,
          attemptId,
          errorMessage: 'a failure',
          ...fits,
          ...rest,
        };
      },
  );

const others = fc
  .record({
    aim,
    type: fc.constantFrom(
      'TICK',
      'TICK',
      'PROGRESS',
      'UNPUBLISHABLE',
      'QUARANTINED',
      'UNKNOWN_STEP',
    ),
  })
  .map(({ aim: at, type }) => (flow: Flow): Exclude<Input, StartInput> => {
    const step = target(flow, at);
    const stepName = step.definition.name;
    const attemptId = attemptFor(step, step.open?.action ?? 'DO', at);
    if (type === 'PROGRESS')
      return {
        type,
        flowId: FLOW_ID,
        stepName,
        attemptId,
        progress: 0.5,
        message: at.open ? 'half' : null,
      };
    if (type === 'UNKNOWN_STEP')
      return {
        type: 'PROGRESS',
        flowId: FLOW_ID,
        stepName: 'nobody',
        attemptId,
        progress: null,
        message: null,
      };
    if (type === 'UNPUBLISHABLE')
      return {
        type,
        flowId: FLOW_ID,
        attemptId: attemptId ?? '',
        errorCode: 'GONE',
        errorMessage: 'gone',
      };
    if (type === 'QUARANTINED')
      return { type, flowId: FLOW_ID, stepName, code: 'STATUS_UNREADABLE', message: 'what?' };
    return { type: 'TICK', flowId: FLOW_ID };
  });

const operators = fc
  .record({
    aim,
    type: fc.constantFrom(
      'UNDO_FLOW',
      'PAUSE',
      'PAUSE',
      'RESUME',
      'RESUME',
      'RESUME',
      'RETRY_STEP',
      'RETRY_STEP',
      'SKIP_STEP',
      'RESEND',
      'CANCEL',
    ),
    undo: fc.constantFrom(true, true, true, true, false),
  })
  .map(({ aim: at, type, undo }) => (flow: Flow): Exclude<Input, StartInput> => {
    const action = { flowId: FLOW_ID, actor: 'ada', reason: 'because · she can' } as const;
    const stepName = target(flow, at).definition.name;
    if (type === 'RETRY_STEP' || type === 'RESEND') return { ...action, type, stepName };
    if (type === 'SKIP_STEP') return { ...action, type, stepName, output: '"by hand"' };
    return type === 'CANCEL' ? { ...action, type, undo } : { ...action, type };
  });

const happening: fc.Arbitrary<Happening> = fc
  .record({
    later: fc.constantFrom(0, 0, 0, 1, 400, 1000, 6000, 40_000, 10_000_000),
    orchestrationPaused: fc.constantFrom(false, false, false, false, false, false, false, true),
    withdrawable: fc.constantFrom<readonly number[]>([], [], [], [0], [0, 1, 2, 3, 4, 5, 6, 7]),
    unsent: fc.constantFrom<readonly number[]>([], [], [], [0], [0, 1, 2, 3, 4, 5, 6, 7]),
    input: fc.oneof(
      { weight: 12, arbitrary: replied },
      { weight: 3, arbitrary: others },
      { weight: 2, arbitrary: operators },
    ),
  })
  .map(({ withdrawable, unsent, ...rest }) => ({
    ...rest,
    withdrawable: (flow) => openIds(flow).filter((_, index) => withdrawable.includes(index)),
    unsent: (flow) => openIds(flow).filter((_, index) => unsent.includes(index)),
  }));

function openIds({ steps }: Flow): string[] {
  return steps.flatMap(({ open, definition }) =>
    open === null
      ? []
      : [
          attemptIdOf(FLOW_ID, {
            stepName: definition.name,
            action: open.action,
            round: open.round,
            attempt: open.attempt,
          }),
        ],
  );
}

export const happenings = fc.array(happening, { maxLength: 60, size: 'max' });
