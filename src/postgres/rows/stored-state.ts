/** What of a flow and its steps has no column of its own: one small JSON in each row. */
import { jsonText } from '../../json/order.js';
import type { Flow, Instant, OpenCommand, StepRun } from '../../saga/flow.js';

/** The state of a step that has no column; absent = as in a step that was never sent. */
export interface StepState {
  readonly open?: OpenCommand;
  readonly nextAttemptAt?: Instant;
  readonly attemptBase?: number;
  readonly round?: number;
  readonly roundBase?: number;
  readonly undoAttempt?: number;
  readonly unknown?: true;
  readonly neverSent?: true;
  readonly final?: true;
  readonly undoExhausted?: true;
  /** `roundOwed`, under the name it was first stored with. */
  readonly owes?: true;
  readonly undoRequested?: true;
  readonly skipped?: true;
  readonly addedHeaders?: Readonly<Record<string, unknown>>;
  /** The same, sealed: JSON text. */
  readonly sealedHeaders?: string;
  readonly progress?: number;
  readonly progressMessage?: string;
  readonly progressAt?: Instant;
  /** Number of the event whose payload body `output` is: the body is not stored with the event. */
  readonly outputEvent?: number;
}

/** The state of a flow that has no column. */
export interface RunState {
  readonly deadline?: Instant;
  readonly deadlineStoppedAt?: Instant;
  readonly paused?: true;
  readonly pausedAt?: Instant;
  readonly pauseReason?: string;
  readonly held?: true;
  readonly halted?: true;
}

export function runState(flow: Flow): string | null {
  const { deadline, deadlineStoppedAt, paused, pausedAt, pauseReason, held, halted } = flow;
  if (deadline === null && !paused && !held && !halted && deadlineStoppedAt === null) return null;
  return compact({ deadline, deadlineStoppedAt, paused, pausedAt, pauseReason, held, halted });
}

export function stepState(
  step: StepRun,
  outputEvent: number,
  seal: ((text: string) => string) | null = null,
): string | null {
  const {
    open,
    nextAttemptAt,
    attemptBase,
    round,
    roundBase,
    undoAttempt,
    unknown,
    neverSent,
    final,
    undoExhausted,
    roundOwed,
    undoRequested,
    skipped,
  } = step;
  const { addedHeaders, progress, progressMessage, progressAt } = step;
  const headers =
    seal === null || addedHeaders === null
      ? { addedHeaders }
      : { sealedHeaders: seal(jsonText(addedHeaders)) };
  const counted = { attemptBase, round, roundBase, undoAttempt, outputEvent };
  const undo = { undoExhausted, owes: roundOwed, undoRequested };
  const flags = { unknown, neverSent, final, ...undo, skipped };
  return compact(
    { open, nextAttemptAt, ...counted, ...flags, ...headers, progressMessage, progressAt },
    progress === null ? {} : { progress },
  );
}

function compact(
  fields: Record<string, unknown>,
  kept: Record<string, unknown> = {},
): string | null {
  const set = Object.entries(fields).filter(
    ([, value]) => value !== null && value !== false && value !== 0,
  );
  const state = { ...Object.fromEntries(set), ...kept };
  return Object.keys(state).length === 0 ? null : JSON.stringify(state);
}
