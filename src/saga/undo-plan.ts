/**
 * What `undoFlow` would send. The same core plays it on a copy of the flow: the flow turns around,
 * every UNDO succeeds, and a DO that is in flight has an unknown outcome. Nothing is stored.
 */
import { advance } from './advance.js';
import { openIdOf } from './attempt-id.js';
import type { FlowEvent } from './event.js';
import { type Flow, isTerminal, type Payload, type StepRun } from './flow.js';
import type { Input, StartInput } from './input.js';
import { planHashOf } from './plan-hash.js';

export interface UndoPlanStep {
  /** Position of its UNDO, from 1; 0 = it is not undone. */
  readonly order: number;
  readonly stepName: string;
  /** Payload of its UNDO; null = none, or it is not undone. */
  readonly payload: Payload;
  readonly willUndo: boolean;
  readonly reason: string;
}

export interface UndoPlan {
  readonly flowId: string;
  /** undoFlow with this hash is refused when the plan has changed. */
  readonly hash: string;
  /** In the order of their UNDOs; then those that are not undone, by seq. */
  readonly steps: readonly UndoPlanStep[];
}

/** `flow` with the payloads of its steps. */
export function undoPlan(flow: Flow): UndoPlan {
  const { order, refusal } = play(flow);
  const steps = flow.steps.map((step): UndoPlanStep => {
    const place = order.indexOf(step.definition.name) + 1;
    const willUndo = place > 0;
    return {
      order: place,
      stepName: step.definition.name,
      payload: willUndo ? (step.output ?? step.input) : null,
      willUndo,
      reason: willUndo ? why(step) : (refusal ?? whyNot(step)),
    };
  });
  const last = (step: UndoPlanStep): number => (step.willUndo ? step.order : steps.length + 1);
  return {
    flowId: flow.flowId,
    hash: planHashOf(flow),
    steps: steps.sort((one, other) => last(one) - last(other)),
  };
}

interface Played {
  /** Names of steps in the order of their UNDOs. */
  readonly order: readonly string[];
  /** Why undoFlow would be refused; null = it would not be. */
  readonly refusal: string | null;
}

function play(flow: Flow): Played {
  const begun = flow.steps.filter(isUndoing).map(({ definition }) => definition.name);
  const order = new Set(begun);
  let now: Flow = { ...flow, paused: false, deadlineStoppedAt: null, withdrawable: [], unsent: [] };
  const step = (input: Exclude<Input, StartInput>): string | null => {
    const { flow: next, events, refusal } = advance(now, input);
    now = next;
    for (const name of events.flatMap(undoneBy)) order.add(name);
    return refusal?.message ?? null;
  };
  const by = { flowId: flow.flowId, actor: '', reason: '' };
  const refusal = flow.status === 'UNDOING' ? null : step({ ...by, type: 'UNDO_FLOW' });
  if (refusal === null)
    for (let input = next(now); input !== null; input = next(now)) {
      if (input.type === 'TICK') now = { ...now, now: dueIn(now) };
      step(input);
    }
  return { order: [...order], refusal };
}

/** What comes next when workers answer as planned: null at the end. */
function next(flow: Flow): Exclude<Input, StartInput> | null {
  if (isTerminal(flow.status)) return null;
  const step = flow.steps.find(({ open }) => open !== null);
  const { flowId } = flow;
  if (step === undefined) return { type: 'TICK', flowId };
  const nothing = { payload: null, errorMessage: null, errorCode: null, retryable: true };
  return {
    type: 'REPLY',
    flowId,
    stepName: step.definition.name,
    action: null,
    attemptId: openIdOf(flow, step),
    outcome: step.open?.action === 'DO' ? 'unknown' : 'success',
    ...nothing,
  };
}

function dueIn({ steps, now }: Flow): number {
  return Math.max(now, ...steps.map(({ nextAttemptAt }) => nextAttemptAt ?? now));
}

function undoneBy(event: FlowEvent): string[] {
  return event.type === 'UNDO_SENT' ? [event.stepName] : [];
}

function isUndoing({ status, undoExhausted }: StepRun): boolean {
  return status === 'UNDOING' || (status === 'UNDO_FAIL' && !undoExhausted);
}

function why(step: StepRun): string {
  if (step.undoExhausted) return 'its UNDO was given up, and is tried again';
  if (isUndoing(step)) return 'its UNDO has begun';
  if (step.open !== null)
    return 'its DO is in flight: it is undone unless the worker answers that it failed';
  if (step.status === 'DO_SUCCESS') return 'it is done';
  return step.unknown
    ? 'it may be done: an attempt was not answered, or not readably'
    : 'its document has undo: always';
}

function whyNot(step: StepRun): string {
  if (step.skipped) return 'an operator settled it by hand';
  if (step.status === 'PENDING') return 'it was not sent';
  if (step.status === 'UNDO_SUCCESS') return 'it is undone already';
  if (step.neverSent) return 'no command of it could be published';
  return step.definition.undo === 'none'
    ? 'its document has undo: none'
    : 'every attempt was answered with a failure';
}
