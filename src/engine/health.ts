/** The health of this instance, for /readyz and the metrics. */
import type { Road } from './intake/road.js';
import type { Relay } from './outbox/relay.js';
import type { Broker, Store } from './ports.js';
import type { Health } from './service.js';

export interface HealthSources {
  readonly store: Pick<Store, 'ping'>;
  readonly broker: Pick<Broker, 'health'>;
  readonly road: Pick<Road, 'faultSince' | 'faults' | 'waiting'>;
  readonly relay: Pick<Relay, 'waiting'>;
}

export async function healthOf({ store, broker, road, relay }: HealthSources): Promise<Health> {
  const takesWork = road.faultSince === null;
  const database = await store.ping().then(
    () => ({
      name: 'database',
      ok: takesWork,
      detail: takesWork ? 'answers, migrated' : 'does not take work',
    }),
    () => ({ name: 'database', ok: false, detail: 'does not answer' }),
  );
  const { ready, detail } = broker.health();
  const checks = [database, { name: 'broker', ok: ready, detail }];
  const load = { waiting: road.waiting, unsent: relay.waiting, faults: road.faults };
  return { ready: checks.every(({ ok }) => ok), checks, load };
}
