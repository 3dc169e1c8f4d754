/**
 * Why a flow does not go on: reads what the database, the broker and the clock show of it, and
 * decides (docs/diagnose.md).
 */
import { openIdOf } from '../../saga/attempt-id.js';
import type { FlowEvent } from '../../saga/event.js';
import type { Action, Flow, StepRun } from '../../saga/flow.js';
import { isTerminal } from '../../saga/flow.js';
import {
  type Broker,
  type FlowSurroundings,
  type Inspection,
  NO_PAYLOADS,
  type ReadModel,
  type RegistrationRow,
  type Store,
  type Wire,
} from '../ports.js';
import { decide } from './decide.js';
import type { BackoffEvidence, Evidence, OpenEvidence } from './evidence.js';
import { type Fact, factsOf } from './facts.js';
import { afterEndOf, firstSentAtOf, quarantinedSince, refusedSince, sentAtOf } from './timeline.js';
import type { Decision } from './verdict.js';

export interface Diagnosis extends Decision {
  readonly flowId: string;
  readonly facts: readonly Fact[];
}

export interface DiagnosisOptions {
  readonly read: Pick<ReadModel, 'flows' | 'timeline' | 'surroundings' | 'workersOf'>;
  readonly store: Pick<Store, 'orchestration'>;
  readonly broker: Pick<Broker, 'inspect'>;
  readonly wire: Pick<Wire, 'stepTopics'>;
}

/** How many of the newest events are read, and how many steps' commands are looked up in Kafka. */
const MOST_EVENTS = 500;
const MOST_STEPS = 10;

interface Timed extends FlowSurroundings {
  /** How much this process's clock is ahead of the database's, ms. */
  readonly aheadMs: number;
}

interface Around extends Timed {
  readonly flow: Flow;
  readonly events: readonly FlowEvent[];
  readonly workers: ReadonlyMap<string, readonly string[]>;
}

export class Diagnoses {
  constructor(private readonly options: DiagnosisOptions) {}

  /** Null = no such flow. Takes some seconds at most. */
  async of(flowId: string): Promise<Diagnosis | null> {
    const around = await this.options.read.surroundings(flowId);
    if (around === null) return null;
    const aheadMs = Date.now() - around.now;
    const flow = await this.flow(flowId, around);
    const evidence =
      flow === null
        ? parkedOnly(flowId, around)
        : await this.evidence(flow, { ...around, aheadMs });
    return { flowId, ...decide(evidence), facts: factsOf(evidence) };
  }

  /** Null: the rows of a parked flow are so broken that they give no flow. */
  private async flow(flowId: string, { parked }: FlowSurroundings): Promise<Flow | null> {
    const options = { payloads: NO_PAYLOADS };
    try {
      return (await this.options.read.flows([flowId], options)).get(flowId) ?? null;
    } catch (error) {
      if (parked === null) throw error;
      return null;
    }
  }

  private async evidence(flow: Flow, surroundings: Timed): Promise<Evidence> {
    const { read, store } = this.options;
    const { flowId, orchestration, steps } = flow;
    const { name } = orchestration;
    const [events, workers, row] = await Promise.all([
      read.timeline(flowId, Math.max(0, flow.lastEventNumber - MOST_EVENTS), MOST_EVENTS),
      read.workersOf([name]),
      store.orchestration(name, null),
    ]);
    const around = { ...surroundings, flow, events: events ?? [], workers };
    const living = isTerminal(flow.status) ? [] : steps;
    const open = living.filter((step) => step.open !== null);
    const waiting = living.filter((step) => step.open === null && step.nextAttemptAt !== null);
    return {
      ...flowEvidence(around, row),
      open: await Promise.all(
        open.slice(0, MOST_STEPS).map((step) => this.openOf(around, step)),
      ).then((all) => all.sort((a, b) => a.sentAt - b.sentAt)),
      backoff: await Promise.all(
        waiting.slice(0, MOST_STEPS).map((step) => this.backoffOf(around, step)),
      ),
    };
  }

  private async openOf(around: Around, step: StepRun): Promise<OpenEvidence> {
    const { flow, events, aheadMs, workers } = around;
    const { name: stepName, timeoutMs: doTimeoutMs, undoTimeoutMs } = step.definition;
    const { action, attempt, deadline } = step.open ?? NONE_OPEN;
    const timeoutMs = action === 'DO' ? doTimeoutMs : undoTimeoutMs;
    const attemptId = openIdOf(flow, step);
    const sentAt = sentAtOf(events, flow.flowId, attemptId) ?? deadline - timeoutMs;
    // A wrong answer to an earlier attempt counts as well: the worker will answer this one in the
    // same way.
    const began = firstSentAtOf(events, flow.flowId, attemptId) ?? sentAt;
    const answers = around.answers.get(`${stepName}/${action}`);
    const place = this.place(flow, step, action);
    return {
      stepName,
      action,
      attempt,
      sentAt,
      deadline,
      timeoutMs,
      unsent: attemptId !== null && around.unsent.includes(attemptId),
      progressAt: step.progressAt !== null && step.progressAt >= sentAt ? step.progressAt : null,
      quarantined: quarantinedSince(events, began),
      refused: refusedSince(events, stepName, began),
      answeredBefore: answers !== undefined && answers.first < sentAt,
      lastAnswerAt: answers?.last ?? null,
      workers: workers.get(`${flow.orchestration.name}/${stepName}`) ?? [],
      topic: place.topic,
      broker: await this.inspect({ ...place, since: sentAt, aheadMs }),
    };
  }

  private async backoffOf(around: Around, step: StepRun): Promise<BackoffEvidence> {
    const { flow, now, aheadMs } = around;
    const { name: stepName, maxRetries, undoMaxRetries } = step.definition;
    const action = step.status === 'DO_FAIL' ? 'DO' : 'UNDO';
    const place = this.place(flow, step, action);
    return {
      stepName,
      action,
      attempt: action === 'DO' ? step.attempt + 1 : step.undoAttempt + 1,
      attempts: action === 'DO' ? step.attemptBase + maxRetries + 1 : undoMaxRetries + 1,
      nextAttemptAt: step.nextAttemptAt ?? now,
      error: step.errorMessage ?? step.errorCode,
      topic: place.topic,
      broker: await this.inspect({ ...place, since: now, aheadMs }),
    };
  }

  private place(flow: Flow, { definition }: StepRun, action: Action) {
    const topics = this.options.wire.stepTopics(flow.orchestration.name, definition.name);
    return { topic: topics[action === 'DO' ? 0 : 1], key: flow.flowId };
  }

  private inspect(place: Parameters<Broker['inspect']>[0]): Promise<Inspection> {
    return this.options.broker.inspect(place);
  }
}

const NONE_OPEN = { action: 'DO', attempt: 0, deadline: 0 } as const;

function flowEvidence(
  around: Around,
  row: RegistrationRow | null,
): Omit<Evidence, 'open' | 'backoff'> {
  const { flow, now, parked, events } = around;
  const { flowId, orchestration, status, startedAt, endedAt, failureReason, steps } = flow;
  const exhausted = steps.filter((step) => step.status === 'RETRY_EXHAUSTED');
  const pausedBy = row?.pausedBy ?? null;
  const why = pausedBy === null ? 'by an operator' : `by ${pausedBy.actor}: ${pausedBy.reason}`;
  return {
    flowId,
    orchestrationName: orchestration.name,
    now,
    status,
    startedAt,
    endedAt,
    failureReason,
    parked,
    paused: flow.paused ? (flow.pauseReason ?? 'no reason was given') : null,
    held: flow.held ? exhausted.map(({ definition }) => definition.name) : [],
    orchestrationPaused: row?.paused === true ? why : null,
    undoExhausted: steps
      .filter((step) => step.undoExhausted)
      .map((step) => ({
        stepName: step.definition.name,
        error: step.errorMessage ?? step.errorCode,
      })),
    afterEnd: isTerminal(status) ? afterEndOf(events) : null,
  };
}

function parkedOnly(flowId: string, around: FlowSurroundings): Evidence {
  const { now, parked, orchestrationName, status, startedAt } = around;
  const nothing = { endedAt: null, failureReason: null, paused: null, held: [] };
  return {
    ...nothing,
    ...{
      flowId,
      orchestrationName,
      now,
      status,
      startedAt,
      parked: parked ?? 'it is not readable',
    },
    ...{ orchestrationPaused: null, undoExhausted: [], afterEnd: null, open: [], backoff: [] },
  };
}
