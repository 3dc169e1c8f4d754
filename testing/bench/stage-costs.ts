/**
 * What a reply costs on its way, stage by stage: the gateway's own pieces over a real PostgreSQL
 * and a real Kafka, one batch at a time.
 */

import { newFlowId } from '../../src/engine/intake/flow-id.js';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import type { Delivery, OutboxRow, RoadTransaction, Store, Wire } from '../../src/engine/ports.js';
import { Hub } from '../../src/engine/subscriptions/hub.js';
import { openKafka } from '../../src/kafka/client.js';
import { silent } from '../../src/observability/log.js';
import { openPostgres } from '../../src/postgres/database.js';
import type { FlowEvent } from '../../src/saga/event.js';
import { createDecoder } from '../../src/wire/decode.js';
import { readRegistration } from '../../src/wire/documents.js';
import { createWire } from '../../src/wire/outgoing.js';
import { INTAKE_TOPICS, TOPICS } from '../../src/wire/topics.js';
import { driver } from './driver.mjs';
import { added, NO_TRAFFIC, type Traffic, watchTraffic } from './stage-traffic.js';

/** `notify`: until a subscriber of each flow has its events. */
export const STAGES = [
  'decode',
  'admit, lock',
  'advance',
  'record, commit',
  'publish',
  'notify',
] as const;
export type Stage = (typeof STAGES)[number];

export interface BatchCosts {
  /** Replies in each batch. */
  readonly size: number;
  /** Batches of replies measured. */
  readonly batches: number;
  /** Milliseconds per batch. */
  readonly ms: Readonly<Record<Stage, number>>;
  /** Statements and bytes per batch. */
  readonly traffic: Readonly<Record<Stage, Traffic>>;
  /** Flows that were started and brought to their end. */
  readonly flows: number;
}

export interface StageOptions {
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  /** Name of the orchestration that is registered for the measurement, and of its topics. */
  readonly name: string;
}

export interface StageBench extends AsyncDisposable {
  /** Flows in batches of `size`, for at least `ms` milliseconds and at least one batch. */
  measure(size: number, ms: number): Promise<BatchCosts>;
}

/** What all stages have used so far. */
interface Spent {
  readonly ms: Record<Stage, number>;
  readonly traffic: Record<Stage, Traffic>;
}

/** Adds what was used since the last lap to a stage. */
type Lap = (stage: Stage | null) => void;

const STEPS = ['first', 'second', 'third'];

export async function openStageBench({
  databaseUrl,
  brokers,
  name,
}: StageOptions): Promise<StageBench> {
  const wire = createWire({ commandTypeId: null, source: '/backstep' });
  const decode = createDecoder({ payloadLimit: 900 * 1024 });
  const stack = new AsyncDisposableStack();
  const ports = new Set(brokers.map((broker) => Number(broker.split(':').at(-1))));
  const watch = watchTraffic(driver, ports);
  const database = stack.adopt(
    openPostgres({
      log: silent('postgres'),
      url: databaseUrl,
      poolSize: 4,
      instanceId: name,
      leaseMs: 10_000,
      statementTimeoutMs: 15_000,
      stepTopics: wire.stepTopics,
    }),
    (opened) => opened.close(),
  );
  const ownTopics = Object.values(TOPICS);
  const kafka = stack.adopt(
    await openKafka({
      brokers,
      clientId: name,
      groupId: name,
      partitions: 4,
      replicationFactor: 1,
      maxMessageBytes: 2_000_000,
      compression: 'none',
      intakeTopics: INTAKE_TOPICS,
      ownTopics,
      decode,
      log: silent('kafka'),
    }),
    (opened) => opened.close(),
  );
  await database.migrate();
  await kafka.ensureTopics([...ownTopics, ...STEPS.flatMap((step) => wire.stepTopics(name, step))]);
  await register(database.store, name);
  const flows = new Flows(name, {
    store: database.store,
    wire,
    read: (value) => decode(TOPICS.replies, { key: null, value, headers: {} }),
    publish: (rows) => kafka.publisher.publish(rows),
    hub: new Hub(database.readModel),
    traffic: () => watch.read(),
  });
  return {
    measure: (size, ms) => flows.measure(size, ms),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function register(store: Store, orchestrationName: string): Promise<void> {
  const document = {
    orchestrationName,
    as: 'initiator',
    type: 'sequential',
    steps: STEPS.map((step, index) => ({ seq: index + 1, name: step })),
  };
  const read = readRegistration(JSON.stringify(document), { serviceName: null });
  const declared = read.declarations[0];
  if (declared?.as !== 'initiator') throw new Error('the document of the benchmark is not valid');
  await store.registry(async (tx) => {
    await tx.lockRegistry();
    await tx.saveVersion({ ...declared.orchestration, version: 1 }, null);
  });
}

interface Pieces {
  readonly store: Store;
  readonly wire: Wire;
  readonly read: (value: Uint8Array) => ReturnType<ReturnType<typeof createDecoder>>;
  readonly publish: (rows: readonly OutboxRow[]) => Promise<unknown>;
  readonly hub: Hub;
  readonly traffic: () => Traffic;
}

class Flows {
  private offset = 0n;

  constructor(
    private readonly name: string,
    private readonly pieces: Pieces,
  ) {}

  async measure(size: number, ms: number): Promise<BatchCosts> {
    const spent = nothing();
    const until = performance.now() + ms;
    let batches = 0;
    do {
      await this.run(size, spent);
      batches += STEPS.length;
    } while (performance.now() < until);
    const flows = (batches / STEPS.length) * size;
    return {
      ...{ size, batches, flows },
      ms: mapped((stage) => spent.ms[stage] / batches),
      traffic: mapped((stage) => perBatch(spent.traffic[stage], batches)),
    };
  }

  /** `size` flows from their start to their end; only what their replies use counts. */
  private async run(size: number, spent: Spent): Promise<void> {
    const ids = Array.from({ length: size }, () => newFlowId());
    const starts = ids.map((flowId) => this.start(flowId));
    await this.turn(starts, this.laps(nothing()));
    const leaving = new AbortController();
    const subscribers = await this.follow(ids, leaving.signal);
    for (const step of STEPS) {
      const values = ids.map((flowId) => replyOf(flowId, step));
      const lap = this.laps(spent);
      const replies = values.map((value) => this.delivery(value));
      lap('decode');
      await this.turn(replies, lap, subscribers);
    }
    leaving.abort();
  }

  private laps(spent: Spent): Lap {
    let from = performance.now();
    let before = this.pieces.traffic();
    return (stage) => {
      const [now, after] = [performance.now(), this.pieces.traffic()];
      if (stage !== null) {
        spent.ms[stage] += now - from;
        spent.traffic[stage] = added(spent.traffic[stage], after, before);
      }
      [from, before] = [performance.now(), after];
    };
  }

  /** One subscriber for each flow; each has read what there is. */
  private async follow(ids: readonly string[], signal: AbortSignal): Promise<Subscriber[]> {
    const { hub } = this.pieces;
    return Promise.all(
      ids.map(async (flowId) => {
        const events = await hub.follow(flowId, 0, signal);
        if (events === null) throw new Error(`there is no flow ${flowId}`);
        const subscriber = new Subscriber(events);
        await subscriber.until(2);
        return subscriber;
      }),
    );
  }

  private start(flowId: string): Delivery {
    const { name: orchestrationName } = this;
    const payload = '{"customer":4711}';
    const from = { initiator: null, idempotencyKey: null };
    const start = { orchestrationName, flowId, payload, headers: {}, ...from };
    return { from: 'caller', kind: 'start', start };
  }

  private delivery(value: Uint8Array): Delivery {
    const place = { topic: TOPICS.replies, partition: 0 };
    const position = { ...place, offset: this.offset++, timestamp: Date.now() };
    return { ...this.pieces.read(value), from: 'record', position, raw: { key: null, value } };
  }

  private async turn(
    deliveries: readonly Delivery[],
    lap: Lap,
    subscribers: readonly Subscriber[] = [],
  ): Promise<void> {
    const { store, wire, publish, hub } = this.pieces;
    lap(null);
    const done = await unitOfWork({ store: timed(store, lap), wire }, deliveries, true);
    const { outcomes, outbox, records } = done;
    const failed = outcomes.find(({ kind }) => kind !== 'recorded');
    if (failed !== undefined) throw new Error(`a delivery was not recorded: ${failed.kind}`);
    lap(null);
    await publish(outbox);
    lap('publish');
    hub.committed(records);
    const last = records.map(({ events }) => events.at(-1)?.number ?? 0);
    const most = Math.max(...last);
    await Promise.all(subscribers.map((one) => one.until(most)));
    if (subscribers.length > 0) lap('notify');
    await store.outboxSent(outbox);
  }
}

/** Reads the events of one flow. */
class Subscriber {
  private readonly iterator: AsyncIterator<FlowEvent>;

  constructor(events: AsyncIterable<FlowEvent>) {
    this.iterator = events[Symbol.asyncIterator]();
  }

  /** Resolves when it has the event with this number. */
  async until(last: number): Promise<void> {
    for (;;) {
      const { value, done } = await this.iterator.next();
      if (done === true) throw new Error(`the events ended before number ${last}`);
      if ((value as FlowEvent).number >= last) return;
    }
  }
}

/** The store with a lap after each call of its transaction, from begin to commit. */
function timed(store: Store, lap: Lap): Store {
  const road: Store['road'] = async (work) => {
    lap(null);
    const result = await store.road((tx) => {
      const watched: RoadTransaction = {
        admit: (...args) => tx.admit(...args),
        registrations: (...args) => tx.registrations(...args),
        lock: async (...args) => {
          const locked = await tx.lock(...args);
          lap('admit, lock');
          return locked;
        },
        record: (...args) => {
          lap('advance');
          return tx.record(...args);
        },
        refuse: (...args) => tx.refuse(...args),
      };
      return work(watched);
    });
    lap('record, commit');
    return result;
  };
  return Object.assign(Object.create(store) as Store, { road });
}

function replyOf(flowId: string, stepName: string): Buffer {
  const attemptId = `${flowId}:${stepName}:DO:0:1`;
  const headers = { flowId, stepName, action: 'DO', attemptId, status: true };
  return Buffer.from(JSON.stringify({ headers, payload: { customer: 4711, amount: '12.50' } }));
}

function mapped<T>(of: (stage: Stage) => T): Record<Stage, T> {
  return Object.fromEntries(STAGES.map((stage) => [stage, of(stage)])) as Record<Stage, T>;
}

function nothing(): Spent {
  return { ms: mapped(() => 0), traffic: mapped(() => NO_TRAFFIC) };
}

function perBatch(traffic: Traffic, batches: number): Traffic {
  const each = Object.entries(traffic).map(([key, value]) => [key, value / batches]);
  return Object.fromEntries(each) as Traffic;
}
