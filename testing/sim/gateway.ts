/**
 * One gateway: the real engine and the real wire, on a simulated store and broker. It dies, is
 * stopped, and another one comes.
 */
import { createEngine, type Engine } from '../../src/engine/engine.js';
import type { Store } from '../../src/engine/ports.js';
import type { Logs } from '../../src/observability/log.js';
import { createWire } from '../../src/wire/outgoing.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';
import { guardedBroker, guardedStore } from '../kit/transaction-guard.js';
import { type Cluster, SimulatedBroker } from './broker.js';
import type { Faults } from './faults.js';
import { Line } from './line.js';
import type { Mutant } from './mutants.js';
import { type Database, simulatedStore } from './store.js';
import { Life, type Time } from './time.js';

/** As in production. */
const LEASE_MS = 10_000;
const SESSION_TIMEOUT_MS = 6_000;
const STOP_BOUND_MS = 5_000;

export interface GatewayContext {
  readonly time: Time;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly database: Database;
  readonly cluster: Cluster;
  readonly logs: Logs;
  readonly mutant: Mutant;
}

export const wire = createWire({ commandTypeId: null, source: '/backstep' });

export class Gateway {
  readonly life: Life;
  readonly engine: Engine;
  private readonly broker: SimulatedBroker;
  private readonly store: Store;
  private stopping = false;

  constructor(
    private readonly context: GatewayContext,
    name: string,
    private readonly gone: () => void,
  ) {
    const { time, random, faults, database, cluster, logs, mutant } = context;
    this.life = new Life(name);
    const line = new Line({
      time,
      random,
      faults,
      life: this.life,
      died: () => this.die(),
      stalled: () => this.missed(),
    });
    const { store, read } = simulatedStore(database, line, LEASE_MS, wire.stepTopics);
    this.broker = new SimulatedBroker(cluster, line);
    this.store = store;
    const ports = mutant(
      { store: guardedStore(store), read, broker: guardedBroker(this.broker), wire },
      random,
    );
    // Small capacities are full at once: rows are left to the relay, and many a batch follows
    // another.
    const capacities = {
      memoryLimit: random.pick([20_000, 20_000, 2]),
      batchSize: random.pick([500, 500, 3]),
    };
    this.engine = createEngine({
      ...ports,
      ...capacities,
      decode: cluster.decode,
      logs,
      leaseMs: LEASE_MS,
    });
  }

  /** It takes calls: it runs, and is not about to end. */
  get serves(): boolean {
    return this.life.alive && !this.stopping && this.life.stalledUntil <= this.context.time.now;
  }

  /** Calls from outside run as if in its process. */
  within(run: () => void): void {
    this.context.time.after(0, this.life, run);
  }

  start(): void {
    this.within(() => void this.begin());
  }

  /** As its owner does: when it cannot start, it is started again. */
  private async begin(): Promise<void> {
    try {
      await this.engine.start();
    } catch {
      this.die();
    }
  }

  /** In good order: what is under way is finished. */
  stop(): void {
    if (this.stopping) return;
    this.stopping = true;
    this.within(() => {
      const stopped = this.engine.stop(STOP_BOUND_MS).then(() => this.store.close());
      stopped.then(
        () => this.end(),
        () => this.end(),
      );
    });
  }

  die(): void {
    if (this.life.alive) this.end();
  }

  private end(): void {
    if (!this.life.alive) return;
    this.life.end();
    const { time, cluster, random } = this.context;
    // The group misses it after a while, and somebody starts another one.
    time.after(SESSION_TIMEOUT_MS, null, () => cluster.group.leave(this.broker));
    time.after(random.int(100, 8_000), null, this.gone);
  }

  /** Stopped for long, it loses its seat, and takes it again when it wakes. */
  private missed(): void {
    const { time, cluster } = this.context;
    time.after(SESSION_TIMEOUT_MS, null, () => {
      if (this.life.stalledUntil > time.now) cluster.group.leave(this.broker);
    });
    time.after(0, this.life, () => this.broker.rejoin());
  }
}
