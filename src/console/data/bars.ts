/**
 * What is drawn of a flow: for each step its attempts and waits as spans of time, from the events
 * alone.
 */

export interface BarEvent {
  readonly type: string;
  /** ISO 8601. */
  readonly at: string;
  readonly stepName: string | null;
  readonly action: string | null;
  readonly attempt: number | null;
  readonly message: string | null;
}

export type Outcome = 'open' | 'done' | 'failed' | 'unknown' | 'withdrawn' | 'waited';

export interface Bar {
  readonly kind: 'DO' | 'UNDO' | 'WAIT';
  readonly attempt: number;
  /** ms since the epoch. */
  readonly from: number;
  /** ms since the epoch; null = not over. */
  readonly to: number | null;
  readonly outcome: Outcome;
  readonly message: string;
}

const ENDS: Readonly<Record<string, Outcome>> = {
  DO_SUCCEEDED: 'done',
  DO_FAILED: 'failed',
  DO_OUTCOME_UNKNOWN: 'unknown',
  DO_WITHDRAWN: 'withdrawn',
  UNDO_SUCCEEDED: 'done',
  UNDO_FAILED: 'failed',
  UNDO_WITHDRAWN: 'withdrawn',
  STEP_SKIPPED: 'done',
};
const OVER = /^FLOW_(COMPLETED|UNDONE|FAILED|CANCELLED)$/;

/** Step → its bars in the order of time. Events must be in the order of their number. */
export function barsOf(events: readonly BarEvent[]): ReadonlyMap<string, readonly Bar[]> {
  const steps = new Map<string, Bar[]>();
  for (const event of events) {
    const at = Date.parse(event.at);
    if (OVER.test(event.type)) for (const bars of steps.values()) endWait(bars, at);
    if (event.stepName === null) continue;
    const bars = steps.get(event.stepName) ?? [];
    steps.set(event.stepName, bars);
    add(bars, event, at);
  }
  return steps;
}

function add(bars: Bar[], event: BarEvent, at: number): void {
  const { type, attempt, message } = event;
  const common = { attempt: attempt ?? 1, from: at, to: null, outcome: 'open' as const };
  if (type === 'DO_SENT' || type === 'UNDO_SENT') {
    endWait(bars, at);
    bars.push({ ...common, kind: type === 'DO_SENT' ? 'DO' : 'UNDO', message: message ?? '' });
  } else if (type.endsWith('_RETRY_SCHEDULED')) {
    bars.push({ ...common, kind: 'WAIT', message: message ?? '' });
  } else {
    const outcome = ENDS[type];
    if (outcome !== undefined) endOpen(bars, at, { outcome, message: message ?? '' });
  }
}

function endWait(bars: Bar[], at: number): void {
  const last = bars.at(-1);
  if (last?.kind === 'WAIT' && last.to === null)
    bars[bars.length - 1] = { ...last, to: at, outcome: 'waited' };
}

/** A late answer comes when nothing is open: it changes no bar. */
function endOpen(bars: Bar[], at: number, end: Pick<Bar, 'outcome' | 'message'>): void {
  endWait(bars, at);
  const last = bars.at(-1);
  if (last !== undefined && last.kind !== 'WAIT' && last.to === null)
    bars[bars.length - 1] = { ...last, ...end, to: at };
}
