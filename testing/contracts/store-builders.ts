/**
 * Flows and events made by hand, for stores: the values do not matter here, only that they are read
 * back.
 */
import type {
  FlowRecord,
  OutboxRow,
  RecordPosition,
  RoadTransaction,
  Store,
} from '../../src/engine/ports.js';
import { attemptIdOf } from '../../src/saga/attempt-id.js';
import type { EventBody, FlowEvent } from '../../src/saga/event.js';
import type { Flow, StepRun } from '../../src/saga/flow.js';
import type { StartInput } from '../../src/saga/input.js';
import type { Orchestration, StepDefinition } from '../../src/saga/orchestration.js';
import { stepDefinition as aStep } from '../kit/builders.js';

export const ACCOUNTS = 'accounts';

export function stepDefinition(
  seq: number,
  name: string,
  more: Partial<StepDefinition> = {},
): StepDefinition {
  const backoff = { initialMs: 500, factor: 2, maxMs: 30_000, jitter: 'full' } as const;
  return aStep(seq, name, {
    objectType: 'String',
    maxRetries: 3,
    undoMaxRetries: 2,
    undoTimeoutMs: 200_000,
    backoff,
    undoBackoff: { ...backoff, initialMs: 250 },
    ...more,
  });
}

export function orchestration(
  name: string = ACCOUNTS,
  more: Partial<Orchestration> = {},
): Orchestration {
  return {
    name,
    version: 1,
    type: 'SEQUENTIAL',
    steps: [
      stepDefinition(1, 'createRealm'),
      stepDefinition(2, 'createClient'),
      stepDefinition(5, 'createUser'),
    ],
    deadlineMs: null,
    onRetriesExhausted: 'undo',
    onUndoExhausted: 'stop',
    description: null,
    labels: {},
    ...more,
  };
}

export function stepRun(definition: StepDefinition, more: Partial<StepRun> = {}): StepRun {
  return {
    definition,
    status: 'PENDING',
    open: null,
    addedHeaders: null,
    nextAttemptAt: null,
    attempt: 0,
    attemptBase: 0,
    round: 0,
    undoRequested: false,
    roundBase: 0,
    undoAttempt: 0,
    unknown: false,
    neverSent: false,
    final: false,
    undoExhausted: false,
    roundOwed: false,
    skipped: false,
    input: null,
    output: null,
    errorMessage: null,
    errorCode: null,
    progress: null,
    progressMessage: null,
    progressAt: null,
    startedAt: null,
    endedAt: null,
    undoneAt: null,
    ...more,
  };
}

export interface StartWish {
  readonly recipe?: Orchestration;
  readonly payload?: string | null;
  readonly headers?: Readonly<Record<string, unknown>>;
  readonly initiator?: string | null;
  readonly idempotencyKey?: string | null;
}

export function startInput(flowId: string, wish: StartWish = {}): StartInput {
  const { recipe, payload, headers, initiator, idempotencyKey } = wish;
  return {
    type: 'START',
    flowId,
    orchestration: recipe ?? orchestration(),
    payload: payload === undefined ? '{"tenant":"acme"}' : payload,
    headers: headers ?? {},
    initiator: initiator ?? null,
    idempotencyKey: idempotencyKey ?? null,
  };
}

/** A flow whose first step was just sent. */
export function startedFlow(start: StartInput, now: number): Flow {
  const { flowId, orchestration: recipe, payload, headers, initiator, idempotencyKey } = start;
  const [first, ...others] = recipe.steps.map((definition) => stepRun(definition));
  const open = { action: 'DO', attempt: 1, round: 0, deadline: now + 300_000 } as const;
  return {
    flowId,
    orchestration: recipe,
    status: 'IN_PROGRESS',
    steps:
      first === undefined
        ? []
        : [
            { ...first, status: 'IN_PROGRESS', attempt: 1, input: payload, startedAt: now, open },
            ...others,
          ],
    input: payload,
    output: null,
    headers,
    initiator,
    idempotencyKey,
    failureReason: null,
    startedAt: now,
    endedAt: null,
    deadline: null,
    deadlineStoppedAt: null,
    paused: false,
    pausedAt: null,
    pauseReason: null,
    held: false,
    halted: false,
    lastEventNumber: 2,
    now,
    withdrawable: [],
    unsent: [],
    orchestrationPaused: false,
  };
}

/** Events after `flow.lastEventNumber`, at its time. */
export function eventsAfter(
  flow: Flow,
  bodies: readonly EventBody[],
  last: Flow = flow,
): FlowEvent[] {
  return bodies.map((body, index) => ({
    ...body,
    number: flow.lastEventNumber + 1 + index,
    at: last.now,
    flowStatus: last.status,
    stepStatus: null,
    stepStatusBefore: null,
  }));
}

export function outboxRow(
  flowId: string,
  number: number,
  more: Partial<OutboxRow> = {},
): OutboxRow {
  const attemptId = attemptIdOf(flowId, {
    stepName: 'createRealm',
    action: 'DO',
    round: 0,
    attempt: number,
  });
  return {
    flowId,
    number,
    topic: 'orchestrator.accounts.createRealm.do',
    key: flowId,
    value: '{"payload":{"a":"\\"ü\\\\"}}',
    headers: { flowId },
    attemptId,
    ...more,
  };
}

export function startRecord(start: StartInput, now: number): FlowRecord {
  const after = startedFlow(start, now);
  const first = start.orchestration.steps[0]?.name ?? '';
  const bodies = [
    { type: 'FLOW_STARTED' },
    { type: 'DO_SENT', stepName: first, attempt: 1, deadline: now + 300_000 },
  ] as const;
  const events = eventsAfter({ ...after, lastEventNumber: 0 }, bodies, after);
  const row = outboxRow(start.flowId, 2, {
    attemptId: attemptIdOf(start.flowId, { stepName: first, action: 'DO', round: 0, attempt: 1 }),
  });
  return { before: null, after, events, outbox: [row], withdrawn: [], wakeAt: now + 300_000 };
}

/** The flow with fields of it and of its steps (by name) changed, and the events for that. */
export function changeRecord(
  before: Flow,
  change: {
    readonly flow?: Partial<Flow>;
    readonly steps?: Readonly<Record<string, Partial<StepRun>>>;
  },
  bodies: readonly EventBody[],
  more: Partial<Omit<FlowRecord, 'before' | 'after' | 'events'>> = {},
): FlowRecord {
  const steps = before.steps.map((step) => {
    const changed = change.steps?.[step.definition.name];
    return changed === undefined ? step : { ...step, ...changed };
  });
  const after = {
    ...before,
    steps,
    ...change.flow,
    lastEventNumber: before.lastEventNumber + bodies.length,
  };
  return {
    before,
    after,
    events: eventsAfter(before, bodies, after),
    outbox: [],
    withdrawn: [],
    wakeAt: null,
    ...more,
  };
}

/** Registers it, or its next version. */
export async function register(
  store: Store,
  recipe: Orchestration = orchestration(),
  initiator: string | null = null,
): Promise<Orchestration> {
  await store.registry(async (tx) => {
    await tx.lockRegistry();
    await tx.saveVersion(recipe, initiator);
  });
  return recipe;
}

/** Starts flows in one transaction, and leaves out those that exist. */
export function start(
  store: Store,
  starts: readonly StartInput[],
  given = true,
): Promise<readonly FlowRecord[]> {
  return store.road(async (tx) => {
    const { existing } = await tx.admit([], starts, []);
    const { now } = await tx.lock([], []);
    const records = starts
      .filter((_, index) => !existing.has(index))
      .map((one) => startRecord(one, now));
    await tx.record(records, given);
    return records;
  });
}

/** Locks one flow, records what `decide` makes of it, and returns that. */
export function change(
  store: Store,
  flowId: string,
  decide: (flow: Flow) => FlowRecord,
  given = true,
): Promise<FlowRecord> {
  return store.road(async (tx) => {
    const record = decide(await lockOne(tx, flowId));
    await tx.record([record], given);
    return record;
  });
}

export async function lockOne(tx: RoadTransaction, flowId: string, ticking = false): Promise<Flow> {
  const flow = (await tx.lock([flowId], ticking ? [flowId] : [])).flows.get(flowId);
  if (flow === undefined) throw new Error(`${flowId} could not be locked`);
  return flow;
}

/** First step done with `output`, second one sent. */
export function firstStepDone(flow: Flow, output: string | null = '{"realm":"r1"}'): FlowRecord {
  const { now, flowId } = flow;
  const deadline = now + 400_000;
  const steps = {
    createRealm: { status: 'DO_SUCCESS', open: null, output, endedAt: now },
    createClient: {
      status: 'IN_PROGRESS',
      attempt: 1,
      input: output,
      startedAt: now,
      open: { action: 'DO', attempt: 1, round: 0, deadline },
    },
  } as const;
  const bodies = [
    {
      type: 'DO_SUCCEEDED',
      stepName: 'createRealm',
      attempt: 1,
      late: false,
      assumed: false,
      output,
    },
    { type: 'DO_SENT', stepName: 'createClient', attempt: 1, deadline },
  ] as const;
  const number = flow.lastEventNumber + 2;
  const outbox = [
    outboxRow(flowId, number, {
      attemptId: attemptIdOf(flowId, {
        stepName: 'createClient',
        action: 'DO',
        round: 0,
        attempt: 1,
      }),
    }),
  ];
  return changeRecord(flow, { steps }, bodies, { outbox, wakeAt: deadline });
}

export function position(
  offset: number | bigint,
  more: Partial<RecordPosition> = {},
): RecordPosition {
  return {
    topic: 'orchestrator.response.result',
    partition: 0,
    offset: BigInt(offset),
    timestamp: 1_700_000_000_000 + Number(offset),
    ...more,
  };
}
