/**
 * Plays one flow of an orchestration on a virtual clock: the same saga, a worker that answers every
 * command, and the faults of the request. No message, no row, no timer: values in, events out.
 * Equal input gives equal output.
 */
import { LIMITS } from '../../limits/limits.js';
import { type Advanced, advance, start } from '../../saga/advance.js';
import { attemptIdOf, sentIdOf, withdrawnIdOf } from '../../saga/attempt-id.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Action, Flow, Instant } from '../../saga/flow.js';
import type { ReplyInput } from '../../saga/input.js';
import type { Orchestration, StepDefinition } from '../../saga/orchestration.js';
import { dueAt } from '../../saga/retry.js';

export const FAULT_KINDS = ['FAIL', 'TIMEOUT', 'LATE_SUCCESS', 'DUPLICATE'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface SimulatedFault {
  readonly stepName: string;
  readonly action: Action;
  /** From 1; null = every attempt. */
  readonly attempt: number | null;
  readonly kind: FaultKind;
}

export interface Simulated {
  readonly flow: Flow;
  readonly events: readonly FlowEvent[];
  /** The flow has more events than a simulation may have; `events` has the first ones. */
  readonly isCut: boolean;
}

/** How long the worker takes for a command, ms; half of a shorter timeout. */
const WORK_MS = 1000;
const FLOW_ID = 'simulation';

/** `seed` varies the jitter of backoffs, which depends on the flowId. */
export function simulate(
  orchestration: Orchestration,
  faults: readonly SimulatedFault[],
  seed = 0,
): Simulated {
  const run = new Run(faults, seed === 0 ? FLOW_ID : `${FLOW_ID}-${seed}`);
  return run.of(orchestration);
}

interface Waiting {
  readonly at: Instant;
  readonly reply: ReplyInput;
}

class Run {
  private readonly events: FlowEvent[] = [];
  /** Replies that have not arrived yet, the next one first. */
  private replies: readonly Waiting[] = [];
  private flow!: Flow;

  constructor(
    private readonly faults: readonly SimulatedFault[],
    private readonly flowId: string,
  ) {}

  of(orchestration: Orchestration): Simulated {
    const { flowId } = this;
    const initiated = { payload: null, headers: {}, initiator: null, idempotencyKey: null };
    this.recorded(start({ type: 'START', flowId, orchestration, ...initiated }, 0));
    const most = LIMITS.simulationEvents.value;
    while (this.events.length <= most && this.next());
    const isCut = this.events.length > most;
    return { flow: this.flow, events: this.events.slice(0, most), isCut };
  }

  /** Processes what comes next by the clock: a reply, or a TICK. False: there is nothing more. */
  private next(): boolean {
    const due = dueAt(this.flow);
    const [reply, ...later] = this.replies;
    if (reply !== undefined && (due === null || reply.at <= due)) {
      this.replies = later;
      this.recorded(advance(this.at(reply.at), reply.reply));
      return true;
    }
    if (due === null) return false;
    const before = this.events.length;
    this.recorded(advance(this.at(due), { type: 'TICK', flowId: this.flowId }));
    return this.events.length > before;
  }

  /** Commands count as published at once: none waits in an outbox. */
  private at(now: Instant): Flow {
    return { ...this.flow, now: Math.max(now, this.flow.now), withdrawable: [], unsent: [] };
  }

  private recorded({ flow, events }: Advanced): void {
    this.flow = flow;
    this.events.push(...events);
    const withdrawn = new Set(events.flatMap((event) => withdrawnIdOf(this.flowId, event) ?? []));
    const answers = events
      .filter((event) => !withdrawn.has(sentIdOf(this.flowId, event) ?? ''))
      .flatMap((event) => this.answersTo(event));
    if (answers.length > 0)
      this.replies = [...this.replies, ...answers].sort((one, other) => one.at - other.at);
  }

  private answersTo(event: FlowEvent): Waiting[] {
    if (event.type !== 'DO_SENT' && event.type !== 'UNDO_SENT') return [];
    const { stepName, attempt, at, deadline } = event;
    const action: Action = event.type === 'DO_SENT' ? 'DO' : 'UNDO';
    const step = this.flow.steps.find(({ definition }) => definition.name === stepName);
    const takes = step === undefined ? WORK_MS : workOf(step.definition, action);
    const round = event.type === 'DO_SENT' ? 0 : event.round;
    const reply = this.reply(stepName, action, round, attempt);
    switch (this.faultOf(stepName, action, attempt)) {
      case 'FAIL':
        return [{ at: at + takes, reply: { ...reply, ...FAILURE } }];
      case 'TIMEOUT':
        return [];
      case 'LATE_SUCCESS':
        return [{ at: deadline + Math.ceil(takes / 2), reply }];
      case 'DUPLICATE':
        return [at + takes, at + takes].map((when) => ({ at: when, reply }));
      default:
        return [{ at: at + takes, reply }];
    }
  }

  /** A fault of this attempt comes before a fault of all attempts. */
  private faultOf(stepName: string, action: Action, attempt: number): FaultKind | null {
    const ofStep = this.faults.filter((one) => one.stepName === stepName && one.action === action);
    const found =
      ofStep.find((one) => one.attempt === attempt) ?? ofStep.find((one) => one.attempt === null);
    return found?.kind ?? null;
  }

  private reply(stepName: string, action: Action, round: number, attempt: number): ReplyInput {
    const { flowId } = this;
    return {
      type: 'REPLY',
      flowId,
      stepName,
      action,
      outcome: 'success',
      attemptId: attemptIdOf(flowId, { stepName, action, round, attempt }),
      payload: null,
      errorMessage: null,
      errorCode: null,
      retryable: true,
    };
  }
}

const FAILURE = { outcome: 'failure', errorMessage: 'simulated failure' } as const;

function workOf({ timeoutMs, undoTimeoutMs }: StepDefinition, action: Action): number {
  return Math.min(WORK_MS, Math.floor((action === 'DO' ? timeoutMs : undoTimeoutMs) / 2));
}
