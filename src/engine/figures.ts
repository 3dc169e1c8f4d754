/** What metrics show beside health: this instance, and the whole database. */
import type { Log } from '../observability/log.js';
import type { BacklogFigures } from '../observability/metrics.js';
import type { HealthSources } from './health.js';
import { healthOf } from './health.js';
import type { Broker, ReadModel, Store } from './ports.js';
import type { EngineFigures } from './service.js';
import type { Hub } from './subscriptions/hub.js';

export interface FigureSources extends HealthSources {
  readonly store: Pick<Store, 'ping' | 'connections'>;
  readonly broker: Pick<Broker, 'health' | 'workerLag'>;
  readonly read: Pick<ReadModel, 'backlog'>;
  readonly hub: Pick<Hub, 'subscribers'>;
  readonly log: Log;
}

/** However often metrics are read, the database is read at most once in this time, ms. */
const EVERY_MS = 5000;

/** Call the result for the figures of the moment. */
export function figuresOf(sources: FigureSources): () => Promise<EngineFigures> {
  const { store, broker, read, hub, slow, log } = sources;
  let latest: Promise<BacklogFigures | null> | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  const backlog = (): Promise<BacklogFigures | null> => {
    const now = performance.now();
    if (latest !== null && now - readAt < EVERY_MS) return latest;
    readAt = now;
    // Without an answer there is no figure: an old one would look like a good one.
    latest = read.backlog().catch((error: unknown) => {
      log.warn({ err: error }, 'the figures of the database could not be read');
      return null;
    });
    return latest;
  };
  return async () => {
    const [{ checks, load }, stored] = await Promise.all([healthOf(sources), backlog()]);
    return {
      checks,
      ...load,
      subscribers: hub.subscribers,
      lag: broker.health().lag ?? null,
      workerLag: broker.workerLag?.() ?? [],
      connections: store.connections?.() ?? [],
      transactionSeconds: slow.longestMs / 1000,
      backlog: stored,
    };
  };
}
