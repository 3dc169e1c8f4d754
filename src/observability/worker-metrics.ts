/** Figures about workers that use GraphQL or REST (docs/metrics.md). */
import { Counter, Gauge, type Registry } from 'prom-client';

export interface WorkerFigures {
  /** Workers that are connected, or wait in a poll. */
  readonly sessions: number;
  /** Commands that a worker has, and has not answered. */
  readonly leases: number;
  /** Commands that were read, and no worker was free for. */
  readonly waiting: number;
  /** Since the start: commands given to workers, their replies, leases that ran out. */
  readonly handedOut: number;
  readonly answered: number;
  readonly expired: number;
}

export function workerMetrics(registry: Registry): (figures: WorkerFigures | undefined) => void {
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers: [registry] });
  const counter = (name: string, help: string) =>
    new Counter({ name, help, registers: [registry] });
  const sessions = gauge('backstep_worker_sessions', 'Workers that use GraphQL or REST, now');
  const leases = gauge('backstep_worker_leases', 'Commands that such workers have, now');
  const waiting = gauge('backstep_worker_commands_waiting', 'Commands that no worker is free for');
  const counters = [
    [counter('backstep_worker_commands_total', 'Commands given to such workers'), 'handedOut'],
    [counter('backstep_worker_replies_total', 'Their replies, without progress'), 'answered'],
    [counter('backstep_worker_leases_expired_total', 'Leases that ran out'), 'expired'],
  ] as const;
  return (figures) => {
    sessions.set(figures?.sessions ?? 0);
    leases.set(figures?.leases ?? 0);
    waiting.set(figures?.waiting ?? 0);
    for (const [total, name] of counters) {
      total.reset();
      total.inc(figures?.[name] ?? 0);
    }
  };
}
