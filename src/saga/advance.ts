/**
 * Applies one input: `accept`, then `evolve` and `next` until nothing follows. The caller records
 * all of the events or none.
 */
import { accept } from './accept.js';
import type { Accepted } from './accepted.js';
import { sentIdOf, withdrawnIdOf } from './attempt-id.js';
import { begin } from './begin.js';
import type { EventBody, FlowEvent } from './event.js';
import { evolve } from './evolve.js';
import type { Flow } from './flow.js';
import type { Input, StartInput } from './input.js';
import { next } from './next.js';
import type { Refusal } from './refusal.js';

export interface Advanced {
  readonly flow: Flow;
  readonly events: readonly FlowEvent[];
  /** Why the input does not count; null: it does. For a reply it is on the timeline, too. */
  readonly refusal: Refusal | null;
}

/** A law of the saga is broken: the flow is parked, the others go on. */
export class Contradiction extends Error {}

/**
 * With more events than this from one input, `next` would go on for ever. A flow of 200 steps needs
 * far fewer.
 */
const MOST_EVENTS = 10_000;

export function start(input: StartInput, now: number, orchestrationPaused = false): Advanced {
  const run = new Run({ ...begin(input, now), orchestrationPaused });
  run.apply({ type: 'FLOW_STARTED' });
  run.settle();
  return run.result(null);
}

export function advance(flow: Flow, input: Exclude<Input, StartInput>): Advanced {
  const run = new Run(flow);
  for (;;) {
    const accepted: Accepted | null = accept(run.flow, input);
    const refusal = accepted !== null && 'refusal' in accepted ? accepted.refusal : null;
    if (accepted !== null && 'facts' in accepted)
      for (const fact of accepted.facts) run.apply(fact);
    if (refusal !== null && (input.type === 'REPLY' || input.type === 'PROGRESS')) {
      const action = input.type === 'REPLY' ? input.action : 'PROGRESS';
      run.apply({
        type: 'REPLY_REFUSED',
        code: refusal.code,
        stepName: input.stepName,
        action,
        message: refusal.message,
      });
    }
    run.settle();
    if (input.type !== 'TICK' || accepted === null) return run.result(refusal);
  }
}

class Run {
  private readonly events: FlowEvent[] = [];
  constructor(public flow: Flow) {}

  apply(event: EventBody): void {
    if (this.events.length >= MOST_EVENTS)
      throw new Contradiction(
        `flow ${this.flow.flowId} does not settle after ${MOST_EVENTS} events`,
      );
    const { now } = this.flow;
    const number = this.flow.lastEventNumber + 1;
    const stepStatusBefore = statusOf(this.flow, event);
    this.flow = {
      ...evolve(this.flow, event, now),
      lastEventNumber: number,
      withdrawable: this.withdrawableAfter(event),
    };
    this.events.push({
      ...event,
      number,
      at: now,
      flowStatus: this.flow.status,
      stepStatus: statusOf(this.flow, event),
      stepStatusBefore,
    });
  }

  /**
   * No publisher has what is decided here: if the flow turns around in the same transaction, it is
   * withdrawn (rules.md#turning-around).
   */
  private withdrawableAfter(event: EventBody): readonly string[] {
    const { flowId, withdrawable } = this.flow;
    const sent = sentIdOf(flowId, event);
    if (sent !== null) return [...withdrawable, sent];
    const withdrawn = withdrawnIdOf(flowId, event);
    return withdrawn === null ? withdrawable : withdrawable.filter((id) => id !== withdrawn);
  }

  settle(): void {
    for (let event = next(this.flow); event !== null; event = next(this.flow)) this.apply(event);
  }

  result(refusal: Refusal | null): Advanced {
    return { flow: this.flow, events: this.events, refusal };
  }
}

function statusOf(flow: Flow, event: EventBody): FlowEvent['stepStatus'] {
  if (!('stepName' in event)) return null;
  return flow.steps.find((step) => step.definition.name === event.stepName)?.status ?? null;
}

/**
 * The flow as its timeline gives it; equal to the stored flow (promises.md, I11). Events may lack
 * payload bodies, which are stored once.
 */
export function fold(input: StartInput, events: readonly FlowEvent[]): Flow {
  const first = events[0];
  let flow = begin(input, first?.at ?? 0);
  for (const event of events)
    flow = { ...evolve(flow, event, event.at), lastEventNumber: event.number };
  return flow;
}
