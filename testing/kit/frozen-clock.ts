/** Stores whose time is the test's: transactions get it, whatever the database's clock shows. */
import type { FlowRecord, LockedFlows, Store } from '../../src/engine/ports.js';

/** `stored`: what is written for a time at which a timer is to look. */
export function timedStore(
  store: Store,
  now: () => number,
  stored: (wakeAt: number) => number = (wakeAt) => wakeAt,
): Store {
  const road: Store['road'] = (work) =>
    store.road((tx) =>
      work({
        admit: (...given) => tx.admit(...given),
        registrations: (names) => tx.registrations(names),
        lock: async (...ids) => timed(await tx.lock(...ids), now()),
        record: (records, given, audit) =>
          tx.record(
            records.map((record) => waking(record, stored)),
            given,
            audit,
          ),
        refuse: (...refused) => tx.refuse(...refused),
      }),
    );
  return Object.assign(Object.create(store) as Store, { road });
}

function timed(locked: LockedFlows, now: number): LockedFlows {
  const flows = [...locked.flows].map(([id, flow]) => [id, { ...flow, now }] as const);
  return { ...locked, now, flows: new Map(flows) };
}

function waking(record: FlowRecord, stored: (wakeAt: number) => number): FlowRecord {
  const { wakeAt } = record;
  return wakeAt === null ? record : { ...record, wakeAt: stored(wakeAt) };
}

/**
 * Stands still but for the test; timers fire by the database's clock, as far away as by this one.
 */
export class FrozenClock {
  constructor(public now: number) {}

  over(store: Store): Store {
    return timedStore(
      store,
      () => this.now,
      (wakeAt) => Date.now() + wakeAt - this.now,
    );
  }
}
