/** Figures for Prometheus, by its naming conventions; computed when they are read, so that nothing is counted twice or kept up to date in vain. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';

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
}

export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
}

export function createMetrics(figures: () => Promise<Figures>): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const up = new Gauge({
    name: 'backstep_dependency_up',
    help: '1 = what we depend on answers and takes work, as /readyz has it',
    labelNames: ['dependency'],
    registers,
  });
  const waiting = new Gauge({
    name: 'backstep_deliveries_waiting',
    help: 'Deliveries that wait for a transaction',
    registers,
  });
  const unsent = new Gauge({
    name: 'backstep_messages_unsent',
    help: 'Committed messages that the broker has not acknowledged yet',
    registers,
  });
  const faults = faultsOf(registers);
  const refused = refusedBy(registers);
  return {
    contentType: registry.contentType,
    async text() {
      const now = await figures();
      for (const { name, ok } of now.checks) up.set({ dependency: name }, ok ? 1 : 0);
      waiting.set(now.waiting);
      unsent.set(now.unsent);
      faults.reset();
      faults.inc(now.faults);
      refused.reset();
      for (const [limit, count] of now.refused) refused.inc({ limit }, count);
      return registry.metrics();
    },
  };
}

function refusedBy(registers: Registry[]): Counter<'limit'> {
  return new Counter({
    name: 'backstep_refused_total',
    help: 'Times a limit of callers has refused something',
    labelNames: ['limit'],
    registers,
  });
}

function faultsOf(registers: Registry[]): Counter {
  return new Counter({
    name: 'backstep_store_faults_total',
    help: 'Times the store did not take work',
    registers,
  });
}
