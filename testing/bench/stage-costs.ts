/**
 * What a reply costs on its way, stage by stage: the gateway's own pieces over a real PostgreSQL
 * and a real Kafka, one batch at a time.
 */

import { newFlowId } from '../../src/engine/intake/flow-id.js';
import { resolveStarts } from '../../src/engine/intake/resolve-starts.js';
import { unitOfWork, type Work } from '../../src/engine/intake/unit-of-work.js';
import type { Delivery, OutboxRow, RoadTransaction, Store, Wire } from '../../src/engine/ports.js';
import { openKafka } from '../../src/kafka/client.js';
import { silent } from '../../src/observability/log.js';
import { openPostgres } from '../../src/postgres/database.js';
import { createDecoder } from '../../src/wire/decode.js';
import { readRegistration } from '../../src/wire/documents.js';
import { createWire } from '../../src/wire/outgoing.js';
import { INTAKE_TOPICS, TOPICS } from '../../src/wire/topics.js';

export const STAGES = ['decode', 'admit, lock', 'advance', 'record, commit', 'publish'] as const;
export type Stage = (typeof STAGES)[number];

export interface BatchCosts {
  /** Replies in each batch. */
  readonly size: number;
  /** Batches of replies measured. */
  readonly batches: number;
  /** Milliseconds per batch. */
  readonly ms: Readonly<Record<Stage, number>>;
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

type Times = Record<Stage, number>;
const STEPS = ['first', 'second', 'third'];

export async function openStageBench({
  databaseUrl,
  brokers,
  name,
}: StageOptions): Promise<StageBench> {
  const wire = createWire({ commandTypeId: null, source: '/backstep' });
  const decode = createDecoder({ payloadLimit: 900 * 1024 });
  const stack = new AsyncDisposableStack();
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
}

class Flows {
  private offset = 0n;

  constructor(
    private readonly name: string,
    private readonly pieces: Pieces,
  ) {}

  async measure(size: number, ms: number): Promise<BatchCosts> {
    const spent = noTimes();
    const until = performance.now() + ms;
    let batches = 0;
    do {
      await this.run(size, spent);
      batches += STEPS.length;
    } while (performance.now() < until);
    const perBatch = STAGES.map((stage) => [stage, spent[stage] / batches] as const);
    const flows = (batches / STEPS.length) * size;
    return { size, batches, ms: Object.fromEntries(perBatch) as Times, flows };
  }

  /** `size` flows from their start to their end; only the time of their replies counts. */
  private async run(size: number, spent: Times): Promise<void> {
    const ids = Array.from({ length: size }, () => newFlowId());
    const starts = ids.map((flowId) => this.start(flowId));
    await this.turn(await resolveStarts(this.pieces.store, starts), noTimes());
    for (const step of STEPS) {
      const values = ids.map((flowId) => replyOf(flowId, step));
      const from = performance.now();
      const replies = values.map((value) => this.delivery(value));
      spent.decode += performance.now() - from;
      await this.turn(await resolveStarts(this.pieces.store, replies), spent);
    }
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

  private async turn(work: readonly Work[], spent: Times): Promise<void> {
    const { store, wire, publish } = this.pieces;
    const { outcomes, outbox } = await unitOfWork({ store: timed(store, spent), wire }, work, true);
    const failed = outcomes.find(({ kind }) => kind !== 'recorded');
    if (failed !== undefined) throw new Error(`a delivery was not recorded: ${failed.kind}`);
    const from = performance.now();
    await publish(outbox);
    spent.publish += performance.now() - from;
    await store.outboxSent(outbox);
  }
}

/** The store with a clock on each call of its transaction, from begin to commit. */
function timed(store: Store, spent: Times): Store {
  const road: Store['road'] = async (work) => {
    let from = performance.now();
    const lap = (stage: Stage): void => {
      const now = performance.now();
      spent[stage] += now - from;
      from = now;
    };
    const result = await store.road((tx) => {
      const watched: RoadTransaction = {
        admit: (...args) => tx.admit(...args),
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

function noTimes(): Times {
  return { decode: 0, 'admit, lock': 0, advance: 0, 'record, commit': 0, publish: 0 };
}
