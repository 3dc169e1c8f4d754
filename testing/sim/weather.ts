/** What befalls the whole world, second by second: outages, rebalances, jumps of the clock, releases. */
import { TOPICS } from '../../src/wire/topics.js';
import type { Cluster } from './broker.js';
import type { Chance } from './chance.js';
import type { Faults } from './faults.js';
import type { Gateway } from './gateway.js';
import type { Database } from './store.js';
import type { Time } from './time.js';

export interface WeatherAround {
  readonly time: Time;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly cluster: Cluster;
  readonly database: Database;
  readonly gateways: () => readonly Gateway[];
}

export class Weather {
  /** How far the database's clock is off, ms. */
  skew = 0;

  constructor(private readonly around: WeatherAround) {}

  second(): void {
    const { time, chance, faults, cluster, database, gateways } = this.around;
    if (faults.happens('rebalance')) cluster.group.shareOut();
    if (faults.happens('brokerAway')) {
      cluster.topics.away = true;
      time.after(chance.int(200, 8_000), null, () => {
        cluster.topics.away = false;
      });
    }
    if (faults.happens('databaseAway')) {
      database.away = true;
      this.deafen(chance.int(200, 6_000));
    }
    if (faults.happens('hintsLost')) this.deafen(chance.int(10, 4_000));
    if (faults.happens('clockJump')) this.skew += chance.int(-1_500, 8_000);
    if (faults.happens('registration'))
      cluster.topics.append(
        TOPICS.registrations,
        { key: null, value: document(chance), headers: {} },
        0,
      );
    if (faults.happens('restart') && gateways().length > 0) chance.pick(gateways()).stop();
  }

  /** Everything is well again. The clock stays where it is. */
  clear(): void {
    this.around.cluster.topics.away = false;
    this.hear();
  }

  private deafen(ms: number): void {
    this.around.database.deaf = true;
    this.around.time.after(ms, null, () => this.hear());
  }

  /** Connected again: whatever was said meanwhile was said to nobody. */
  private hear(): void {
    const { database } = this.around;
    database.away = false;
    if (!database.deaf) return;
    database.deaf = false;
    for (const { listener } of database.memory.listeners) listener(null);
  }
}

/** Another version of an orchestration, or the first one of a name: now and then one that is wrong. */
function document(chance: Chance): Uint8Array {
  const step = (name: string, seq: number): object => ({
    seq,
    name,
    maxRetries: chance.int(0, 3),
    timeout: chance.int(800, 4_000),
  });
  const steps = ['book', 'ship'].map((name, index) =>
    step(name, chance.happens(0.1) ? 1 : index + 1),
  );
  const payload = {
    orchestrationName: `orch${chance.int(0, 4)}`,
    as: 'initiator',
    type: chance.pick(['sequential', 'parallel']),
    steps,
  };
  return Buffer.from(JSON.stringify({ headers: { serviceName: 'sim' }, payload }));
}
