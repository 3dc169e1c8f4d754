/**
 * Subscriptions to flows. A commit only notifies that a flow has events up to a number; a
 * subscriber gets the events behind its cursor, from memory or from the timeline, so that none is
 * missed or doubled on any instance, and a subscriber that never reads takes no memory.
 */
import type { FlowEvent } from '../../saga/event.js';
import { isTerminal } from '../../saga/flow.js';
import {
  type FlowCommit,
  type FlowRecord,
  NO_PAYLOADS,
  type ReadModel,
  type TimelineOptions,
} from '../ports.js';
import type { StepChange, StepFilter } from '../service.js';
import { Mailbox } from './mailbox.js';
import { StepWatch } from './step-watch.js';

type Listener = (events: readonly FlowEvent[] | null) => void;
const PAGE = 200;

type PageAfter = (cursor: number) => Promise<readonly FlowEvent[] | null>;

/** A subscription to one flow. */
interface Followed {
  readonly flowId: string;
  readonly after: number;
  readonly first: readonly FlowEvent[];
  readonly pageAfter: PageAfter;
  readonly mailbox: Mailbox;
  readonly leave: () => void;
}

export class Hub {
  private readonly byFlow = new Map<string, Set<Listener>>();

  private readonly steps: StepWatch;

  constructor(private readonly read: ReadModel) {
    this.steps = new StepWatch(read);
  }

  /** Subscriptions that are open. */
  get subscribers(): number {
    let flows = 0;
    for (const listeners of this.byFlow.values()) flows += listeners.size;
    return flows + this.steps.subscribers;
  }

  /** This instance committed these. */
  committed(records: readonly FlowRecord[]): void {
    for (const { after, events } of records) {
      const [first] = events;
      if (first === undefined) continue;
      this.steps.seen(after.now);
      for (const listener of this.byFlow.get(after.flowId) ?? []) listener(events);
      if (this.steps.watched) this.steps.committed(after, events, first.number);
    }
  }

  /** Another instance committed something for these flows. */
  async committedElsewhere(commits: readonly FlowCommit[]): Promise<void> {
    for (const { flowId } of commits)
      for (const listener of this.byFlow.get(flowId) ?? []) listener(null);
    if (this.steps.watched) await this.steps.committedElsewhere(commits);
  }

  /** Commits may have been missed: every subscriber reads the timeline. */
  reconnected(): void {
    for (const listeners of this.byFlow.values()) for (const listener of listeners) listener(null);
  }

  /** Null = no such flow. See EngineService.follow. */
  async follow(
    flowId: string,
    after: number,
    signal: AbortSignal,
    { bodies = true }: Pick<TimelineOptions, 'bodies'> = {},
  ): Promise<AsyncIterable<FlowEvent> | null> {
    const mailbox = new Mailbox();
    const leave = this.join(flowId, (events) => mailbox.put(events));
    const pageAfter: PageAfter = (cursor) =>
      this.read.timeline(flowId, cursor, PAGE, { signal, bodies });
    const first = await pageAfter(after).catch((error: unknown) => {
      leave();
      throw error;
    });
    if (first === null) {
      leave();
      return null;
    }
    return this.events({ flowId, after, first, pageAfter, mailbox, leave }, signal);
  }

  private async *events(
    { flowId, after, first, pageAfter, mailbox, leave }: Followed,
    signal: AbortSignal,
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
          page = contiguous(await mailbox.take(signal), cursor) ?? (await pageAfter(cursor)) ?? [];
        } else page = (await pageAfter(cursor)) ?? [];
      }
    } finally {
      signal.removeEventListener('abort', abort);
      leave();
    }
  }

  /** There is no event behind the cursor: whether the flow has ended. */
  private async hasEnded(flowId: string, cursor: number): Promise<boolean> {
    const flow = (await this.read.flows([flowId], { payloads: NO_PAYLOADS })).get(flowId);
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

  stepChanges(filter: StepFilter, signal: AbortSignal): AsyncGenerator<StepChange> {
    return this.steps.changes(filter, signal);
  }
}

/**
 * The events that follow the cursor without a gap; null: there is a gap, and the timeline has to be
 * read.
 */
function contiguous(
  events: readonly FlowEvent[] | null,
  cursor: number,
): readonly FlowEvent[] | null {
  if (events === null) return null;
  const fresh = events.filter((event) => event.number > cursor);
  return fresh.every((event, index) => event.number === cursor + 1 + index) ? fresh : null;
}
