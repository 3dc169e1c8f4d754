/**
 * Live step changes of all instances. Own commits are known at once, those of other instances by
 * notification; to deliver the changes of a flow in order, a gap in its event numbers is read
 * before later events are delivered.
 */
import { isWithin } from '../../names/patterns.js';
import type { FlowEvent } from '../../saga/event.js';
import { type Flow, retryCountOf } from '../../saga/flow.js';
import { type FlowCommit, NO_PAYLOADS, type ReadModel } from '../ports.js';
import type { StepChange, StepFilter } from '../service.js';
import { MOST_BUFFERED } from './mailbox.js';

/** The subscriber was too slow: it has to subscribe again. */
export class Lagged extends Error {
  readonly code = 'LAGGED';
}

interface Of {
  readonly flowId: string;
  readonly orchestrationName: string;
}
type Listener = (changes: readonly StepChange[], of: Of) => void;

/** Flows whose last delivered event is remembered; beyond it the oldest are forgotten. */
const MOST_REMEMBERED = 50_000;
const PAGE = 1000;

export class StepWatch {
  private readonly listeners = new Set<Listener>();
  /** Number of the last event delivered, by flow. */
  private readonly delivered = new Map<string, number>();
  /**
   * The latest known time of the database's clock, and the one when the first of the current
   * listeners joined.
   */
  private clock = 0;
  private since = 0;
  private reading: Promise<void> = Promise.resolve();
  private pending = 0;

  constructor(private readonly read: ReadModel) {}

  get watched(): boolean {
    return this.listeners.size > 0;
  }

  get subscribers(): number {
    return this.listeners.size;
  }

  /** Delivered at once when nothing is being read and nothing is missing before it. */
  committed(flow: Flow, events: readonly FlowEvent[], first: number): void {
    const last = this.delivered.get(flow.flowId) ?? this.lastBefore(flow, first);
    if (this.pending === 0 && last === first - 1) this.deliver(flow, events);
    else void this.readUpTo(flow.flowId, first, events.at(-1)?.number ?? first);
  }

  async committedElsewhere(commits: readonly FlowCommit[]): Promise<void> {
    await Promise.all(
      commits.map((commit) =>
        this.readUpTo(commit.flowId, commit.firstEventNumber, commit.lastEventNumber),
      ),
    );
  }

  /** The time of the latest commit, by the database's clock. */
  seen(now: number): void {
    if (now > this.clock) this.clock = now;
  }

  /**
   * The cursor of a flow of which nothing was delivered yet: 0 if it began after the first listener
   * joined, else just before this commit.
   */
  private lastBefore(flow: Flow, first: number): number {
    return flow.startedAt > this.since ? 0 : first - 1;
  }

  /** One after the other: what was committed first is delivered first. */
  private readUpTo(flowId: string, first: number, number: number): Promise<void> {
    this.pending++;
    this.reading = this.reading
      .then(() => this.readGap(flowId, first, number))
      .catch(() => undefined)
      .finally(() => {
        this.pending--;
      });
    return this.reading;
  }

  private async readGap(flowId: string, first: number, number: number): Promise<void> {
    if ((this.delivered.get(flowId) ?? 0) >= number) return;
    const flow = (await this.read.flows([flowId], { payloads: NO_PAYLOADS })).get(flowId);
    if (flow === undefined) return;
    const last = this.delivered.get(flowId) ?? this.lastBefore(flow, first);
    const events = await this.read.timeline(flowId, last, PAGE, { bodies: false });
    this.deliver(flow, events ?? []);
  }

  private deliver(flow: Flow, events: readonly FlowEvent[]): void {
    const last = events.at(-1);
    if (last === undefined) return;
    this.remember(flow.flowId, last.number);
    const changes = events.flatMap((event) => stepChange(flow, event));
    const of = { flowId: flow.flowId, orchestrationName: flow.orchestration.name };
    if (changes.length > 0) for (const listener of this.listeners) listener(changes, of);
  }

  private remember(flowId: string, number: number): void {
    const [oldest] = this.delivered.keys();
    if (this.delivered.size >= MOST_REMEMBERED && oldest !== undefined)
      this.delivered.delete(oldest);
    this.delivered.delete(flowId);
    this.delivered.set(flowId, number);
  }

  async *changes(filter: StepFilter, signal: AbortSignal): AsyncGenerator<StepChange> {
    const waiting: StepChange[] = [];
    let wake: () => void = () => undefined;
    const listener: Listener = (changes, of) => {
      if (filter.flowId !== null && filter.flowId !== of.flowId) return;
      if (filter.orchestrationName !== null && filter.orchestrationName !== of.orchestrationName)
        return;
      if (!isWithin(of.orchestrationName, filter.within)) return;
      if (waiting.length <= MOST_BUFFERED) waiting.push(...changes);
      wake();
    };
    const aborted = (): void => wake();
    this.join(listener);
    signal.addEventListener('abort', aborted);
    try {
      while (!signal.aborted) {
        if (waiting.length > MOST_BUFFERED)
          throw new Lagged(
            `more than ${MOST_BUFFERED} changes were not read in time; subscribe again`,
          );
        const change = waiting.shift();
        if (change !== undefined) yield change;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    } finally {
      this.leave(listener);
      signal.removeEventListener('abort', aborted);
    }
  }

  private join(listener: Listener): void {
    if (this.listeners.size === 0) {
      this.since = this.clock;
      this.delivered.clear();
    }
    this.listeners.add(listener);
  }

  private leave(listener: Listener): void {
    this.listeners.delete(listener);
    if (this.listeners.size === 0) this.delivered.clear();
  }
}

function stepChange(flow: Flow, event: FlowEvent): StepChange[] {
  if (
    event.stepStatus === null ||
    event.stepStatusBefore === null ||
    event.stepStatus === event.stepStatusBefore
  )
    return [];
  const step = flow.steps.find(
    ({ definition }) => 'stepName' in event && definition.name === event.stepName,
  );
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
