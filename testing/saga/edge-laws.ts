/**
 * Laws about what one input leads to, for the exhaustive walk and for random flows alike. Each
 * returns what is broken, or null.
 */
import { openIdOf, withdrawnIdOf } from '../../src/saga/attempt-id.js';
import type { FlowEvent } from '../../src/saga/event.js';
import type { Flow, StepRun } from '../../src/saga/flow.js';
import type { Input, StartInput } from '../../src/saga/input.js';
import { needsUndo } from '../../src/saga/undo.js';

type FlowInput = Exclude<Input, StartInput>;

export function brokenByEdge(
  before: Flow,
  input: FlowInput,
  after: Flow,
  events: readonly FlowEvent[],
): string | null {
  return (
    leftInOutbox(before, input, after, events) ??
    droppedAction(before, input, after, events) ??
    unnamed(input, events)
  );
}

/**
 * A row that no publisher had, of a command that is not wanted any more, is withdrawn
 * (rules.md#what-is-undone, #turning-around, #unpublished-commands).
 */
function leftInOutbox(
  before: Flow,
  input: FlowInput,
  after: Flow,
  events: readonly FlowEvent[],
): string | null {
  const wanted =
    after.status === 'CANCELLED' ? [] : after.steps.flatMap((step) => openIdOf(after, step) ?? []);
  const withdrawn = events.flatMap((event) => withdrawnIdOf(after.flowId, event) ?? []);
  // A reply to a command, or the publisher's own report, proves that it was sent.
  const proven = input.type === 'REPLY' || input.type === 'UNPUBLISHABLE' ? input.attemptId : null;
  const left = before.withdrawable.find(
    (id) =>
      before.steps.some((step) => openIdOf(before, step) === id) &&
      !wanted.includes(id) &&
      !withdrawn.includes(id) &&
      id !== proven &&
      !(id.endsWith(':1') && input.type === 'REPLY'),
  );
  return left === undefined || events.length === 0 || isRefused(events)
    ? null
    : `${left} is left in the outbox`;
}

function isRefused(events: readonly FlowEvent[]): boolean {
  return events.every(({ type }) => type === 'REPLY_REFUSED' || type === 'REPLY_QUARANTINED');
}

/**
 * An UNDO that an operator requested begins, or is settled in another way
 * (rules.md#undo-exhausted). Checked on the events alone.
 */
function droppedAction(
  before: Flow,
  input: FlowInput,
  after: Flow,
  events: readonly FlowEvent[],
): string | null {
  for (const step of after.steps) {
    const stepName = step.definition.name;
    const earlier = before.steps.find((one) => one.definition.name === stepName);
    const isRequested =
      earlier?.undoRequested === true ||
      (input.type === 'RETRY_STEP' &&
        input.stepName === stepName &&
        events.some(
          (event) => event.type === 'STEP_RETRIED' && event.action === 'UNDO' && !event.early,
        ));
    if (!isRequested || step.undoRequested || events.length === 0 || after.status === 'CANCELLED')
      continue;
    const begun = events.some(
      (event) => SETTLES.has(event.type) && 'stepName' in event && event.stepName === stepName,
    );
    if (!begun) return `the UNDO of ${stepName} that an operator requested is dropped`;
  }
  return null;
}

const SETTLES: ReadonlySet<string> = new Set(['UNDO_SENT', 'UNDO_SUCCEEDED', 'STEP_SKIPPED']);

/**
 * An operator's action on a step that reopens the flow names step and actor in both of its events.
 */
function unnamed(input: FlowInput, events: readonly FlowEvent[]): string | null {
  const { type } = input;
  if ((type !== 'RETRY_STEP' && type !== 'SKIP_STEP') || events.length === 0) return null;
  const [acted, ...others] = events;
  if (acted?.type !== 'STEP_RETRIED' && acted?.type !== 'STEP_SKIPPED')
    return `${acted?.type} comes first`;
  const reopened = others.find((event) => event.type === 'FLOW_REOPENED');
  if (reopened === undefined) return null;
  return reopened.stepName === input.stepName && reopened.actor === input.actor
    ? null
    : `FLOW_REOPENED names ${reopened.stepName} and ${reopened.actor}`;
}

/** What a refusal states about a step is true of it. */
const TRUE_OF: readonly (readonly [RegExp, (flow: Flow, step: StepRun) => boolean])[] = [
  [
    / is (\w+) in a flow that is (\w+):/,
    (flow) => flow.endedAt !== null && flow.status !== 'FAILED',
  ],
  [/ was settled by an operator already:/, (_, step) => step.skipped],
  [/ waits for the answer to (DO|UNDO) attempt \d+:/, (_, step) => step.open !== null],
  [/ is between two attempts:/, (_, step) => step.nextAttemptAt !== null],
  [/ was not sent:/, (_, step) => step.status === 'PENDING'],
  [/ is undone:/, (_, step) => step.status === 'UNDO_SUCCESS'],
  [/ is done:/, (flow, step) => step.status === 'DO_SUCCESS' && flow.status === 'IN_PROGRESS'],
  [
    / is done and has no UNDO:/,
    (_, step) => step.status === 'DO_SUCCESS' && step.definition.undo === 'none',
  ],
  [
    / is still to be undone, and its UNDO was not given up:/,
    (_, step) => needsUndo(step) && !step.undoExhausted,
  ],
  [
    / failed, and there is nothing of it to undo:/,
    (_, step) =>
      (step.status === 'DO_FAIL' ||
        step.status === 'RETRY_EXHAUSTED' ||
        step.status === 'UNDO_FAIL') &&
      !needsUndo(step),
  ],
];

export function brokenRefusal(flow: Flow, input: FlowInput, message: string): string | null {
  if (input.type !== 'RETRY_STEP' && input.type !== 'SKIP_STEP') return null;
  const step = flow.steps.find((one) => one.definition.name === input.stepName);
  const stated = TRUE_OF.filter(([pattern]) => pattern.test(message));
  if (step === undefined || stated.length !== 1)
    return `"${message}" states ${stated.length} things`;
  return stated[0]?.[1](flow, step) ? null : `"${message}" is not so`;
}
