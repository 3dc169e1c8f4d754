/**
 * Gateways with one deliberate bug each, made by wrapping a port: a checker that lets one of them
 * pass checks nothing.
 */
import type {
  Broker,
  OutboxRow,
  ReadModel,
  RoadTransaction,
  Store,
  Wire,
} from '../../src/engine/ports.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';

export interface Ports {
  readonly store: Store;
  readonly read: ReadModel;
  readonly broker: Broker;
  readonly wire: Wire;
}
export type Mutant = (ports: Ports, random: SeededRandom) => Ports;

/** No bug. */
export const healthy: Mutant = (ports) => ports;

type Changes = (tx: RoadTransaction) => Partial<RoadTransaction>;

/** A bound copy: the ports are objects with methods, some of them classes. */
function storeWith(store: Store, changes: Partial<Store>): Store {
  return Object.assign(Object.create(store) as Store, changes);
}

function onTheRoad({ store, ...others }: Ports, changes: Changes): Ports {
  const road: Store['road'] = (work) => store.road((tx) => work({ ...tx, ...changes(tx) }));
  return { ...others, store: storeWith(store, { road }) };
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'an inbox that admits a record twice': (ports, random) =>
    onTheRoad(ports, (tx) => ({
      admit: async (...given) => {
        const admitted = await tx.admit(...given);
        return { ...admitted, fresh: admitted.fresh.map((fresh) => fresh || random.happens(0.5)) };
      },
    })),

  'a start whose key is not looked up': (ports) =>
    onTheRoad(ports, (tx) => ({
      admit: (positions, starts, replays) =>
        tx.admit(
          positions,
          starts.map((one) => ({ ...one, idempotencyKey: null })),
          replays,
        ),
    })),

  'messages that leave before the commit': (ports) =>
    onTheRoad(ports, (tx) => ({
      record: async (records, given) => {
        await ports.broker.publisher.publish(records.flatMap(({ outbox }) => outbox));
        await tx.record(records, given);
      },
    })),

  'an outbox that loses a row': (ports, random) =>
    onTheRoad(ports, (tx) => ({
      record: (records, given) => {
        const kept = (rows: readonly OutboxRow[]): OutboxRow[] =>
          rows.filter(() => !random.happens(0.3));
        return tx.record(
          records.map((one) => ({ ...one, outbox: kept(one.outbox) })),
          given,
        );
      },
    })),

  'a publisher that reports as sent what it has not sent': (ports, random) => {
    const publish: Broker['publisher']['publish'] = async (rows) => {
      const lost = rows.filter(() => random.happens(0.01));
      const sent = await ports.broker.publisher.publish(rows.filter((row) => !lost.includes(row)));
      return [...sent, ...lost.map((row) => ({ row, result: 'ok' as const }))];
    };
    const { broker } = ports;
    const lying: Broker = {
      publisher: { publish },
      ensureTopics: (topics) => broker.ensureTopics(topics),
      consume: (...given) => broker.consume(...given),
      stopConsuming: () => broker.stopConsuming(),
      inspect: (place) => broker.inspect(place),
      health: () => broker.health(),
      close: () => broker.close(),
    };
    return { ...ports, broker: lying };
  },

  'rows that are free for the relay while they are published': (ports) =>
    onTheRoad(ports, (tx) => ({ record: (records) => tx.record(records, false) })),

  'a hub that skips an event': (ports, random) => {
    const timeline: ReadModel['timeline'] = async (...given) => {
      const events = await ports.read.timeline(...given);
      return events !== null && random.happens(0.05) ? events.slice(1) : events;
    };
    return { ...ports, read: Object.assign(Object.create(ports.read) as ReadModel, { timeline }) };
  },

  'a sweeper that forgets flows': (ports) => {
    const due: Store['due'] = async (most) =>
      (await ports.store.due(most)).filter((flowId) => !flowId.endsWith('7'));
    return { ...ports, store: storeWith(ports.store, { due }) };
  },

  'a commit that is reported before it is done': (ports, random) => {
    const road: Store['road'] = async (work) => {
      if (!random.happens(0.01)) return ports.store.road(work);
      let reported: { readonly value: Awaited<ReturnType<typeof work>> } | null = null;
      await ports.store
        .road(async (tx) => {
          reported = { value: await work(tx) };
          throw new Error('rolled back');
        })
        .catch(() => undefined);
      if (reported === null) return ports.store.road(work);
      return (reported as { readonly value: Awaited<ReturnType<typeof work>> }).value;
    };
    return { ...ports, store: storeWith(ports.store, { road }) };
  },

  'a store that forgets a doubt': (ports) =>
    onTheRoad(ports, (tx) => ({
      record: (records, given) =>
        tx.record(
          records.map((one) => ({
            ...one,
            after: {
              ...one.after,
              steps: one.after.steps.map((step) => ({ ...step, unknown: false })),
            },
          })),
          given,
        ),
    })),
};
