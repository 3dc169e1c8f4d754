/**
 * Figures for Prometheus, by its naming conventions (docs/metrics.md). Gauges are computed when
 * they are read; what happens to flows is counted when it is committed.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { flowMetrics } from './flow-metrics.js';
import { type LagFigures, lagMetrics } from './lag-metrics.js';
import type { Observe } from './observation.js';
import { type WorkerFigures, workerMetrics } from './worker-metrics.js';

export interface Figures {
  /** What we depend on, and whether it answers and takes work. */
  readonly checks: readonly { readonly name: string; readonly ok: boolean }[];
  /** Deliveries that wait for a transaction. */
  readonly waiting: number;
  /** Messages that were committed and not acknowledged by the broker yet, of this process. */
  readonly unsent: number;
  /** How often since the start the store did not take work. */
  readonly faults: number;
  /** How often since the start each limit of callers has refused something, by limit. */
  readonly refused: ReadonlyMap<string, number>;
  /** Absent: the gateway does not end TLS itself. */
  readonly certificate?: CertificateFigures | undefined;
  /** Of workers that use GraphQL or REST; absent = nobody counts them. */
  readonly workers?: WorkerFigures | undefined;
  /** Subscriptions that are open. */
  readonly subscribers: number;
  /**
   * Records in this process's share of the gateway's own topics that were not admitted yet; null =
   * not known.
   */
  readonly lag: number | null;
  /** Of the workers of each step; absent = not known. */
  readonly workerLag?: readonly LagFigures[] | undefined;
  readonly connections: readonly PoolFigures[];
  /** How long the longest transaction of this process has been open; absent = none is. */
  readonly transactionSeconds?: number | undefined;
  /** Of the whole database; null = it does not answer. */
  readonly backlog: BacklogFigures | null;
}

/** Of the TLS certificate of the gateway itself. */
export interface CertificateFigures {
  readonly expiresAtSeconds: number;
  /** How often since the start changed files were used, and could not be used. */
  readonly renewed: number;
  readonly refused: number;
}

export interface PoolFigures {
  /** `write` or `read`. */
  readonly pool: string;
  readonly open: number;
  readonly idle: number;
  /** Requests that wait for a connection. */
  readonly waiting: number;
}

export interface BacklogFigures {
  /** Flows by status, each counted up to a bound; ended well is not among them. */
  readonly flows: Readonly<Record<string, number>>;
  /** Steps that have been IN_PROGRESS for more than five minutes. */
  readonly stuckSteps: number;
  /** How long the flow that is due for longest has been due, seconds. */
  readonly overdueSeconds: number;
  /** How long the oldest message has waited for the broker's acknowledgement, seconds. */
  readonly outboxSeconds: number;
}

export interface Metrics {
  readonly contentType: string;
  /** Counts what was committed. */
  readonly observe: Observe;
  text(figures: Figures): Promise<string>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Gauges with the suffix of counters; the same numbers are there by type.
  for (const one of ['handles', 'requests', 'resources'])
    registry.removeSingleMetric(`nodejs_active_${one}_total`);
  const observe = flowMetrics(registry);
  const setters: Set[] = [
    ofProcess(registry),
    ofCertificate(registry),
    ofConnections(registry),
    ofBacklog(registry),
    ofWaiting(registry),
    lagMetrics(registry),
  ];
  const ofWorkers = workerMetrics(registry);
  setters.push(({ workers }) => ofWorkers(workers));
  return {
    contentType: registry.contentType,
    observe,
    text(figures) {
      for (const set of setters) set(figures);
      return registry.metrics();
    },
  };
}

type Set = (figures: Figures) => void;
type Named = readonly [name: string, help: string, labelNames?: readonly string[]];

const gauge = (registry: Registry, [name, help, labelNames = []]: Named): Gauge =>
  new Gauge({ name, help, labelNames, registers: [registry] });

const UP: Named = [
  'backstep_dependency_up',
  '1 = what we depend on answers and takes work, as /readyz has it',
  ['dependency'],
];

function ofProcess(registry: Registry): Set {
  const make = (...named: Named) => gauge(registry, named);
  const up = gauge(registry, UP);
  const waiting = make('backstep_deliveries_waiting', 'Deliveries that wait for a transaction');
  const unsent = make(
    'backstep_messages_unsent',
    'Committed messages that the broker has not acknowledged yet',
  );
  const subscribers = make('backstep_subscribers', 'Open subscriptions to flows and steps');
  const faults = new Counter({
    name: 'backstep_store_faults_total',
    help: 'Times the store did not take work',
    registers: [registry],
  });
  const refused = new Counter({
    name: 'backstep_refused_total',
    help: 'Times a limit of callers has refused something',
    labelNames: ['limit'],
    registers: [registry],
  });
  return (now) => {
    for (const { name, ok } of now.checks) up.set({ dependency: name }, ok ? 1 : 0);
    waiting.set(now.waiting);
    unsent.set(now.unsent);
    subscribers.set(now.subscribers);
    faults.reset();
    faults.inc(now.faults);
    refused.reset();
    for (const [limit, count] of now.refused) refused.inc({ limit }, count);
  };
}

function ofCertificate(registry: Registry): Set {
  const expires = optional(registry)(
    'backstep_tls_certificate_expires_timestamp_seconds',
    'When the TLS certificate of the gateway expires; without TLS no value',
  );
  const changes = new Counter({
    name: 'backstep_tls_certificate_changes_total',
    help: 'Times the files of the TLS certificate have changed, and were used or not',
    labelNames: ['outcome'],
    registers: [registry],
  });
  return ({ certificate }) => {
    expires(certificate?.expiresAtSeconds ?? null);
    changes.reset();
    if (certificate === undefined) return;
    changes.inc({ outcome: 'used' }, certificate.renewed);
    changes.inc({ outcome: 'refused' }, certificate.refused);
  };
}

function ofConnections(registry: Registry): Set {
  const connections = gauge(registry, [
    'backstep_database_connections',
    'Connections of this process to the database',
    ['pool', 'state'],
  ]);
  const waiting = gauge(registry, [
    'backstep_database_connections_waiting',
    'Requests that wait for a connection',
    ['pool'],
  ]);
  const open = gauge(registry, [
    'backstep_transaction_open_seconds',
    'How long the longest transaction of this process has been open',
  ]);
  return ({ connections: pools, transactionSeconds }) => {
    open.set(transactionSeconds ?? 0);
    for (const { pool, open, idle, waiting: requests } of pools) {
      connections.set({ pool, state: 'idle' }, idle);
      connections.set({ pool, state: 'busy' }, open - idle);
      waiting.set({ pool }, requests);
    }
  };
}

const optional =
  (registry: Registry) =>
  (name: string, help: string): ((value: number | null) => void) => {
    const one = gauge(registry, [name, help]);
    return (value) => (value === null ? one.remove() : one.set(value));
  };

/** What is not known has no value: an old one would look like a good one. */
function ofBacklog(registry: Registry): Set {
  const flows = gauge(registry, [
    'backstep_flows',
    'Flows that run or FAILED, by status; each counted up to 10,000',
    ['status'],
  ]);
  const stuck = optional(registry)(
    'backstep_steps_stuck',
    'Steps that have been IN_PROGRESS for more than five minutes; counted up to 1,000',
  );
  return ({ backlog }) => {
    flows.reset();
    for (const [status, count] of Object.entries(backlog?.flows ?? {}))
      flows.set({ status }, count);
    stuck(backlog?.stuckSteps ?? null);
  };
}

function ofWaiting(registry: Registry): Set {
  const single = optional(registry);
  const overdue = single(
    'backstep_timers_overdue_seconds',
    'How long a flow whose time has come has waited for a timer',
  );
  const outbox = single(
    'backstep_outbox_oldest_seconds',
    'How long the oldest message has waited for the broker',
  );
  const lag = single(
    'backstep_inbox_lag_records',
    'Records in the own topics of this process that were not admitted yet',
  );
  return ({ backlog, lag: records }) => {
    overdue(backlog?.overdueSeconds ?? null);
    outbox(backlog?.outboxSeconds ?? null);
    lag(records);
  };
}
