/**
 * Faults of the whole world, drawn every second: outages, rebalances, jumps of the clock, releases.
 */
import { TOPICS } from '../../src/wire/topics.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';
import type { Cluster } from './broker.js';
import type { Faults } from './faults.js';
import type { Gateway } from './gateway.js';
import type { Database } from './store.js';
import type { Time } from './time.js';

export interface WorldFaultsContext {
  readonly time: Time;
  readonly random: SeededRandom;
  readonly faults: Faults;
  readonly cluster: Cluster;
  readonly database: Database;
  readonly gateways: () => readonly Gateway[];
}

export class WorldFaults {
  /** How far the database's clock is off, ms. */
  skew = 0;

  constructor(private readonly context: WorldFaultsContext) {}

  everySecond(): void {
    const { time, random, faults, cluster, database, gateways } = this.context;
    if (faults.happens('rebalance')) cluster.group.shareOut();
    if (faults.happens('brokerAway')) {
      cluster.topics.away = true;
      time.after(random.int(200, 8_000), null, () => {
        cluster.topics.away = false;
      });
    }
    if (faults.happens('databaseAway')) {
      database.away = true;
      this.loseNotifications(random.int(200, 6_000));
    }
    if (faults.happens('hintsLost')) this.loseNotifications(random.int(10, 4_000));
    if (faults.happens('clockJump')) this.skew += random.int(-1_500, 8_000);
    if (faults.happens('registration'))
      cluster.topics.append(
        TOPICS.registrations,
        { key: null, value: document(random), headers: {} },
        0,
      );
    if (faults.happens('restart') && gateways().length > 0) random.pick(gateways()).stop();
  }

  /** Everything is well again. The clock stays where it is. */
  clear(): void {
    this.context.cluster.topics.away = false;
    this.reconnect();
  }

  private loseNotifications(ms: number): void {
    this.context.database.notificationsLost = true;
    this.context.time.after(ms, null, () => this.reconnect());
  }

  /** Connected again: notifications sent meanwhile are lost. */
  private reconnect(): void {
    const { database } = this.context;
    database.away = false;
    if (!database.notificationsLost) return;
    database.notificationsLost = false;
    for (const { listener } of database.memory.listeners) listener(null);
  }
}

/**
 * Another version of an orchestration, or the first one of a name: now and then one that is wrong.
 */
function document(random: SeededRandom): Uint8Array {
  const step = (name: string, seq: number): object => ({
    seq,
    name,
    maxRetries: random.int(0, 3),
    timeout: random.int(800, 4_000),
  });
  const steps = ['book', 'ship'].map((name, index) =>
    step(name, random.happens(0.1) ? 1 : index + 1),
  );
  const payload = {
    orchestrationName: `orch${random.int(0, 4)}`,
    as: 'initiator',
    type: random.pick(['sequential', 'parallel']),
    steps,
  };
  return Buffer.from(JSON.stringify({ headers: { serviceName: 'sim' }, payload }));
}
