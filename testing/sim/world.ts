/**
 * A whole world in one process: gateways, database, broker, workers, clients, and everything that
 * goes wrong, out of one seed.
 */
import type { Logs } from '../../src/observability/log.js';
import { silent } from '../../src/observability/log.js';
import { isTerminal } from '../../src/saga/flow.js';
import { createDecoder } from '../../src/wire/decode.js';
import { INTAKE_TOPICS, TOPICS } from '../../src/wire/topics.js';
import { MemoryDatabase } from '../kit/memory-store.js';
import { SeededRandom } from '../kit/seeded-random.mjs';
import type { Cluster } from './broker.js';
import { checkCommand, checkInTime } from './check-command.js';
import { checkWorld, type Ended } from './check-world.js';
import { Clients } from './clients.js';
import { Faults } from './faults.js';
import { Gateway, type GatewayContext } from './gateway.js';
import { Group } from './group.js';
import { Ledger } from './ledger.js';
import { Topics } from './log.js';
import { healthy, type Mutant } from './mutants.js';
import { keyOf, Observations } from './observations.js';
import { Operator } from './operator.js';
import { recipes } from './recipes.js';
import type { Database } from './store.js';
import { Subscriber } from './subscriber.js';
import { EPOCH, Time } from './time.js';
import { type Command, Workers } from './worker.js';
import { randomBehaviour, type WorkerBehaviour } from './worker-behaviour.js';
import { WorldFaults } from './world-faults.js';

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
  readonly observations = new Observations();
  readonly time = new Time();
  readonly faults: Faults;
  private readonly random: SeededRandom;
  private readonly memory = new MemoryDatabase();
  private readonly database: Database;
  private readonly topics: Topics;
  private readonly cluster: Cluster;
  private readonly ledger = new Ledger();
  private readonly workers: Workers;
  private readonly clients: Clients;
  private readonly operator: Operator;
  private readonly subscribers: Subscriber[] = [];
  private readonly behaviours = new Map<string, WorkerBehaviour>();
  private readonly worldFaults: WorldFaults;
  private gateways: Gateway[] = [];
  private started = 0;
  private quietSince: number | null = null;
  private over = false;
  /** From the end of the faults until the last flow had ended, ms. */
  recoveryMs = 0;

  constructor(private readonly options: WorldOptions) {
    this.random = new SeededRandom(options.seed);
    const { time, random, observations } = this;
    this.faults = new Faults(random);
    this.topics = new Topics(time);
    for (const topic of Object.values(TOPICS))
      this.topics.ensure(topic, topic === TOPICS.replies ? 3 : 2);
    this.database = {
      memory: this.memory,
      away: false,
      notificationsLost: false,
      faults: this.faults,
      admitted: (places) => observations.admits(places),
    };
    this.cluster = {
      topics: this.topics,
      group: new Group(this.topics, INTAKE_TOPICS, random),
      decode: createDecoder({ payloadLimit: 900 * 1024 }),
      written: (row) => {
        // An answer to a registration is no flow's.
        if (row.topic !== TOPICS.registrationStatus && observations.wrote(row))
          checkInTime(observations, this.memory, row);
      },
      never: (row) => observations.never(row),
      wasWritten: (row) => observations.written.has(keyOf(row)),
    };
    const { faults, cluster, database } = this;
    this.worldFaults = new WorldFaults({
      time,
      random,
      faults,
      cluster,
      database,
      gateways: () => this.gateways,
    });
    Object.defineProperty(this.memory, 'now', {
      get: () => EPOCH + Math.floor(time.now) + this.worldFaults.skew,
    });
    const serving = (): Gateway | null => this.serving();
    this.operator = new Operator(random, serving);
    this.clients = new Clients({
      time,
      random,
      topics: this.topics,
      serving,
      isBad: () => this.faults.happens('badStart'),
      violated: (...given) => observations.violated(...given),
    });
    this.workers = this.createWorkers();
  }

  private createWorkers(): Workers {
    const { time, random, faults, topics, ledger, observations } = this;
    const behaviourOf = (flowId: string): WorkerBehaviour => this.behaviourOf(flowId);
    const received = (topic: string, command: Command): void =>
      checkCommand(observations, this.memory, topic, command);
    const workers = new Workers({
      time,
      random,
      faults,
      topics,
      ledger,
      behaviourOf,
      received,
      corrupted: (bytes) => void observations.corrupted.add(bytes),
    });
    topics.onAppend(({ topic }, record) => {
      if (/^orchestrator\.orch/.test(topic)) workers.take(topic, record);
    });
    return workers;
  }

  async run(): Promise<void> {
    const restore = this.time.install();
    try {
      for (let gateway = this.random.int(1, 3); gateway > 0; gateway--) this.startGateway();
      this.register();
      this.time.after(FAULTY_MS, null, () => this.calm());
      this.time.after(1_000, null, () => this.everySecond());
      await this.time.run(() => this.over);
    } finally {
      restore();
    }
    checkWorld(this.ended);
  }

  get ended(): Ended {
    const { observations, memory, topics, clients, subscribers, ledger } = this;
    return {
      calm: this.faults.calm,
      observations,
      memory,
      topics,
      clients,
      subscribers,
      ledger,
      behaviourOf: (flowId) => this.behaviourOf(flowId),
    };
  }

  private startGateway(): void {
    const { time, random, faults, database, cluster } = this;
    const context: GatewayContext = {
      time,
      random,
      faults,
      database,
      cluster,
      logs: this.logs,
      mutant: this.options.mutant ?? healthy,
    };
    const gateway = new Gateway(context, `gateway-${++this.started}`, () => {
      this.gateways = this.gateways.filter((one) => one !== gateway);
      if (!this.over) this.startGateway();
    });
    this.gateways.push(gateway);
    gateway.start();
  }

  /** What the engine calls an error is one, but for what was done to it on purpose. */
  private readonly logs: Logs = (component) => ({
    ...silent(component),
    error: (fields, message) => {
      const isInjected = /can never be published|not held up by it/.test(message);
      if (!isInjected || String(Object(fields).err).includes('TypeError'))
        this.observations.violated('log', null, `${message}: ${String(Object(fields).err)}`);
    },
  });

  /** Before anything else; tried again until it is stored. */
  private register(): void {
    const orchestrations = recipes(this.random, this.random.int(2, 5));
    const declarations = orchestrations.map((orchestration) => ({
      as: 'initiator' as const,
      orchestration,
      line: null,
    }));
    const registration = { declarations, problems: [], serviceName: 'sim' };
    const attempt = (): void => {
      const gateway = this.serving();
      if (gateway === null) return void this.time.after(500, null, attempt);
      let isRegistered = false;
      gateway.within(() => {
        gateway.engine.register(registration, { dryRun: false }).then(
          () => {
            if (!isRegistered) this.begin(orchestrations.map(({ name }) => name));
            isRegistered = true;
          },
          () => undefined,
        );
      });
      this.time.after(20_000, null, () => {
        if (!isRegistered && this.clients.all.length === 0) attempt();
      });
    };
    attempt();
  }

  private begin(names: readonly string[]): void {
    if (this.clients.all.length > 0) return;
    const { time, random, faults } = this;
    for (let flow = 0; flow < this.options.flows; flow++) {
      const id = `${this.options.seed}-${flow}`;
      this.clients.want(this.random.pick(names), id, this.random.int(0, FAULTY_MS / 2));
      if (this.random.happens(0.3))
        this.subscribers.push(
          new Subscriber(`flow-${id}`, { time, random, faults, serving: () => this.serving() }),
        );
    }
  }

  private everySecond(): void {
    const flows = [...this.memory.tables.flows.values()].map(({ flow }) => flow);
    if (!this.faults.stopped) {
      this.worldFaults.everySecond();
      if (this.faults.happens('operator')) this.operator.actAtRandom(flows);
    } else {
      if (this.random.happens(0.2)) this.operator.unblock(flows);
      this.endWhenQuiet(flows.every(({ status }) => isTerminal(status)));
    }
    for (const subscriber of this.subscribers) subscriber.reconnectIfLost();
    if (!this.over) this.time.after(1_000, null, () => this.everySecond());
  }

  private calm(): void {
    this.faults.stopped = true;
    this.worldFaults.clear();
  }

  private endWhenQuiet(ended: boolean): void {
    const since = this.time.now - FAULTY_MS;
    const busy = ended ? this.busy() : 'flows have not ended';
    if (busy !== null) this.quietSince = null;
    else if (this.quietSince === null) {
      this.quietSince = this.time.now;
      this.recoveryMs = since;
    }
    const stays = this.quietSince !== null && this.time.now - this.quietSince >= QUIET_MS;
    if (!stays && since > LONGEST_RECOVERY_MS)
      this.observations.violated('I1', null, `not quiet ${since} ms after the last fault: ${busy}`);
    this.over = stays || since > LONGEST_RECOVERY_MS;
  }

  /**
   * Why the world is not quiet: somebody waits, something is under way, something was written and
   * not read.
   */
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
    return serving.length === 0 ? null : this.random.pick(serving);
  }

  private behaviourOf(flowId: string): WorkerBehaviour {
    const known = this.behaviours.get(flowId);
    if (known !== undefined) return known;
    const behaviour = randomBehaviour(this.random);
    this.behaviours.set(flowId, behaviour);
    return behaviour;
  }
}
