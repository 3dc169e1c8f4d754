/**
 * The real engine over tables in memory, for tests of the API: what a worker would answer is
 * delivered by the test, every call is recorded, and the clock stands still but for 10 ms per
 * start, operator action and reply.
 */
import { Bridge } from '../../../src/bridge/bridge.js';
import { SYSTEM_CLOCK } from '../../../src/bridge/clock.js';
import { createEngine, type Engine } from '../../../src/engine/engine.js';
import {
  type AuditRow,
  type Broker,
  type FlowFilter,
  type Intake,
  type OutboxRow,
  type QuarantinedRecord,
  type ReadModel,
  type Store,
  wholeValue,
} from '../../../src/engine/ports.js';
import type { EngineService } from '../../../src/engine/service.js';
import type { Log } from '../../../src/observability/log.js';
import { createMetrics } from '../../../src/observability/metrics.js';
import type { FlowEvent } from '../../../src/saga/event.js';
import type { Action, Flow } from '../../../src/saga/flow.js';
import type { OperatorInput, StartRequest } from '../../../src/saga/input.js';
import { createDecoder } from '../../../src/wire/decode.js';
import { createWire } from '../../../src/wire/outgoing.js';
import { stepTopics, TOPICS } from '../../../src/wire/topics.js';
import { MemoryCommands } from '../../kit/memory-commands.js';
import { MemoryDatabase, memoryStore } from '../../kit/memory-store.js';
import { rememberingLog } from '../../kit/remembering-log.js';

/** A worker's reply: headers and payload as they stand in the record. */
export interface WorkerReply {
  readonly status?: boolean;
  readonly action?: Action | 'PROGRESS';
  readonly errorMessage?: string;
  readonly retryable?: boolean;
  readonly progress?: number;
  /** JSON text; absent = null. */
  readonly payload?: string | null;
}

type Method = (...args: never[]) => unknown;

export class TestEngine {
  /** Names of the methods that the API called, in order. */
  readonly calls: string[] = [];
  readonly starts: StartRequest[] = [];
  readonly actions: OperatorInput[] = [];
  /** What the engine has logged, every level. */
  readonly logged: { readonly fields: object; readonly message: string }[] = [];
  /** Messages that were published. */
  readonly published: OutboxRow[] = [];
  /** Audit rows that the API wrote by itself. */
  readonly refusals: AuditRow[] = [];
  /** One for each subscription there ever was: aborted when it has ended. */
  readonly followers = new Set<AbortSignal>();
  /** Of the last list. */
  filter: FlowFilter | null = null;
  /** What every call fails with, until it is null again. */
  failure: Error | null = null;
  /** What the health check reports. */
  ready = true;
  /** Methods of the service, and of its read side, that a test replaces. */
  overrides: Partial<EngineService> = {};
  readOverrides: Partial<ReadModel> = {};
  /** Counts what the engine commits. */
  readonly metrics = createMetrics();
  readonly database = new MemoryDatabase(Date.parse('2026-11-23T12:00:00.000Z'));
  /** What the API gets. */
  readonly service: EngineService;
  /** For workers that use GraphQL or REST: its commands are those that are published. */
  readonly workers: Bridge;
  /** Its broker. */
  readonly commands = new MemoryCommands((messages) =>
    this.deliver(...messages.map(({ value }) => Buffer.from(value))),
  );
  /** Its calls are not recorded. */
  readonly readModel: ReadModel;
  private readonly engine: Engine;
  private readonly decode = createDecoder({ payloadLimit: 900 * 1024 });
  private intake: Intake = () => Promise.reject(new Error('the engine was not started'));
  /** More than a JSON number holds. */
  private offset = 2n ** 60n;

  /** Resolves when counters of the monitoring checklist are stored the next time. */
  readonly counted: () => Promise<void>;

  constructor() {
    const { store, readModel } = memoryStore(this.database);
    this.counted = signalOf(store);
    this.readModel = readModel;
    this.engine = createEngine({
      store,
      read: readModel,
      broker: this.broker(),
      wire: createWire({ commandTypeId: null, source: '/test' }),
      logs: () => this.log,
      decode: this.decode,
      leaseMs: 10_000,
      batchSize: 5_000,
      observe: this.metrics.observe,
    });
    // In the time of the database.
    const clock = { ...SYSTEM_CLOCK, now: () => this.database.now };
    this.workers = new Bridge({ leaseMs: 30_000, log: this.log, clock });
    const replyTopic = TOPICS.replies;
    this.workers.open({ commands: this.commands, read: readModel, stepTopics, replyTopic });
    const read = this.recorded<ReadModel>(readModel, () => this.readOverrides);
    this.service = this.recorded<EngineService>({ ...this.engine, read }, () => this.overrides);
  }

  start(): Promise<void> {
    return this.engine.start();
  }

  async stop(): Promise<void> {
    await this.workers.close();
    return this.engine.stop(1000);
  }

  get flows(): ReadonlyMap<string, { readonly flow: Flow; readonly events: readonly FlowEvent[] }> {
    return this.database.tables.flows;
  }

  /** Names of what is registered. */
  get orchestrations(): readonly string[] {
    return [...this.database.tables.names.keys()];
  }

  /** A flow of tenantCreation; its flowId. */
  async startFlow(): Promise<string> {
    const nothing = { flowId: null, payload: null, initiator: null, idempotencyKey: null };
    const start = { orchestrationName: 'tenantCreation', headers: {}, ...nothing };
    const { flow } = await this.service.execute(start);
    if (flow === null) throw new Error('the flow was not started');
    return flow.flowId;
  }

  /** A worker answers the step's open command. */
  async answers(flowId: string, stepName: string, reply: WorkerReply = {}): Promise<Flow> {
    const { payload, ...headers } = reply;
    const open = this.flow(flowId).steps.find(
      ({ definition }) => definition.name === stepName,
    )?.open;
    const all = { flowId, stepName, action: open?.action ?? 'DO', status: true, ...headers };
    const value = Buffer.from(`{"headers":${JSON.stringify(all)},"payload":${payload ?? 'null'}}`);
    await this.deliver(value);
    return this.flow(flowId);
  }

  /** The step's success for many flows, in one transaction. */
  answersAll(flowIds: readonly string[], stepName: string): Promise<void> {
    const headers = (flowId: string) => ({ flowId, stepName, action: 'DO', status: true });
    return this.deliver(
      ...flowIds.map((flowId) => Buffer.from(JSON.stringify({ headers: headers(flowId) }))),
    );
  }

  fails(
    flowId: string,
    stepName: string,
    errorMessage: string,
    more: WorkerReply = {},
  ): Promise<Flow> {
    return this.answers(flowId, stepName, {
      status: false,
      retryable: false,
      errorMessage,
      ...more,
    });
  }

  progresses(flowId: string, stepName: string, progress: number): Promise<Flow> {
    return this.answers(flowId, stepName, { action: 'PROGRESS', progress });
  }

  /** Records of the reply topic, committed when it resolves. */
  deliver(...values: readonly Uint8Array[]): Promise<void> {
    return this.deliverTo(TOPICS.replies, ...values);
  }

  /** The same of any of the gateway's topics. */
  async deliverTo(topic: string, ...values: readonly Uint8Array[]): Promise<void> {
    this.database.now += 10;
    const place = { topic, partition: 0, timestamp: this.database.now };
    await this.intake(
      values.map((value) => {
        const raw = { key: null, value, headers: {} };
        const position = { ...place, offset: this.offset++ };
        return { ...this.decode(topic, raw), from: 'record' as const, position, raw };
      }),
    );
  }

  clearQuarantine(): void {
    this.database.tables.quarantine.length = 0;
    this.database.tables.settled.clear();
  }

  /** Every quarantined record, oldest first. */
  async quarantine(): Promise<readonly QuarantinedRecord[]> {
    const filter = { state: null, flowId: null };
    const { items } = await this.engine.read.quarantine(filter, 100, null);
    return items.map(({ item }) => item).reverse();
  }

  private flow(flowId: string): Flow {
    const entry = this.flows.get(flowId);
    if (entry === undefined) throw new Error(`the test has no flow ${flowId}`);
    return entry.flow;
  }

  /** `target` with its calls recorded and failed as the test wants. */
  private recorded<T extends object>(target: T, overrides: () => Partial<T>): T {
    return new Proxy(target, {
      get: (_, name: string) => {
        const given = Reflect.get(overrides(), name) ?? Reflect.get(target, name);
        if (typeof given !== 'function') return given;
        return (...args: never[]) => {
          this.record(name, args);
          if (this.failure !== null && name !== 'stepChanges') return Promise.reject(this.failure);
          if (this.failure !== null) throw this.failure;
          return (given as Method).apply(target, args);
        };
      },
    });
  }

  private record(name: string, args: readonly unknown[]): void {
    // Every refusal does, and leaves everything else alone.
    if (name === 'audit') {
      const row = args[0] as AuditRow;
      if (row.outcome === 'REFUSED') this.refusals.push(row);
      return;
    }
    this.calls.push(name);
    if (name === 'execute') this.starts.push(args[0] as StartRequest);
    if (name === 'applyOperatorAction') this.actions.push(args[0] as OperatorInput);
    if (name === 'history' || name === 'historyPage') this.filter = args[0] as FlowFilter;
    for (const arg of args) if (arg instanceof AbortSignal) this.followers.add(arg);
    if (name === 'execute' || name === 'applyOperatorAction') this.database.now += 10;
  }

  private get log(): Log {
    return rememberingLog(({ fields, message }) => void this.logged.push({ fields, message }));
  }

  /** Takes every message at once; replies come from the test. */
  private broker(): Broker {
    return {
      publisher: {
        publish: async (rows) => {
          this.published.push(...rows);
          for (const row of rows)
            if (row.attemptId !== null)
              this.commands.publish(row.topic, String(wholeValue(row)), String(row.key));
          return rows.map((row) => ({ row, result: 'ok' as const }));
        },
      },
      ensureTopics: async () => undefined,
      consume: async (intake) => {
        this.intake = intake;
      },
      stopConsuming: async () => undefined,
      inspect: async () => ({ kind: 'no-topic' }),
      health: () => ({ ready: this.ready, detail: this.ready ? 'in memory' : 'does not answer' }),
      close: async () => undefined,
    };
  }
}

/** Calls of `addSlo`, as a signal: the next one that has ended. */
function signalOf(store: Pick<Store, 'addSlo'>): () => Promise<void> {
  let next = Promise.withResolvers<void>();
  const add = store.addSlo.bind(store);
  store.addSlo = async (rows) => {
    await add(rows);
    next.resolve();
    next = Promise.withResolvers<void>();
  };
  return () => next.promise;
}
