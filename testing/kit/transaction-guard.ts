/**
 * No call to another system inside a database transaction: a slow broker would hold its locks, and
 * outlive it. Wraps the ports; a call to the broker from within `road`, `registry` or `removing` of
 * the store throws.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Broker, Store } from '../../src/engine/ports.js';

const transaction = new AsyncLocalStorage<string>();

export class InsideTransaction extends Error {}

function outside<A extends unknown[], R>(
  call: string,
  work: (...given: A) => R,
): (...given: A) => R {
  return (...given) => {
    const open = transaction.getStore();
    if (open !== undefined) throw new InsideTransaction(`${call} inside a transaction (${open})`);
    return work(...given);
  };
}

export function guardedStore(store: Store): Store {
  const guarded: Pick<Store, 'road' | 'registry' | 'removing'> = {
    road: (work) => store.road((tx) => transaction.run('road', () => work(tx))),
    registry: (work) => store.registry((tx) => transaction.run('registry', () => work(tx))),
    removing: (work) =>
      store.removing((removal) => transaction.run('removing', () => work(removal))),
  };
  return Object.assign(Object.create(store) as Store, guarded);
}

export function guardedBroker(broker: Broker): Broker {
  const { publisher } = broker;
  return {
    publisher: { publish: outside('publish', (rows) => publisher.publish(rows)) },
    ensureTopics: outside('ensureTopics', (topics) => broker.ensureTopics(topics)),
    consume: (...given) => broker.consume(...given),
    stopConsuming: () => broker.stopConsuming(),
    inspect: outside('inspect', (place) => broker.inspect(place)),
    health: () => broker.health(),
    close: () => broker.close(),
  };
}
