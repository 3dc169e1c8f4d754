/**
 * What one commit adds to the counters: derived from its events alone, so nothing is read for it.
 */
import type { FlowEvent } from '../../saga/event.js';
import { type Instant, retryCountOf, type StepRun } from '../../saga/flow.js';
import type { Delivery, FlowRecord } from '../ports.js';
import { type Counter, PLACES, placeOfTime, type Time } from './counters.js';

/** Adds one, at a time by the database's clock. */
export type Count = (orchestrationName: string, at: Instant, place: number, by: number) => void;

const MINE: Readonly<Partial<Record<FlowEvent['type'], Counter>>> = {
  FLOW_STARTED: 'flowsStarted',
  FLOW_COMPLETED: 'flowsCompleted',
  UNDO_SUCCEEDED: 'undoneSteps',
  UNDO_RETRIES_EXHAUSTED: 'undoGivenUp',
};

export function tally(
  records: readonly FlowRecord[],
  deliveries: readonly Delivery[],
  count: Count,
): void {
  const replies = repliedAt(deliveries);
  for (const record of records)
    for (const event of record.events) {
      const { name } = record.after.orchestration;
      const add = (counter: Counter, by = 1): void => count(name, event.at, PLACES[counter], by);
      const plain = MINE[event.type];
      if (plain !== undefined) add(plain);
      if (event.type === 'FLOW_TURNED_AROUND' && event.actor === null) add('flowsTurnedAround');
      const decided = decisionOn(event, record);
      if (decided !== null) {
        add(decided.counter);
        add('retries', decided.retries);
      }
      const times = timesOf(event, record, replies);
      for (const [time, ms] of times) count(name, event.at, placeOfTime(time, ms), 1);
    }
}

/**
 * A DO that is done, or will not be tried again by itself. A late success counts as neither: its
 * flow had turned around.
 */
export function decisionOn(
  event: FlowEvent,
  { after, events }: FlowRecord,
): { readonly counter: Counter; readonly retries: number } | null {
  if (event.type === 'DO_SUCCEEDED' && !event.late && !event.assumed)
    return { counter: 'stepsDone', retries: retriesOf(after.steps, event.stepName) };
  if (event.type !== 'DO_FAILED') return null;
  const goesOn = events.some(
    (one) => one.type === 'DO_RETRY_SCHEDULED' && one.stepName === event.stepName,
  );
  return goesOn
    ? null
    : { counter: 'stepsGivenUp', retries: retriesOf(after.steps, event.stepName) };
}

function retriesOf(steps: readonly StepRun[], name: string): number {
  const step = steps.find(({ definition }) => definition.name === name);
  return step === undefined ? 0 : retryCountOf(step);
}

/** `flow/step` → timestamp of its reply in this batch, ms. */
export function repliedAt(deliveries: readonly Delivery[]): ReadonlyMap<string, Instant> {
  const replies = new Map<string, Instant>();
  for (const delivery of deliveries)
    if (delivery.from === 'record' && delivery.kind === 'input' && delivery.input.type === 'REPLY')
      replies.set(
        `${delivery.input.flowId}/${delivery.input.stepName}`,
        delivery.position.timestamp,
      );
  return replies;
}

/** Empty when no worker answered, or when the command was decided is not known. */
function timesOf(
  event: FlowEvent,
  { before }: FlowRecord,
  replies: ReadonlyMap<string, Instant>,
): (readonly [Time, number])[] {
  if (event.type !== 'DO_SUCCEEDED' && event.type !== 'DO_FAILED') return [];
  const step = before?.steps.find(({ definition }) => definition.name === event.stepName);
  const replied = replies.get(`${before?.flowId}/${event.stepName}`);
  const sent = step === undefined ? null : sentAt(step);
  if (replied === undefined || sent === null) return [];
  // The clocks of broker, worker and database differ a little: no part is negative or longer than
  // the whole.
  const worker = Math.min(Math.max(replied - sent, 0), event.at - sent);
  const response = event.at - sent;
  return [
    ['response', response],
    ['worker', worker],
    ['engine', response - worker],
  ];
}

/**
 * When the open DO was decided: progress moves its deadline, so afterwards only the first attempt's
 * moment is known.
 */
function sentAt({ open, startedAt, progressAt, definition }: StepRun): Instant | null {
  if (open === null || open.action !== 'DO') return null;
  if (open.attempt === 1) return startedAt;
  return progressAt === null ? open.deadline - definition.timeoutMs : null;
}
