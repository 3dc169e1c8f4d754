/** What is replied when no handler runs. */
import type { Outcome } from './outcome.js';
import type { Decision } from './step-record.js';

/** A DO past its deadline. */
export interface Late {
  readonly kind: 'late';
}

export type NotRun = Exclude<Decision | Late, { readonly kind: 'run' | 'wait' }>;

const NO_RUN = (message: string, code: string, retryable: boolean): Outcome => ({
  kind: 'failure',
  message,
  code,
  retryable,
});

/** By the reason. */
const OUTCOMES: {
  readonly [K in NotRun['kind']]: (decision: Extract<NotRun, { readonly kind: K }>) => Outcome;
} = {
  repeat: ({ outcome }) => outcome,
  'nothing-to-undo': () => ({ kind: 'success', payload: null, headers: {} }),
  refuse: () => NO_RUN('the UNDO of this step came before this DO', 'ALREADY_UNDONE', false),
  late: () => NO_RUN('the DO arrived past its deadline', 'DEADLINE_PASSED', true),
};

/** For the log. */
export const REASONS: Readonly<Record<NotRun['kind'], string>> = {
  repeat: 'done before: the same is replied again',
  'nothing-to-undo': 'no DO of this step has begun: nothing to undo',
  refuse: 'the UNDO of this step came before this DO: refused',
  late: 'the DO arrived past its deadline: refused',
};

export function outcomeWithoutRun(decision: NotRun): Outcome {
  return OUTCOMES[decision.kind](decision as never);
}
