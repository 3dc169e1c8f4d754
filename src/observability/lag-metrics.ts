/** How far the workers of each step are behind: the one figure with the name of a step. */
import { Gauge, type Registry } from 'prom-client';

export interface LagFigures {
  readonly orchestrationName: string;
  readonly stepName: string;
  readonly action: string;
  readonly records: number;
  /** null: the broker does not show them. */
  readonly consumers: number | null;
}

/**
 * Topics with a lag or without a consumer come first, then the others by name: so many series at
 * most, of each of the two.
 */
const MOST_SERIES = 2_000;

const labelNames = ['orchestration', 'step', 'action'];

export function lagMetrics(
  registry: Registry,
): (figures: { readonly workerLag?: readonly LagFigures[] | undefined }) => void {
  const registers = [registry];
  const lag = new Gauge({
    name: 'backstep_worker_lag_records',
    help: 'Commands of a step that its workers have not committed',
    ...{ labelNames, registers },
  });
  const consumers = new Gauge({
    name: 'backstep_worker_consumers',
    help: 'Members of consumer groups that read the commands of a step',
    ...{ labelNames, registers },
  });
  return ({ workerLag = [] }) => {
    lag.reset();
    consumers.reset();
    for (const one of mostUrgent(workerLag)) {
      const { orchestrationName: orchestration, stepName: step, action } = one;
      lag.set({ orchestration, step, action }, one.records);
      if (one.consumers !== null) consumers.set({ orchestration, step, action }, one.consumers);
    }
  };
}

function mostUrgent(all: readonly LagFigures[]): readonly LagFigures[] {
  if (all.length <= MOST_SERIES) return all;
  const urgency = ({ records, consumers }: LagFigures): number =>
    records > 0 || consumers === 0 ? 0 : 1;
  return [...all].sort((one, other) => urgency(one) - urgency(other)).slice(0, MOST_SERIES);
}
