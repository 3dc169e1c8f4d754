/**
 * The sizes that are walked: every combination of settings for few steps, and how far each is
 * followed.
 */
import type {
  Backoff,
  Orchestration,
  OrchestrationType,
  UndoPolicy,
} from '../../src/saga/orchestration.js';
import { parallel, sequential } from '../kit/builders.js';

export interface Size {
  readonly orchestration: Orchestration;
  /**
   * How many unusual things (timeouts, stale or unreadable answers, operators) may happen on one
   * path.
   */
  readonly disturbances: number;
  /** Its orchestration may be paused and resumed. */
  readonly orchestrationPauses: boolean;
}

/** Any wait will do: in the walk a timer fires when the walk decides. */
const WAIT: Backoff = { initialMs: 1000, factor: 2, maxMs: 30_000, jitter: 'none' };

interface Settings {
  type: OrchestrationType;
  steps: number;
  retries: number;
  onRetriesExhausted: 'undo' | 'hold';
  onUndoExhausted: 'stop' | 'continue';
  /** Of the first step; the others are `required`. */
  undo: UndoPolicy;
  deadline?: boolean;
}

export function sized(settings: Settings, disturbances: number, orchestrationPauses = false): Size {
  const { type, retries, onRetriesExhausted, onUndoExhausted, undo, deadline } = settings;
  const names = ['a', 'b', 'c'].slice(0, settings.steps);
  const title = [
    type,
    `${settings.steps} steps`,
    `${retries} retries`,
    onRetriesExhausted,
    onUndoExhausted,
    undo,
    deadline ? 'deadline' : '',
  ];
  const made = type === 'SEQUENTIAL' ? sequential : parallel;
  const plain = made(title.filter(Boolean).join(' '), ...names)
    .retries(retries)
    .step('a', { undo }).orchestration;
  const steps = plain.steps.map((step) => ({ ...step, backoff: WAIT, undoBackoff: WAIT }));
  const orchestration = {
    ...plain,
    steps,
    onRetriesExhausted,
    onUndoExhausted,
    deadlineMs: deadline ? 1_000_000 : null,
  };
  return { orchestration, disturbances, orchestrationPauses };
}

const TYPES = ['SEQUENTIAL', 'PARALLEL'] as const;
function* combinations(
  types: readonly OrchestrationType[],
  steps: number,
  retries: number,
  policies: readonly UndoPolicy[],
): Generator<Settings> {
  // One step has no other to continue with.
  for (const type of types)
    for (const onRetriesExhausted of ['undo', 'hold'] as const)
      for (const onUndoExhausted of steps === 1
        ? (['stop'] as const)
        : (['stop', 'continue'] as const))
        for (const undo of policies)
          yield { type, steps, retries, onRetriesExhausted, onUndoExhausted, undo };
}

/** As deep as it takes to be out of rounds while another step is open. */
const OUT_OF_ROUNDS = {
  onRetriesExhausted: 'hold',
  onUndoExhausted: 'stop',
  undo: 'required',
} as const;

/**
 * How far the walks go: `short` in every test run, `long` before a release (a minute or two),
 * `deep` when the saga changed (an hour).
 */
export const DEPTHS = ['short', 'long', 'deep'] as const;
export type Depth = (typeof DEPTHS)[number];

export function sizes(depth: Depth): Size[] {
  const more = depth === 'deep' ? 1 : 0;
  const less = depth === 'short' ? 1 : 0;
  const of = (disturbances: number, ...some: Parameters<typeof combinations>) =>
    [...combinations(...some)].map((one) => sized(one, disturbances + more));
  return [
    ...of(5 + 4 * more, ['SEQUENTIAL'], 1, 0, ['required', 'none', 'always']),
    ...of(4 + 5 * more, ['SEQUENTIAL'], 1, 1, ['required', 'none', 'always']),
    ...of(2, ['PARALLEL'], 1, 1, ['required']),
    ...of(3 - less, TYPES, 2, 0, ['required']),
    sized({ ...OUT_OF_ROUNDS, type: 'PARALLEL', steps: 2, retries: 0 }, 4 + more),
    ...of(2 - less, TYPES, 2, 1, ['required', 'none']),
    ...of(1, TYPES, 2, 1, ['always']),
    ...of(2 - less, ['SEQUENTIAL'], 3, 0, ['required']),
    ...of(1 - less, ['SEQUENTIAL'], 3, 1, ['required']),
    ...of(1, ['PARALLEL'], 3, 0, ['required']),
    ...of(1 - less, ['PARALLEL'], 3, 1, ['required']),
    ...[...combinations(TYPES, 2, 1, ['required'])]
      .filter(isTypical)
      .map((one) => sized({ ...one, deadline: true }, 2 - less + more, true)),
  ];
}

/** For the world with effects; settings of operators play no part. */
export function worldSizes(depth: Depth): Size[] {
  const more = { short: -1, long: 0, deep: 1 }[depth];
  const plain = {
    onRetriesExhausted: 'undo',
    onUndoExhausted: 'continue',
    undo: 'required',
  } as const;
  const of = (type: OrchestrationType, steps: number, retries: number, disturbances: number) =>
    sized({ ...plain, type, steps, retries }, disturbances + more);
  return [
    of('SEQUENTIAL', 1, 0, 6),
    of('SEQUENTIAL', 1, 1, 4),
    of('SEQUENTIAL', 2, 0, 4),
    of('SEQUENTIAL', 2, 1, 2),
    of('SEQUENTIAL', 3, 0, 2),
    of('PARALLEL', 2, 0, 3),
    of('PARALLEL', 2, 1, 1),
    of('PARALLEL', 3, 0, 1),
  ];
}

function isTypical({ onRetriesExhausted, onUndoExhausted }: Settings): boolean {
  return onRetriesExhausted === 'hold' && onUndoExhausted === 'stop';
}
