/**
 * The kit of the API. Knows: how an engine answers, with real flows in memory and the real saga. Refuses to know: storage, topics, time.
 * In: what a shell asks; what a test lets workers answer. Out: flows, events, and a list of what was asked.
 */

import { samePayload } from '../../../src/engine/intake/payload-equality.js';
import { Policies } from '../../../src/engine/operations/policies.js';
import { Simulations } from '../../../src/engine/operations/simulations.js';
import { Standings } from '../../../src/engine/operations/standing.js';
import type {
  FlowRecord,
  Problem,
  QuarantinedRecord,
  Registration,
  RegistrationRow,
  RegistryTransaction,
  Replay,
  Store,
} from '../../../src/engine/ports.js';
import type {
  EngineService,
  ExecuteResult,
  FlowResult,
  Health,
  OrchestrationRequest,
  OrchestrationResult,
  PolicyRequest,
  QuarantineResult,
  Registered,
  RegisterResult,
  SimulationRequest,
  SimulationResult,
} from '../../../src/engine/service.js';
import { Hub } from '../../../src/engine/subscriptions/hub.js';
import { silent } from '../../../src/observability/log.js';
import { type Advanced, advance, start } from '../../../src/saga/advance.js';
import type { FlowEvent } from '../../../src/saga/event.js';
import type { Action, Flow } from '../../../src/saga/flow.js';
import type {
  OperatorInput,
  ProgressInput,
  ReplyInput,
  StartRequest,
} from '../../../src/saga/input.js';
import { nearest } from '../../../src/wire/nearest.js';
import { MemoryRead } from './read.js';

export interface Kept {
  flow: Flow;
  readonly events: FlowEvent[];
}

const refused = (
  code: string,
  message: string,
  path: string | null,
  suggestions: readonly string[] = [],
): readonly Problem[] => [{ code, message, path, line: null, suggestions }];

export class EngineInMemory implements EngineService {
  readonly versions = new Map<string, RegistrationRow[]>();
  readonly flows = new Map<string, Kept>();
  readonly workers = new Map<string, string[]>();
  /** What was asked, as `method` names in order. */
  readonly asked: string[] = [];
  readonly started: StartRequest[] = [];
  readonly words: OperatorInput[] = [];
  /** Newest first. */
  readonly quarantine: QuarantinedRecord[] = [];
  /** Thrown by whatever is asked next, until it is null again. */
  failure: Error | null = null;
  ready = true;
  now = Date.parse('2026-11-23T12:00:00.000Z');
  readonly read = new MemoryRead(this);
  private readonly hub = new Hub(this.read);

  ask(method: string): void {
    this.asked.push(method);
    if (this.failure !== null) throw this.failure;
  }

  async execute(request: StartRequest): Promise<ExecuteResult> {
    this.ask('execute');
    this.started.push(request);
    const row = this.versions.get(request.orchestrationName)?.at(-1);
    if (row === undefined) {
      const message = `no orchestration is called ${request.orchestrationName}; register it first`;
      const near = [...this.versions.keys()].filter(
        (name) => name.slice(0, 3) === request.orchestrationName.slice(0, 3),
      );
      return {
        flow: null,
        created: false,
        problems: refused('UNKNOWN_ORCHESTRATION', message, 'orchestrationName', near),
      };
    }
    const known =
      request.idempotencyKey === null
        ? undefined
        : this.withKey(request.orchestrationName, request.idempotencyKey);
    if (known !== undefined && !samePayload(known.input, request.payload)) {
      const message = `the key ${request.idempotencyKey} was used with another payload, for flow ${known.flowId}; use a new key`;
      return {
        flow: null,
        created: false,
        problems: refused('IDEMPOTENCY_KEY_CONFLICT', message, 'idempotencyKey'),
      };
    }
    if (known !== undefined) return { flow: known, created: false, problems: [] };
    const flowId = `flow-${this.flows.size + 1}`;
    const { orchestration } = row;
    const { payload, headers, initiator, idempotencyKey } = request;
    const begun = start(
      { type: 'START', flowId, orchestration, payload, headers, initiator, idempotencyKey },
      this.tick(),
    );
    this.flows.set(flowId, { flow: begun.flow, events: [] });
    return { flow: this.commit(begun), created: true, problems: [] };
  }

  async applyOperatorAction(input: OperatorInput): Promise<FlowResult> {
    this.ask('applyOperatorAction');
    this.words.push(input);
    if (!this.flows.has(input.flowId)) {
      return {
        flow: null,
        problems: refused('UNKNOWN_FLOW', `there is no flow ${input.flowId}`, 'flowId'),
      };
    }
    const { flow, refusal } = this.hears(input);
    return { flow, problems: refusal === null ? [] : refused(refusal.code, refusal.message, null) };
  }

  async replayQuarantined(replay: Replay): Promise<QuarantineResult> {
    return this.settle(replay, 'REPLAYED');
  }

  async discardQuarantined(replay: Replay): Promise<QuarantineResult> {
    return this.settle(replay, 'DISCARDED');
  }

  /** The rules are the engine's own; only where they are kept is this. */
  async setPolicy(request: PolicyRequest): Promise<OrchestrationResult> {
    this.ask('setPolicy');
    return new Policies(this.definitions(), { nearest }, silent('registry')).set(request);
  }

  async changeStanding(request: OrchestrationRequest): Promise<OrchestrationResult> {
    this.ask('changeStanding');
    return new Standings(this.definitions(), silent('registry')).apply(request);
  }

  private definitions(): Pick<Store, 'registry' | 'similarNames'> {
    const save = (name: string, changed: Partial<RegistrationRow>): void => {
      const rows = this.versions.get(name) ?? [];
      this.versions.set(
        name,
        rows.map((row) => ({ ...row, ...changed })),
      );
    };
    const tx: Pick<
      RegistryTransaction,
      'lockRegistry' | 'current' | 'savePolicies' | 'saveStanding' | 'now'
    > = {
      lockRegistry: async () => undefined,
      current: async (names) =>
        new Map(
          names.flatMap((name) => {
            const row = this.versions.get(name)?.at(-1);
            return row === undefined ? [] : [[name, row]];
          }),
        ),
      savePolicies: async (name, policies) => save(name, { policies }),
      saveStanding: async (name, standing) => save(name, standing),
      now: async () => this.now,
    };
    return {
      registry: <T>(work: (tx: RegistryTransaction) => Promise<T>) =>
        work(tx as RegistryTransaction),
      similarNames: async (name: string) => nearest(name, [...this.versions.keys()]),
    };
  }

  /** The engine's own, too. */
  async simulate(request: SimulationRequest): Promise<SimulationResult> {
    this.ask('simulate');
    const store = {
      orchestration: async (name: string) => this.versions.get(name)?.at(-1) ?? null,
      similarNames: async (name: string) => nearest(name, [...this.versions.keys()]),
    };
    return new Simulations(store, { nearest }).run(request);
  }

  private settle({ id, actor, reason }: Replay, state: 'REPLAYED' | 'DISCARDED'): QuarantineResult {
    this.ask('settle');
    const index = this.quarantine.findIndex((one) => one.id === id);
    const record = this.quarantine[index];
    if (record === undefined)
      return {
        record: null,
        problems: refused('UNKNOWN_QUARANTINED', `nothing in quarantine has the id ${id}`, 'id'),
      };
    const settled = { ...record, state, settled: { at: this.now, actor, reason } };
    this.quarantine[index] = settled;
    return { record: settled, problems: [] };
  }

  async register(
    { declarations, problems, serviceName }: Registration,
    { dryRun }: { readonly dryRun: boolean },
  ): Promise<RegisterResult> {
    this.ask('register');
    if (problems.length > 0) return { registrations: [], problems };
    const registrations = declarations.map((one): Registered => {
      const { as } = one;
      const orchestrationName =
        one.as === 'initiator' ? one.orchestration.name : one.orchestrationName;
      const before = this.versions.get(orchestrationName) ?? [];
      const version = before.length + (one.as === 'initiator' ? 1 : 0);
      if (!dryRun && one.as === 'initiator') {
        const orchestration = { ...one.orchestration, version };
        const row = {
          orchestration,
          initiator: serviceName,
          paused: false,
          archived: false,
          pausedBy: null,
          archivedBy: null,
          createdAt: this.now,
          policies: before.at(-1)?.policies ?? [],
        };
        this.versions.set(orchestrationName, [...before, row]);
      }
      if (!dryRun && one.as === 'worker') {
        for (const { stepName } of one.steps)
          this.workers.set(`${orchestrationName}/${stepName}`, [serviceName ?? 'unnamed']);
      }
      const changes =
        before.length > 0
          ? [
              {
                kind: 'STEP_ADDED',
                breaking: true,
                description: 'a step was added',
                flowsInFlight: 0,
              },
            ]
          : [];
      return {
        orchestrationName,
        as,
        version: version === 0 ? null : version,
        changed: true,
        status: 'PARTIALLY_REGISTERED',
        changes,
      };
    });
    return { registrations, problems: [] };
  }

  async orchestration(name: string, version: number | null): Promise<RegistrationRow | null> {
    this.ask('orchestration');
    const versions = this.versions.get(name);
    return (version === null ? versions?.at(-1) : versions?.[version - 1]) ?? null;
  }

  async follow(
    flowId: string,
    after: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<FlowEvent> | null> {
    this.ask('follow');
    this.followers.add(signal);
    return this.hub.follow(flowId, after, signal);
  }
  /** One for each subscription there ever was: aborted when it has ended. */
  readonly followers = new Set<AbortSignal>();

  stepChanges(
    filter: { readonly flowId: string | null; readonly orchestrationName: string | null },
    signal: AbortSignal,
  ) {
    this.ask('stepChanges');
    this.followers.add(signal);
    return this.hub.stepChanges(filter, signal);
  }

  async health(): Promise<Health> {
    this.ask('health');
    const checks = [
      { name: 'database', ok: this.ready, detail: this.ready ? 'answers' : 'does not answer' },
    ];
    return {
      ready: this.ready,
      checks,
      load: { waiting: 3, unsent: 2, faults: this.ready ? 0 : 1 },
    };
  }

  /** A worker answers the step's open command. */
  answers(flowId: string, stepName: string, answer: Partial<ReplyInput> = {}): Flow {
    return this.hears({
      type: 'REPLY',
      flowId,
      stepName,
      action: null,
      outcome: 'success',
      attemptId: null,
      payload: null,
      errorMessage: null,
      errorCode: null,
      retryable: true,
      ...answer,
    }).flow;
  }

  fails(
    flowId: string,
    stepName: string,
    errorMessage: string,
    retryable = false,
    action: Action = 'DO',
  ): Flow {
    return this.answers(flowId, stepName, { action, outcome: 'failure', errorMessage, retryable });
  }

  progresses(flowId: string, stepName: string, progress: number): Flow {
    return this.hears({
      type: 'PROGRESS',
      flowId,
      stepName,
      attemptId: null,
      progress,
      message: null,
    }).flow;
  }

  private hears(input: OperatorInput | ReplyInput | ProgressInput): Advanced {
    const kept = this.flows.get(input.flowId);
    if (kept === undefined) throw new Error(`the test has no flow ${input.flowId}`);
    const advanced = advance({ ...kept.flow, now: this.tick() }, input);
    this.commit(advanced);
    return advanced;
  }

  private commit({ flow, events }: Advanced): Flow {
    const kept = this.flows.get(flow.flowId);
    if (kept === undefined) throw new Error(`the test has no flow ${flow.flowId}`);
    const record: FlowRecord = {
      before: null,
      after: flow,
      events,
      outbox: [],
      withdrawn: [],
      wakeAt: null,
    };
    // What was published can no longer be withdrawn.
    kept.flow = { ...flow, ungiven: [] };
    kept.events.push(...events);
    this.hub.committed([record]);
    return flow;
  }

  private withKey(name: string, key: string): Flow | undefined {
    return [...this.flows.values()].find(
      ({ flow }) => flow.orchestration.name === name && flow.idempotencyKey === key,
    )?.flow;
  }

  /** 10 ms pass with everything that happens. */
  private tick(): number {
    this.now += 10;
    return this.now;
  }
}
