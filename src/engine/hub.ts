/**
 * Subscribers. A commit is a hint "this flow has events up to here"; what a subscriber gets is read from the timeline by its cursor, so
 * nothing is missed or doubled, on any instance, and a subscriber that never reads costs no memory.
 */
import type { FlowEvent } from '../saga/event.js';
import { type Flow, isTerminal, retryCountOf } from '../saga/flow.js';
import { Mailbox, MOST_BUFFERED } from './mailbox.js';
import type { FlowHint, FlowRecord, ReadModel } from './ports.js';
import type { StepChange } from './service.js';

type Listener = (events: readonly FlowEvent[] | null) => void;
const PAGE = 200;

/** The subscriber did not keep up: subscribe again with the cursor. */
export class Lagged extends Error {
  readonly code = 'LAGGED';
}

export interface StepFilter {
  readonly flowId: string | null;
  readonly orchestrationName: string | null;
}

export class Hub {
  private readonly byFlow = new Map<string, Set<Listener>>();
  private readonly byStep = new Set<(changes: readonly StepChange[], of: { flowId: string; orchestrationName: string }) => void>();

  constructor(private readonly read: ReadModel) {}

  /** This instance committed these. */
  committed(records: readonly FlowRecord[]): void {
    for (const { after, events } of records) {
      if (events.length === 0) continue;
      for (const listener of this.byFlow.get(after.flowId) ?? []) listener(events);
      if (this.byStep.size > 0) this.tellSteps(after, events);
    }
  }

  /** Another instance committed something for these flows. */
  async hinted(hints: readonly FlowHint[]): Promise<void> {
    for (const { flowId } of hints) for (const listener of this.byFlow.get(flowId) ?? []) listener(null);
    // One after the other: what was committed first is told first.
    if (this.byStep.size > 0) this.reading = this.reading.catch(() => undefined).then(() => this.readSteps(hints));
    await this.reading;
  }

  private reading: Promise<void> = Promise.resolve();

  /** Anything may have happened meanwhile: everybody reads again. */
  reconnected(): void {
    for (const listeners of this.byFlow.values()) for (const listener of listeners) listener(null);
  }

  /** Null = no such flow. See EngineService.follow. */
  async follow(flowId: string, after: number, signal: AbortSignal): Promise<AsyncIterable<FlowEvent> | null> {
    const mailbox = new Mailbox();
    const leave = this.join(flowId, (events) => mailbox.put(events));
    const first = await this.read.timeline(flowId, after, PAGE).catch((error: unknown) => {
      leave();
      throw error;
    });
    if (first === null) {
      leave();
      return null;
    }
    return this.events(flowId, after, first, mailbox, signal, leave);
  }

  private async *events(
    flowId: string,
    after: number,
    first: readonly FlowEvent[],
    mailbox: Mailbox,
    signal: AbortSignal,
    leave: () => void,
  ): AsyncGenerator<FlowEvent> {
    const abort = (): void => mailbox.close();
    signal.addEventListener('abort', abort);
    let cursor = after;
    let page: readonly FlowEvent[] = first;
    let terminal = false;
    try {
      while (!signal.aborted) {
        for (const event of page) {
          if (event.number <= cursor) continue;
          cursor = event.number;
          terminal = isTerminal(event.flowStatus);
          if (event.type !== 'STEP_PROGRESS' || event.shown) yield event;
          if (signal.aborted) return;
        }
        if (page.length < PAGE) {
          if (terminal || (page.length === 0 && (await this.hasEnded(flowId, cursor)))) return;
          page = contiguous(await mailbox.take(signal), cursor) ?? (await this.read.timeline(flowId, cursor, PAGE)) ?? [];
        } else page = (await this.read.timeline(flowId, cursor, PAGE)) ?? [];
      }
    } finally {
      signal.removeEventListener('abort', abort);
      leave();
    }
  }

  /** Nothing after the cursor: either the flow has ended there, or more will come. */
  private async hasEnded(flowId: string, cursor: number): Promise<boolean> {
    const flow = (await this.read.flows([flowId])).get(flowId);
    return flow === undefined || (isTerminal(flow.status) && flow.lastEventNumber <= cursor);
  }

  private join(flowId: string, listener: Listener): () => void {
    const listeners = this.byFlow.get(flowId) ?? new Set();
    this.byFlow.set(flowId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.byFlow.get(flowId) === listeners) this.byFlow.delete(flowId);
    };
  }

  async *stepChanges(filter: StepFilter, signal: AbortSignal): AsyncGenerator<StepChange> {
    const waiting: StepChange[] = [];
    let wake: () => void = () => undefined;
    const listener = (changes: readonly StepChange[], of: { flowId: string; orchestrationName: string }): void => {
      if (filter.flowId !== null && filter.flowId !== of.flowId) return;
      if (filter.orchestrationName !== null && filter.orchestrationName !== of.orchestrationName) return;
      if (waiting.length <= MOST_BUFFERED) waiting.push(...changes);
      wake();
    };
    const aborted = (): void => wake();
    this.byStep.add(listener);
    signal.addEventListener('abort', aborted);
    try {
      while (!signal.aborted) {
        if (waiting.length > MOST_BUFFERED) throw new Lagged(`more than ${MOST_BUFFERED} changes were not read in time; subscribe again`);
        const change = waiting.shift();
        if (change !== undefined) yield change;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      this.byStep.delete(listener);
      signal.removeEventListener('abort', aborted);
    }
  }

  private tellSteps(flow: Flow, events: readonly FlowEvent[]): void {
    const changes = events.flatMap((event) => stepChange(flow, event));
    if (changes.length === 0) return;
    const of = { flowId: flow.flowId, orchestrationName: flow.orchestration.name };
    for (const listener of this.byStep) listener(changes, of);
  }

  /** What another instance did, read once for all who watch steps. */
  private async readSteps(hints: readonly FlowHint[]): Promise<void> {
    const flows = await this.read.flows(hints.map(({ flowId }) => flowId));
    for (const { flowId, lastEventNumber, firstEventNumber } of hints) {
      const flow = flows.get(flowId);
      const events = await this.read.timeline(flowId, firstEventNumber - 1, lastEventNumber - firstEventNumber + 1);
      if (flow !== undefined && events !== null) this.tellSteps(flow, events);
    }
  }
}

/** Live events that continue exactly at the cursor; else null: read the timeline. */
function contiguous(events: readonly FlowEvent[] | null, cursor: number): readonly FlowEvent[] | null {
  if (events === null) return null;
  const fresh = events.filter((event) => event.number > cursor);
  return fresh.every((event, index) => event.number === cursor + 1 + index) ? fresh : null;
}

function stepChange(flow: Flow, event: FlowEvent): StepChange[] {
  if (event.stepStatus === null || event.stepStatusBefore === null || event.stepStatus === event.stepStatusBefore) return [];
  const step = flow.steps.find(({ definition }) => 'stepName' in event && definition.name === event.stepName);
  if (step === undefined) return [];
  return [
    {
      flowId: flow.flowId,
      orchestrationName: flow.orchestration.name,
      stepName: step.definition.name,
      seq: step.definition.seq,
      status: event.stepStatus,
      previousStatus: event.stepStatusBefore,
      retryCount: retryCountOf(step),
      errorMessage: 'errorMessage' in event ? event.errorMessage : null,
      flowStatus: event.flowStatus,
      at: event.at,
      eventNumber: event.number,
    },
  ];
}
