/** What waits, for metrics, in memory. */
import type { BacklogFigures } from '../../src/observability/metrics.js';
import type { MemoryDatabase } from './memory-tables.js';

const FIVE_MINUTES = 300_000;

export function backlogIn({ tables, now }: MemoryDatabase): BacklogFigures {
  const entries = [...tables.flows.values()];
  const count = (status: string): number =>
    entries.filter(({ flow }) => flow.status === status).length;
  const stuck = entries
    .filter(({ flow }) => flow.status === 'IN_PROGRESS' && now - flow.startedAt > FIVE_MINUTES)
    .flatMap(({ flow }) => flow.steps)
    .filter(
      ({ status, startedAt }) =>
        status === 'IN_PROGRESS' && now - (startedAt ?? now) > FIVE_MINUTES,
    );
  const overdue = entries.map(({ wakeAt }) => now - (wakeAt ?? now));
  const unsent = [...tables.outbox.values()].map(({ row }) => {
    const event = tables.flows.get(row.flowId)?.events.find(({ number }) => number === row.number);
    return now - (event?.at ?? now);
  });
  return {
    flows: {
      IN_PROGRESS: count('IN_PROGRESS'),
      UNDOING: count('UNDOING'),
      FAILED: count('FAILED'),
    },
    stuckSteps: stuck.length,
    overdueSeconds: Math.max(0, ...overdue) / 1000,
    outboxSeconds: Math.max(0, ...unsent) / 1000,
  };
}
