/**
 * What a worker remembers of one step of one flow, and what it follows for a command. Pure: the
 * stores keep it, handling.ts acts on it.
 */
import type { Action } from './command.js';
import type { Outcome } from './outcome.js';

type Success = Extract<Outcome, { readonly kind: 'success' }>;

type ActionRecord =
  /** A handler runs. Its owner prolongs `until` (ms since the epoch); afterwards it has crashed. */
  | { readonly state: 'running'; readonly owner: string; readonly until: number }
  | { readonly state: 'done'; readonly outcome: Success }
  /** A handler ran and threw: an effect may be in place although it failed. */
  | { readonly state: 'failed' };

export interface StepRecord {
  readonly do: ActionRecord | null;
  /** `requested`: an UNDO came while a DO ran. With any UNDO here no DO runs any more. */
  readonly undo: ActionRecord | { readonly state: 'requested' } | null;
}

export const NOTHING_KNOWN: StepRecord = { do: null, undo: null };

export type Decision =
  /** Store the record, then run the handler. */
  | { readonly kind: 'run'; readonly record: StepRecord }
  /** It was done before: reply the same again. */
  | { readonly kind: 'repeat'; readonly outcome: Success }
  /** No DO ever began: store the record, reply success, run nothing. */
  | { readonly kind: 'nothing-to-undo'; readonly record: StepRecord }
  /** A DO after its UNDO. */
  | { readonly kind: 'refuse' }
  /** Another handler of this step runs, until then at most. Store the record when it differs. */
  | { readonly kind: 'wait'; readonly until: number; readonly record: StepRecord };

interface Moment {
  readonly owner: string;
  /** ms since the epoch. */
  readonly now: number;
  readonly until: number;
  /** A missing record proves that no DO began: the store forgets nothing. */
  readonly complete: boolean;
}

export function decide(action: Action, record: StepRecord, moment: Moment): Decision {
  return action === 'DO' ? decideDo(record, moment) : decideUndo(record, moment);
}

function decideDo(record: StepRecord, moment: Moment): Decision {
  if (record.undo !== null) return { kind: 'refuse' };
  const { do: held } = record;
  if (held?.state === 'done') return { kind: 'repeat', outcome: held.outcome };
  const busyUntil = runsUntil(held, moment.now);
  if (busyUntil !== null) return { kind: 'wait', until: busyUntil, record };
  return { kind: 'run', record: { ...record, do: runningOf(moment) } };
}

function decideUndo(record: StepRecord, moment: Moment): Decision {
  const { do: held, undo } = record;
  if (undo?.state === 'done') return { kind: 'repeat', outcome: undo.outcome };
  const undoUntil = runsUntil(undo, moment.now);
  if (undoUntil !== null) return { kind: 'wait', until: undoUntil, record };
  const doUntil = runsUntil(held, moment.now);
  if (doUntil !== null) {
    const requested = undo ?? ({ state: 'requested' } as const);
    return { kind: 'wait', until: doUntil, record: { ...record, undo: requested } };
  }
  if (held === null && moment.complete) {
    const done = {
      state: 'done',
      outcome: { kind: 'success', payload: null, headers: {} },
    } as const;
    return { kind: 'nothing-to-undo', record: { ...record, undo: done } };
  }
  return { kind: 'run', record: { ...record, undo: runningOf(moment) } };
}

function runsUntil(held: StepRecord['undo'], now: number): number | null {
  return held?.state === 'running' && held.until > now ? held.until : null;
}

function runningOf({ owner, until }: Moment): ActionRecord {
  return { state: 'running', owner, until };
}

/** The record after the handler of this owner has ended; null = another one has taken over. */
export function ended(
  action: Action,
  record: StepRecord,
  owner: string,
  outcome: Outcome,
): StepRecord | null {
  const place = action === 'DO' ? 'do' : 'undo';
  const held = record[place];
  const mine = held?.state === 'running' && held.owner === owner;
  // A success counts also when its time had run out and another one runs or has failed.
  if (outcome.kind === 'success')
    return held?.state === 'done' ? null : { ...record, [place]: { state: 'done', outcome } };
  return mine ? { ...record, [place]: { state: 'failed' } } : null;
}

/** The record with more time for the handler of this owner; null = another one has taken over. */
export function prolonged(
  action: Action,
  record: StepRecord,
  owner: string,
  until: number,
): StepRecord | null {
  const place = action === 'DO' ? 'do' : 'undo';
  const held = record[place];
  if (held?.state !== 'running' || held.owner !== owner) return null;
  return { ...record, [place]: { ...held, until } };
}
