/** The health of this instance, for /readyz and the metrics. */
import type { Road } from './intake/road.js';
import type { Relay } from './outbox/relay.js';
import type { Broker, Store } from './ports.js';
import type { Health } from './service.js';
import type { SlowTransactions } from './slow-transactions.js';

export interface HealthSources {
  readonly store: Pick<Store, 'ping'>;
  readonly broker: Pick<Broker, 'health'>;
  readonly road: Pick<Road, 'faultSince' | 'faults' | 'waiting'>;
  readonly relay: Pick<Relay, 'waiting'>;
  readonly slow: Pick<SlowTransactions, 'detail' | 'longestMs'>;
}

/**
 * An instance with a slow transaction stays ready: the others have the same database, so that a
 * balancer without them would answer nobody, and reads and subscriptions go on.
 */
export async function healthOf(sources: HealthSources): Promise<Health> {
  const { store, broker, road, relay } = sources;
  const takesWork = road.faultSince === null;
  const slow = await sources.slow.detail();
  const answers = slow === null ? 'answers, migrated' : `answers, migrated, but ${slow}`;
  const database = await store.ping().then(
    () => ({
      name: 'database',
      ok: takesWork,
      detail: takesWork ? answers : 'does not take work',
    }),
    () => ({ name: 'database', ok: false, detail: 'does not answer' }),
  );
  const { ready, detail } = broker.health();
  const checks = [database, { name: 'broker', ok: ready, detail }];
  const load = { waiting: road.waiting, unsent: relay.waiting, faults: road.faults };
  return { ready: checks.every(({ ok }) => ok), checks, load, slow };
}
