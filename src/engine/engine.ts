/**
 * Assembles the engine: topics, callers and timers feed one road; after each commit it publishes
 * and notifies.
 */
import { LIMITS } from '../limits/limits.js';
import type { Logs } from '../observability/log.js';
import type { Observe } from '../observability/observation.js';
import type { Trace } from '../observability/span.js';
import { AuditLog } from './audit/audit-log.js';
import { Diagnoses } from './diagnosis/diagnosis.js';
import { logEvents } from './event-log.js';
import { figuresOf } from './figures.js';
import { healthOf } from './health.js';
import { HealthLog } from './health-log.js';
import { intake, notify } from './incoming.js';
import { DeliveryQueue } from './intake/queue.js';
import { resolveStarts } from './intake/resolve-starts.js';
import { Road } from './intake/road.js';
import { observationsOf } from './observations.js';
import { Bulk } from './operations/bulk.js';
import { Policies } from './operations/policies.js';
import { Quarantine } from './operations/quarantine.js';
import { Reencryption } from './operations/reencryption.js';
import { Requests } from './operations/requests.js';
import { Simulations } from './operations/simulations.js';
import { Standings } from './operations/standing.js';
import { Relay } from './outbox/relay.js';
import type { Broker, Decode, PayloadSchemas, ReadModel, Store, Wire } from './ports.js';
import { Registry } from './registry/registry.js';
import { KEEP_ALL, type Keep, Retention } from './retention/retention.js';
import type { EngineService } from './service.js';
import { sloOf } from './slo/slo.js';
import { SloLog } from './slo/slo-log.js';
import { SlowTransactions } from './slow-transactions.js';
import { spansOf } from './spans.js';
import { Hub } from './subscriptions/hub.js';
import { Timers } from './timers/timers.js';

export interface EngineOptions {
  readonly store: Store;
  readonly read: ReadModel;
  readonly broker: Broker;
  readonly wire: Wire;
  readonly logs: Logs;
  /** Decodes a quarantined record, as the broker adapters decode new ones. */
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
  readonly keepsStarters?: boolean;
  /** Gets what is committed, for metrics. */
  readonly observe?: Observe | undefined;
  /** Gets the spans of what is committed; absent: none are made. */
  readonly trace?: Trace | undefined;
  /** Absent: payloads are not checked. */
  readonly schemas?: PayloadSchemas;
  /** Absent: everything, for ever. */
  readonly keep?: Keep;
  readonly removeEveryMs?: number;
}

export interface Engine extends EngineService {
  /**
   * Joins the consumer group and starts the timers; resolves when replies are being read, however
   * long the brokers are away. `serving` is called before that, as soon as requests can be
   * answered. Throws a Fault when the database is away: nothing was started then.
   */
  start(serving?: () => void): Promise<void>;
  /** Accepts no more work and finishes what is under way, for at most `boundMs`. */
  stop(boundMs: number): Promise<void>;
}

const BATCH_SIZE = 500;

/**
 * The parts of the engine. The queue is made first: relay, timers and requests put deliveries in,
 * the road takes them out.
 */
function assemble(options: EngineOptions) {
  const { store, read, broker, wire, logs } = options;
  const queue = new DeliveryQueue({
    batchSize: options.batchSize ?? BATCH_SIZE,
    queueLimit: options.queueLimit ?? LIMITS.queueLength.value,
  });
  const hub = new Hub(read);
  const slow = new SlowTransactions(store);
  const relay = relayOf(options, queue, slow);
  const timers = timersOf(options, queue, slow);
  const slo = new SloLog(store, logs('slo'));
  const road = roadOf(options, { queue, hub, relay, timers, slo, slow });
  const audit = new AuditLog(store, logs('audit'));
  const ports = { store, broker, wire, log: logs('registry') };
  const registry = new Registry({ ...ports, audit: (row) => audit.add(row) });
  const retention = retentionOf(options);
  return { queue, hub, relay, timers, road, registry, audit, slo, slow, retention };
}
type Parts = ReturnType<typeof assemble>;

interface Followers {
  readonly queue: DeliveryQueue;
  readonly hub: Hub;
  readonly relay: Relay;
  readonly timers: Timers;
  readonly slo: SloLog;
  readonly slow: SlowTransactions;
}

function roadOf(options: EngineOptions, followers: Followers): Road {
  const { queue, hub, relay, timers, slo, slow } = followers;
  const { store, wire, logs, schemas, patienceMs = 10_000 } = options;
  return new Road({
    queue,
    store,
    wire,
    log: logs('flow'),
    schemas,
    resolve: (deliveries, read) => resolveStarts(deliveries, read, options),
    mayGive: () => relay.hasCapacity,
    afterCommit(records, outbox, given, deliveries) {
      if (given) relay.give(outbox);
      timers.noted(records);
      hub.committed(records);
      slo.committed(records, deliveries);
      logEvents(logs, records, wire);
      options.observe?.(observationsOf(records));
      options.trace?.(spansOf(records, deliveries, wire));
    },
    timed: (transaction) => slow.timed(transaction),
    recovered: () => hub.reconnected(),
    patienceMs,
  });
}

function relayOf(options: EngineOptions, queue: DeliveryQueue, slow: SlowTransactions): Relay {
  const { broker, wire, logs } = options;
  return new Relay({
    store: slow.counted,
    wire,
    publisher: broker.publisher,
    log: logs('relay'),
    submit: (deliveries) => queue.submit(deliveries),
    leaseMs: options.leaseMs,
    memoryLimit: options.memoryLimit ?? 20_000,
    leftoverMs: 1000,
  });
}

function timersOf(options: EngineOptions, queue: DeliveryQueue, slow: SlowTransactions): Timers {
  const { broker, logs, lookMs } = options;
  return new Timers({
    store: slow.counted,
    log: logs('timers'),
    submit: (deliveries) => queue.submit(deliveries),
    lookMs: lookMs ?? 1000,
    ready: () => broker.health().ready && queue.length === 0,
  });
}

function retentionOf({ store, logs, keep, ...options }: EngineOptions): Retention {
  return new Retention({
    store,
    log: logs('retention'),
    keep: keep ?? KEEP_ALL,
    everyMs: options.removeEveryMs ?? 600_000,
    batchSize: options.batchSize ?? BATCH_SIZE,
  });
}

export function createEngine(options: EngineOptions): Engine {
  const parts = assemble(options);
  return { ...changes(options, parts), ...reads(options, parts), ...lifeOf(options, parts) };
}

function changes(options: EngineOptions, parts: Parts) {
  const { store, read, broker, wire, logs, decode } = options;
  const { queue, registry, audit } = parts;
  const requests = new Requests(queue, read, store, () => broker.full?.() ?? null);
  const bulk = new Bulk(queue, read, (row) => audit.add(row));
  const quarantine = new Quarantine({ queue, read, store, registry, decode });
  const policies = new Policies(store, wire, logs('registry'));
  const standings = new Standings(store, logs('registry'), () => parts.timers.lookNow());
  const reencryption = new Reencryption(store, (row) => audit.add(row));
  return {
    audit: (row) => audit.add(row),
    execute: (request, execution) => requests.execute(request, execution),
    bulk: (request, running) => bulk.run(request, running),
    applyOperatorAction: (input, by) => requests.applyOperatorAction(input, by),
    register: (registration, { dryRun, ...wish }) => registry.register(registration, dryRun, wish),
    replayQuarantined: (replay, by) => quarantine.replay(replay, by),
    discardQuarantined: (replay, by) => quarantine.discard(replay, by),
    setPolicy: (request, by, within) => policies.set(request, by, within),
    changeStanding: (request, by, within) => standings.apply(request, by, within),
    reencrypt: (request, running) => reencryption.run(request, running),
  } satisfies Partial<EngineService>;
}

function reads({ store, read, broker, wire, logs }: EngineOptions, parts: Parts) {
  const { hub } = parts;
  const diagnoses = new Diagnoses({ read, store, broker, wire });
  const simulations = new Simulations(store, wire);
  return {
    read,
    diagnose: (flowId) => diagnoses.of(flowId),
    slo: (request) => sloOf(store, read, request),
    simulate: (request, within) => simulations.run(request, within),
    orchestration: (name, version) => store.orchestration(name, version),
    follow: (flowId, after, signal, options) => hub.follow(flowId, after, signal, options),
    stepChanges: (filter, signal) => hub.stepChanges(filter, signal),
    health: () => healthOf({ store, broker, ...parts }),
    figures: figuresOf({ store, broker, read, log: logs('flow'), ...parts }),
  } satisfies Partial<EngineService>;
}

function lifeOf(options: EngineOptions, parts: Parts): Pick<Engine, 'start' | 'stop'> {
  const { store, broker, logs } = options;
  const { queue, hub, relay, timers, road, registry, retention, audit, slo } = parts;
  const health = () => healthOf({ store, broker, ...parts });
  const healthLog = new HealthLog({ health, log: logs('flow') });
  let leave: (() => Promise<void>) | null = null;
  return {
    async start(serving = () => undefined) {
      leave = await store.onRemoteCommit((commits) => notify(hub, commits, logs('flow')));
      relay.start();
      healthLog.start();
      serving();
      await broker.consume((deliveries) => intake(deliveries, registry, queue), store);
      timers.start();
      retention.start();
    },
    async stop(boundMs) {
      await healthLog.stop();
      await timers.stop();
      await retention.stop();
      registry.stop();
      await broker.stopConsuming();
      await road.stop();
      await audit.stop();
      await slo.stop();
      await relay.stop(boundMs);
      await leave?.();
    },
  };
}
