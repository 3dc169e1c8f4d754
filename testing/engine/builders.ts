/** Small pieces for tests of one part of the engine. */
import type { Broker, FlowRecord, OutboxRow } from '../../src/engine/ports.js';
import type { Log } from '../../src/observability/log.js';
import { start } from '../../src/saga/advance.js';
import type { Flow } from '../../src/saga/flow.js';
import { DEFAULTS, type Orchestration, type StepDefinition } from '../../src/saga/orchestration.js';
import { stepDefinition as aStep } from '../kit/builders.js';
import { type LogLine, rememberingLog } from '../kit/remembering-log.js';

const backoff = { ...DEFAULTS.backoff, initialMs: 0 };

export function stepDefinition(
  seq: number,
  name: string,
  changes: Partial<StepDefinition> = {},
): StepDefinition {
  return aStep(seq, name, {
    maxRetries: 1,
    undoMaxRetries: 1,
    timeoutMs: 1000,
    undoTimeoutMs: 1000,
    backoff,
    undoBackoff: backoff,
    ...changes,
  });
}

export function sequential(name: string, ...steps: readonly string[]): Orchestration {
  return {
    name,
    version: 1,
    type: 'SEQUENTIAL',
    steps: steps.map((step, index) => stepDefinition(index + 1, step)),
    deadlineMs: null,
    onRetriesExhausted: 'undo',
    onUndoExhausted: 'stop',
    description: null,
    labels: {},
  };
}

export function started(
  flowId: string,
  orchestration: Orchestration,
  now = 1000,
): ReturnType<typeof start> {
  return start(
    {
      type: 'START',
      flowId,
      orchestration,
      payload: '{}',
      headers: {},
      initiator: null,
      idempotencyKey: null,
    },
    now,
  );
}

export function recordOf(
  flowId: string,
  orchestration: Orchestration,
): FlowRecord & { readonly after: Flow } {
  const { flow, events } = started(flowId, orchestration);
  return { before: null, after: flow, events, outbox: [], withdrawn: [], wakeAt: null };
}

export function rowOf(flowId: string, number: number, changes: Partial<OutboxRow> = {}): OutboxRow {
  return {
    flowId,
    number,
    topic: 'topic',
    key: flowId,
    value: '{}',
    headers: {},
    attemptId: `${flowId}:a:DO:0:${number}`,
    ...changes,
  };
}

/** A log that remembers. */
export function listeningLog(): Log & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  return { lines, ...rememberingLog((line) => void lines.push(line)) };
}

/** A promise and the means to settle it. */
export function gate<T = void>(): {
  readonly opened: Promise<T>;
  readonly open: (value: T) => void;
  readonly fail: (error: unknown) => void;
} {
  let open: (value: T) => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const opened = new Promise<T>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { opened, open, fail };
}

/** A broker that takes every message at once, brings none, and shows no topic. */
export function brokerTaking(changes: Partial<Broker> = {}): Broker {
  return {
    publisher: { publish: async (rows) => rows.map((row) => ({ row, result: 'ok' as const })) },
    ensureTopics: async () => undefined,
    consume: async () => undefined,
    stopConsuming: async () => undefined,
    inspect: async () => ({ kind: 'no-topic' }),
    health: () => ({ ready: true, detail: '' }),
    close: async () => undefined,
    ...changes,
  };
}
