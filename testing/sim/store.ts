/**
 * The store as a gateway sees it: the one in memory, at the end of a line on which everything can
 * happen.
 */
import {
  Fault,
  type FlowCommit,
  type ReadModel,
  type RoadTransaction,
  type StepTopics,
  type Store,
} from '../../src/engine/ports.js';
import { type MemoryDatabase, memoryStore } from '../kit/memory-store.js';
import { databaseAway, type Faults } from './faults.js';
import type { Line } from './line.js';

/** A transaction that stands still longer than this is ended by the database. */
const IDLE_IN_TRANSACTION_MS = 5_000;

/** What all gateways of a world share. */
export interface Database {
  readonly memory: MemoryDatabase;
  /** It answers nobody. */
  away: boolean;
  /** The connections that receive notifications of other gateways are lost. */
  notificationsLost: boolean;
  readonly faults: Faults;
  /** Called with each record that was admitted, once its transaction is committed. */
  readonly admitted: (places: readonly string[]) => void;
}

export function simulatedStore(
  database: Database,
  line: Line,
  leaseMs: number,
  stepTopics: StepTopics,
): { readonly store: Store; readonly read: ReadModel } {
  const options = { instanceId: line.life.name, leaseMs, stepTopics };
  const { store: inner, readModel } = memoryStore(database.memory, options);
  const call = <T>(effect: () => Promise<T>): Promise<T> =>
    line.call(() => answered(database, effect), 'slowStatement');
  const road = <T>(work: (tx: RoadTransaction) => Promise<T>): Promise<T> =>
    line.call(
      () => transaction(database, line, (guard) => inner.road(guard(work))),
      'slowStatement',
    );
  const store: Store = {
    road,
    registry: (work) => call(() => inner.registry((tx) => guarded(database, line, () => work(tx)))),
    orchestration: (name, version) => call(() => inner.orchestration(name, version)),
    similarNames: (...given) => call(() => inner.similarNames(...given)),
    removing: (...given) => inner.removing(...given),
    settleQuarantined: (...given) => call(() => inner.settleQuarantined(...given)),
    reencrypt: (...given) => call(() => inner.reencrypt(...given)),
    audit: (rows) => call(() => inner.audit(rows)),
    addSlo: (rows) => call(() => inner.addSlo(rows)),
    inbox: (topic) => call(() => inner.inbox(topic)),
    resetInbox: (topic, partition, next) => call(() => inner.resetInbox(topic, partition, next)),
    outboxSent: (rows) => inner.outboxSent(rows),
    outboxTake: (flows) => call(() => inner.outboxTake(flows)),
    due: (most) => call(() => inner.due(most)),
    untilNextDue: (most) => call(() => inner.untilNextDue(most)),
    onRemoteCommit: (listener) => inner.onRemoteCommit(hinting(database, line, listener)),
    ping: () => call(() => inner.ping()),
    probe: () => call(() => inner.probe()),
    close: () => inner.close(),
  };
  const read: ReadModel = {
    orchestrations: (...given) => call(() => readModel.orchestrations(...given)),
    workersOf: (names) => call(() => readModel.workersOf(names)),
    history: (...given) => call(() => readModel.history(...given)),
    count: (...given) => call(() => readModel.count(...given)),
    historyPage: (...given) => call(() => readModel.historyPage(...given)),
    flows: (flowIds) => call(() => readModel.flows(flowIds)),
    orchestrationsOf: (flowIds) => call(() => readModel.orchestrationsOf(flowIds)),
    surroundings: (flowId) => call(() => readModel.surroundings(flowId)),
    timeline: (...given) => call(() => readModel.timeline(...given)),
    timelines: (...given) => call(() => readModel.timelines(...given)),
    histories: (...given) => call(() => readModel.histories(...given)),
    counts: (...given) => call(() => readModel.counts(...given)),
    quarantine: (...given) => call(() => readModel.quarantine(...given)),
    audit: (page) => call(() => readModel.audit(page)),
    backlog: () => call(() => readModel.backlog()),
    quarantined: (id) => call(() => readModel.quarantined(id)),
    sloCounts: (query) => call(() => readModel.sloCounts(query)),
    stuckSteps: (query) => call(() => readModel.stuckSteps(query)),
    openFlows: (...given) => call(() => readModel.openFlows(...given)),
  };
  return { store, read };
}

async function answered<T>(database: Database, effect: () => Promise<T>): Promise<T> {
  if (database.away || database.faults.happens('refusedStatement')) throw databaseAway();
  return effect();
}

type Guard = <T>(work: (tx: RoadTransaction) => Promise<T>) => (tx: RoadTransaction) => Promise<T>;

/**
 * Its steps take time, its owner may die or stand still within it, its end may fail, or its answer
 * be lost.
 */
async function transaction<T>(
  database: Database,
  line: Line,
  run: (guard: Guard) => Promise<T>,
): Promise<T> {
  const { faults } = database;
  const places: string[] = [];
  const guard: Guard = (work) => (tx) =>
    guarded(database, line, () => work(stepwise(database, line, places, tx)));
  const result = await answered(database, () => run(guard));
  database.admitted(places);
  if (faults.happens('lostCommit'))
    throw new Fault('COMMIT_UNKNOWN', 'the connection was lost during the commit');
  return result;
}

async function guarded<T>(database: Database, line: Line, work: () => Promise<T>): Promise<T> {
  const ended = Promise.withResolvers<never>();
  const forget = line.life.onEnd(() => ended.reject(databaseAway()));
  const watch = (): void => {
    if (line.life.stalledUntil > line.time.now + IDLE_IN_TRANSACTION_MS)
      ended.reject(databaseAway());
  };
  // Rows stay locked while their owner stands still, but not for ever.
  const look = line.time.after(IDLE_IN_TRANSACTION_MS, null, watch);
  try {
    if (!line.life.alive) throw databaseAway();
    const result = await Promise.race([work(), ended.promise]);
    if (database.away || database.faults.happens('failedCommit')) throw databaseAway();
    return result;
  } finally {
    look.off = true;
    forget();
  }
}

function stepwise(
  database: Database,
  line: Line,
  places: string[],
  tx: RoadTransaction,
): RoadTransaction {
  const step = <T>(effect: () => Promise<T>): Promise<T> => {
    line.strike();
    const { life, faults, random, time } = line;
    const goes = life.alive && life.stalledUntil <= time.now && !random.happens(0.3);
    if (faults.happens('refusedStatement')) return Promise.reject(databaseAway());
    return goes ? effect() : line.call(() => answered(database, effect), 'slowStatement');
  };
  return {
    admit: async (positions, starts, replays) => {
      const admitted = await step(() => tx.admit(positions, starts, replays));
      positions.forEach(({ topic, partition, offset }, index) => {
        if (admitted.fresh[index] === true) places.push(`${topic}/${partition}/${offset}`);
      });
      return admitted;
    },
    registrations: (names) => step(() => tx.registrations(names)),
    lock: (flowIds, ticking) => step(() => tx.lock(flowIds, ticking)),
    record: (records, given, audit) =>
      step(async () => {
        if (records.some(({ after }) => after.headers.bad === true))
          throw new Error('this cannot be stored');
        await tx.record(records, given, audit);
      }),
    refuse: (...refused) => step(() => tx.refuse(...refused)),
  };
}

type Listener = (hints: readonly FlowCommit[] | null) => void;

/**
 * Commits of the others are notified in their order, each time a little later; null once the
 * connection is back.
 */
function hinting(database: Database, line: Line, listener: Listener): Listener {
  let last = 0;
  return (hints) => {
    if (database.notificationsLost && hints !== null) return;
    const { time, faults, random } = line;
    last = Math.max(
      last,
      time.now + (faults.happens('slowHint') ? random.int(10, 5_000) : random.int(0, 5)),
    );
    time.after(last - time.now, line.life, () => listener(hints));
  };
}
