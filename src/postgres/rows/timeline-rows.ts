/**
 * Events to rows and back. A payload body is stored once, with its step or flow: the stored event
 * has a mark, which is replaced when it is read.
 */
import { readPrinted } from '../../json/read.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Payload, StepRun } from '../../saga/flow.js';

/** The mark in a stored event: its body is stored with the step or the flow. */
const ELSEWHERE = 1;

type Stored = Record<string, unknown> & { readonly type: string };

/** JSON of the events of one commit; number and time are columns of the row. */
export function storedEvents(events: readonly FlowEvent[]): string {
  const first = events[0];
  return JSON.stringify(
    events.map(({ number, at, ...rest }, index) => {
      const exceptional =
        number === (first?.number ?? 0) + index && at === first?.at ? {} : { number, at };
      return 'output' in rest && rest.output !== null
        ? { ...rest, output: ELSEWHERE, ...exceptional }
        : { ...rest, ...exceptional };
    }),
  );
}

export interface TimelineRead {
  readonly first_number: number;
  readonly at: number;
  readonly events: string;
}

/** The events of a row; `body` finds their payload bodies. */
export function eventsOf(
  row: TimelineRead,
  body: (event: Stored, number: number) => Payload,
): FlowEvent[] {
  const stored = readPrinted(row.events) as readonly Stored[];
  return stored.map((event, index) => {
    const number = typeof event.number === 'number' ? event.number : row.first_number + index;
    const at = typeof event.at === 'number' ? event.at : Math.round(row.at);
    const output =
      'output' in event ? { output: event.output === ELSEWHERE ? body(event, number) : null } : {};
    return { ...event, ...output, number, at } as unknown as FlowEvent;
  });
}

/** Number of the last of these events that gave the step its output; null = none of them did. */
export function outputEventAmong(events: readonly FlowEvent[], step: StepRun): number | null {
  let number: number | null = null;
  for (const event of events) {
    if (
      !('output' in event) ||
      !('stepName' in event) ||
      event.stepName !== step.definition.name ||
      event.output === null
    )
      continue;
    if (event.type === 'DO_SUCCEEDED' && event.assumed) continue;
    number = event.number;
  }
  return number;
}
