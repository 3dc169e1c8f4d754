/** The engine put together: one road, fed by topics, callers and timers; after each commit publish and notify. */
import { LIMITS } from '../limits/limits.js';
import type { Logs } from '../observability/log.js';
import type { FlowEvent } from '../saga/event.js';
import { resolveStarts } from './intake/resolve-starts.js';
import { Road } from './intake/road.js';
import { Policies } from './operations/policies.js';
import { Quarantine } from './operations/quarantine.js';
import { Commands } from './operations/requests.js';
import { Simulations } from './operations/simulations.js';
import { Standings } from './operations/standing.js';
import { Relay } from './outbox/relay.js';
import type {
  Broker,
  Decode,
  Delivery,
  FlowRecord,
  OutboxRow,
  ReadModel,
  RegistrationRow,
  Store,
  Wire,
} from './ports.js';
import { Registry } from './registry/registry.js';
import { KEEP_ALL, type Keep, Retention } from './retention/retention.js';
import type { EngineService, Health } from './service.js';
import { Hub } from './subscriptions/hub.js';
import { Timers } from './timers/timers.js';

export interface EngineOptions {
  readonly store: Store;
  readonly read: ReadModel;
  readonly broker: Broker;
  readonly wire: Wire;
  readonly logs: Logs;
  /** Reads a record of an intake topic; the brokers do the same with what comes in. */
  readonly decode: Decode;
  /** How long committed rows belong to this instance, ms; the store must lease for as long. */
  readonly leaseMs: number;
  readonly batchSize?: number;
  readonly queueLimit?: number;
  readonly memoryLimit?: number;
  readonly patienceMs?: number;
  readonly lookMs?: number;
  /** Most bytes of one payload times the steps that get it at once. */
  readonly fanOutBytes?: number;
  /** Absent: everything, for ever. */
  readonly keep?: Keep;
  readonly removeEveryMs?: number;
}

export interface Engine extends EngineService {
  /**
   * Joins the group and starts the clocks; resolves once replies are read, however long the brokers are away. `serving` is called
   * before that, once requests can be answered. Throws a Fault when the database is away: nothing was started then.
   */
  start(serving?: () => void): Promise<void>;
  /** Takes no more, finishes what is under way within the bound, ms. */
  stop(boundMs: number): Promise<void>;
}

export function createEngine(options: EngineOptions): Engine {
  const { store, read, broker, wire, logs } = options;
  const hub = new Hub(read);
  const submit = (deliveries: readonly Delivery[]): Promise<unknown> => road.submit(deliveries);
  const relay: Relay = new Relay({
    store,
    publisher: broker.publisher,
    log: logs('relay'),
    submit,
    leaseMs: options.leaseMs,
    memoryLimit: options.memoryLimit ?? 20_000,
    leftoverMs: 1000,
  });
  const timers: Timers = new Timers({
    store,
    log: logs('timers'),
    submit,
    lookMs: options.lookMs ?? 1000,
    ready: () => broker.health().ready && road.waiting === 0,
  });
  const retention = new Retention({
    store,
    log: logs('retention'),
    keep: options.keep ?? KEEP_ALL,
    everyMs: options.removeEveryMs ?? 600_000,
    batchSize: options.batchSize ?? 500,
  });
  const afterCommit = (
    records: readonly FlowRecord[],
    outbox: readonly OutboxRow[],
    given: boolean,
  ): void => {
    if (given) relay.give(outbox);
    timers.noted(records);
    hub.committed(records);
    tell(logs, records);
  };
  const road: Road = new Road({
    store,
    wire,
    log: logs('flow'),
    resolve: (deliveries) => resolveStarts(store, deliveries, options.fanOutBytes),
    mayGive: () => relay.hasRoom,
    afterCommit,
    recovered: () => hub.reconnected(),
    batchSize: options.batchSize ?? 500,
    queueLimit: options.queueLimit ?? LIMITS.queueLength.value,
    patienceMs: options.patienceMs ?? 10_000,
  });
  const registry = new Registry({ store, broker, wire, log: logs('registry') });
  const commands = new Commands(road, read, store, () => broker.full?.() ?? null);
  const quarantine = new Quarantine({ road, read, store, registry, decode: options.decode });
  const policies = new Policies(store, wire, logs('registry'));
  const standings = new Standings(store, logs('registry'), () => timers.lookNow());
  const simulations = new Simulations(store, wire);
  let leave: (() => Promise<void>) | null = null;

  /** Registrations by topic are idempotent: they are done first, then their place in the log is recorded. */
  const intake = async (deliveries: readonly Delivery[]): Promise<void> => {
    for (const delivery of deliveries)
      if (delivery.kind === 'registration') await registry.registerPatiently(delivery.registration);
    await road.submit(deliveries);
  };

  return {
    read,
    execute: (request, suggestions) => commands.execute(request, suggestions),
    say: (input) => commands.say(input),
    register: (registration, { dryRun }) => registry.register(registration, dryRun),
    replayQuarantined: (replay) => quarantine.replay(replay),
    discardQuarantined: (replay) => quarantine.discard(replay),
    setPolicy: (request) => policies.set(request),
    changeStanding: (request) => standings.apply(request),
    simulate: (request) => simulations.run(request),
    orchestration: (name, version) => store.orchestration(name, version),
    registrationStatus: (row) => statusOf(read, row),
    follow: (flowId, after, signal, options) => hub.follow(flowId, after, signal, options),
    stepChanges: (filter, signal) => hub.stepChanges(filter, signal),
    health: () => healthOf(store, broker, road, relay),
    async start(serving = () => undefined) {
      leave = await store.onRemoteCommit((hints) => {
        if (hints === null) hub.reconnected();
        else
          hub
            .hinted(hints)
            .catch((error: unknown) =>
              logs('flow').warn({ err: error }, 'could not read what another instance did'),
            );
      });
      relay.start();
      serving();
      await broker.consume(intake, store);
      timers.start();
      retention.start();
    },
    async stop(boundMs) {
      await timers.stop();
      await retention.stop();
      registry.stop();
      await broker.stopConsuming();
      await road.stop();
      await relay.stop(boundMs);
      await leave?.();
    },
  };
}

async function statusOf(
  read: ReadModel,
  { orchestration }: RegistrationRow,
): Promise<'REGISTERED' | 'PARTIALLY_REGISTERED'> {
  const workers = await read.workersOf([orchestration.name]);
  return orchestration.steps.every((step) => workers.has(`${orchestration.name}/${step.name}`))
    ? 'REGISTERED'
    : 'PARTIALLY_REGISTERED';
}

async function healthOf(store: Store, broker: Broker, road: Road, relay: Relay): Promise<Health> {
  const database = await store.ping().then(
    () => ({
      name: 'database',
      ok: road.faultSince === null,
      detail: road.faultSince === null ? 'answers, migrated' : 'does not take work',
    }),
    () => ({ name: 'database', ok: false, detail: 'does not answer' }),
  );
  const { ready, detail } = broker.health();
  const checks = [database, { name: 'broker', ok: ready, detail }];
  const load = { waiting: road.waiting, unsent: relay.waiting, faults: road.faults };
  return { ready: checks.every(({ ok }) => ok), checks, load };
}

/** The DO road and the UNDO road can be made louder apart (docs/operating.md); every line has its flowId. */
function tell(logs: Logs, records: readonly FlowRecord[]): void {
  const roads = { DO: logs('do'), UNDO: logs('undo'), FLOW: logs('flow') };
  if (!roads.DO.debugs && !roads.UNDO.debugs && !roads.FLOW.debugs) return;
  for (const { after, events } of records) {
    for (const event of events)
      roads[roadOf(event)].debug({ flowId: after.flowId, ...event }, event.type);
  }
}

function roadOf(event: FlowEvent): 'DO' | 'UNDO' | 'FLOW' {
  if (event.type.startsWith('UNDO') || ('action' in event && event.action === 'UNDO'))
    return 'UNDO';
  return event.type.startsWith('DO') || 'action' in event ? 'DO' : 'FLOW';
}
