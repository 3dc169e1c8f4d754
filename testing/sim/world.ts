/** A whole world in one process: gateways, database, broker, workers, clients, and everything that goes wrong, out of one seed. */
import type { Logs } from '../../src/observability/log.js';
import { silent } from '../../src/observability/log.js';
import { isTerminal } from '../../src/saga/flow.js';
import { createDecoder } from '../../src/wire/decode.js';
import { INTAKE_TOPICS, TOPICS } from '../../src/wire/topics.js';
import { MemoryDatabase } from '../kit/memory-store.js';
import { askCommand, askInTime } from './ask-command.js';
import { askWorld, type Ended } from './ask-world.js';
import type { Cluster } from './broker.js';
import { Chance } from './chance.js';
import { Clients } from './clients.js';
import { Faults } from './faults.js';
import { Gateway, type Surroundings } from './gateway.js';
import { Group } from './group.js';
import { Ledger } from './ledger.js';
import { Topics } from './log.js';
import { healthy, type Mutant } from './mutants.js';
import { Operator } from './operator.js';
import { recipes } from './recipes.js';
import { keyOf, Seen } from './seen.js';
import type { Database } from './store.js';
import { Subscriber } from './subscriber.js';
import { type Temper, temperAtRandom } from './temper.js';
import { EPOCH, Time } from './time.js';
import { Weather } from './weather.js';
import { type Command, Workers } from './worker.js';

const FAULTY_MS = 40_000;
/** Rows of a dead instance are free after their lease; nothing may come later than this. */
const QUIET_MS = 12_000;
const LONGEST_RECOVERY_MS = 1_200_000;

export interface WorldOptions {
  readonly seed: number;
  readonly flows: number;
  readonly mutant?: Mutant;
}

export class World {
  readonly seen = new Seen();
  readonly time = new Time();
  readonly faults: Faults;
  private readonly chance: Chance;
  private readonly memory = new MemoryDatabase();
  private readonly database: Database;
  private readonly topics: Topics;
  private readonly cluster: Cluster;
  private readonly ledger = new Ledger();
  private readonly workers: Workers;
  private readonly clients: Clients;
  private readonly operator: Operator;
  private readonly subscribers: Subscriber[] = [];
  private readonly tempers = new Map<string, Temper>();
  private readonly weather: Weather;
  private gateways: Gateway[] = [];
  private born = 0;
  private quietSince: number | null = null;
  private over = false;
  /** From the end of the faults until the last flow had ended, ms. */
  recoveryMs = 0;

  constructor(private readonly options: WorldOptions) {
    this.chance = new Chance(options.seed);
    const { time, chance, seen } = this;
    this.faults = new Faults(chance);
    this.topics = new Topics(time);
    for (const topic of Object.values(TOPICS))
      this.topics.ensure(topic, topic === TOPICS.replies ? 3 : 2);
    this.database = {
      memory: this.memory,
      away: false,
      deaf: false,
      faults: this.faults,
      admitted: (places) => seen.admits(places),
    };
    this.cluster = {
      topics: this.topics,
      group: new Group(this.topics, INTAKE_TOPICS, chance),
      decode: createDecoder({ payloadLimit: 900 * 1024 }),
      written: (row) => {
        // An answer to a registration is no flow's.
        if (row.topic !== TOPICS.registrationStatus && seen.wrote(row))
          askInTime(seen, this.memory, row);
      },
      never: (row) => seen.never(row),
      wasWritten: (row) => seen.written.has(keyOf(row)),
    };
    const { faults, cluster, database } = this;
    this.weather = new Weather({
      time,
      chance,
      faults,
      cluster,
      database,
      gateways: () => this.gateways,
    });
    Object.defineProperty(this.memory, 'now', {
      get: () => EPOCH + Math.floor(time.now) + this.weather.skew,
    });
    const serving = (): Gateway | null => this.serving();
    this.operator = new Operator(chance, serving);
    this.clients = new Clients({
      time,
      chance,
      topics: this.topics,
      serving,
      isBad: () => this.faults.happens('badStart'),
      violated: (...given) => seen.violated(...given),
    });
    this.workers = this.hire();
  }

  private hire(): Workers {
    const { time, chance, faults, topics, ledger, seen } = this;
    const temperOf = (flowId: string): Temper => this.temperOf(flowId);
    const received = (topic: string, command: Command): void =>
      askCommand(seen, this.memory, topic, command);
    const workers = new Workers({
      time,
      chance,
      faults,
      topics,
      ledger,
      temperOf,
      received,
      corrupted: (bytes) => void seen.corrupted.add(bytes),
    });
    topics.onAppend(({ topic }, record) => {
      if (/^orchestrator\.orch/.test(topic)) workers.take(topic, record);
    });
    return workers;
  }

  async run(): Promise<void> {
    const restore = this.time.install();
    try {
      for (let gateway = this.chance.int(1, 3); gateway > 0; gateway--) this.bear();
      this.register();
      this.time.after(FAULTY_MS, null, () => this.calm());
      this.time.after(1_000, null, () => this.second());
      await this.time.run(() => this.over);
    } finally {
      restore();
    }
    askWorld(this.ended);
  }

  get ended(): Ended {
    const { seen, memory, topics, clients, subscribers, ledger } = this;
    return {
      calm: this.faults.calm,
      seen,
      memory,
      topics,
      clients,
      subscribers,
      ledger,
      temperOf: (flowId) => this.temperOf(flowId),
    };
  }

  private bear(): void {
    const { time, chance, faults, database, cluster } = this;
    const around: Surroundings = {
      time,
      chance,
      faults,
      database,
      cluster,
      logs: this.logs,
      mutant: this.options.mutant ?? healthy,
    };
    const gateway = new Gateway(around, `gateway-${++this.born}`, () => {
      this.gateways = this.gateways.filter((one) => one !== gateway);
      if (!this.over) this.bear();
    });
    this.gateways.push(gateway);
    gateway.start();
  }

  /** What the engine calls an error is one, but for what was done to it on purpose. */
  private readonly logs: Logs = (component) => ({
    ...silent(component),
    error: (fields, message) => {
      const meant = /can never be published|not held up by it/.test(message);
      if (!meant || String(Object(fields).err).includes('TypeError'))
        this.seen.violated('log', null, `${message}: ${String(Object(fields).err)}`);
    },
  });

  /** Before anything else; it is told again until it is stored. */
  private register(): void {
    const orchestrations = recipes(this.chance, this.chance.int(2, 5));
    const declarations = orchestrations.map((orchestration) => ({
      as: 'initiator' as const,
      orchestration,
      line: null,
    }));
    const registration = { declarations, problems: [], serviceName: 'sim' };
    const tell = (): void => {
      const gateway = this.serving();
      if (gateway === null) return void this.time.after(500, null, tell);
      let told = false;
      gateway.within(() => {
        gateway.engine.register(registration, { dryRun: false }).then(
          () => {
            if (!told) this.begin(orchestrations.map(({ name }) => name));
            told = true;
          },
          () => undefined,
        );
      });
      this.time.after(20_000, null, () => {
        if (!told && this.clients.all.length === 0) tell();
      });
    };
    tell();
  }

  private begin(names: readonly string[]): void {
    if (this.clients.all.length > 0) return;
    const { time, chance, faults } = this;
    for (let flow = 0; flow < this.options.flows; flow++) {
      const id = `${this.options.seed}-${flow}`;
      this.clients.want(this.chance.pick(names), id, this.chance.int(0, FAULTY_MS / 2));
      if (this.chance.happens(0.3))
        this.subscribers.push(
          new Subscriber(`flow-${id}`, { time, chance, faults, serving: () => this.serving() }),
        );
    }
  }

  private second(): void {
    const flows = [...this.memory.tables.flows.values()].map(({ flow }) => flow);
    if (!this.faults.stopped) {
      this.weather.second();
      if (this.faults.happens('operator')) this.operator.meddle(flows);
    } else {
      if (this.chance.happens(0.2)) this.operator.settle(flows);
      this.look(flows.every(({ status }) => isTerminal(status)));
    }
    for (const subscriber of this.subscribers) subscriber.look();
    if (!this.over) this.time.after(1_000, null, () => this.second());
  }

  private calm(): void {
    this.faults.stopped = true;
    this.weather.clear();
  }

  private look(ended: boolean): void {
    const since = this.time.now - FAULTY_MS;
    const busy = ended ? this.busy() : 'flows have not ended';
    if (busy !== null) this.quietSince = null;
    else if (this.quietSince === null) {
      this.quietSince = this.time.now;
      this.recoveryMs = since;
    }
    const stays = this.quietSince !== null && this.time.now - this.quietSince >= QUIET_MS;
    if (!stays && since > LONGEST_RECOVERY_MS)
      this.seen.violated('I1', null, `no rest ${since} ms after the last fault: ${busy}`);
    this.over = stays || since > LONGEST_RECOVERY_MS;
  }

  /** What keeps the world from rest: somebody waits, something is under way, something was written and not read. */
  private busy(): string | null {
    if (this.clients.all.length === 0) return 'nothing could be registered';
    if (this.gateways.some(({ life }) => life.stalledUntil > this.time.now))
      return 'a gateway is stopped';
    if (this.clients.waiting > 0) return `${this.clients.waiting} clients wait`;
    if (this.workers.underWay > 0)
      return `${this.workers.underWay} commands or answers are under way`;
    if (this.memory.tables.outbox.size > 0)
      return `${this.memory.tables.outbox.size} messages are in the outbox`;
    const unread = INTAKE_TOPICS.flatMap((topic) => this.topics.partitions(topic)).find(
      ({ topic, partition, records }) => {
        return (
          Number(this.memory.tables.inbox.get(`${topic}/${partition}`)?.nextOffset ?? 0n) <
          records.length
        );
      },
    );
    return unread === undefined
      ? null
      : `${unread.topic}/${unread.partition} is not read to its end`;
  }

  private serving(): Gateway | null {
    const serving = this.gateways.filter(({ serves }) => serves);
    return serving.length === 0 ? null : this.chance.pick(serving);
  }

  private temperOf(flowId: string): Temper {
    const known = this.tempers.get(flowId);
    if (known !== undefined) return known;
    const temper = temperAtRandom(this.chance);
    this.tempers.set(flowId, temper);
    return temper;
  }
}
