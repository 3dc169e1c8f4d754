/**
 * A whole gateway in this process but for its API: the engine over a real PostgreSQL and a real
 * Kafka, put together as main.ts does.
 */
import { createEngine, type Engine } from '../../src/engine/engine.js';
import type { ReadModel, Store } from '../../src/engine/ports.js';
import { openKafka } from '../../src/kafka/client.js';
import { silent } from '../../src/observability/log.js';
import { createDecoder } from '../../src/wire/decode.js';
import { readRegistration } from '../../src/wire/documents.js';
import { createWire } from '../../src/wire/outgoing.js';
import { INTAKE_TOPICS, TOPICS } from '../../src/wire/topics.js';
import { createTopics } from './cluster.js';
import type { FrozenClock } from './frozen-clock.js';
import type { TestDatabase } from './postgres.js';

export interface Assembled {
  readonly engine: Engine;
  readonly store: Store;
  readonly read: ReadModel;
  /** Throws with the problems of the document. */
  register(document: string): Promise<void>;
  /** Throws when it was not started. */
  start(orchestrationName: string, payload?: unknown, flowId?: string): Promise<string>;
  close(): Promise<void>;
}

export interface AssembledOptions {
  readonly database: TestDatabase;
  readonly brokers: readonly string[];
  /** Its consumer group: nobody else's. */
  readonly group: string;
  /** Its name among the gateways of this database; absent = the group's. */
  readonly instance?: string;
  /** Of step topics. */
  readonly partitions?: number;
  /** The time of its transactions; absent = the database's. */
  readonly clock?: FrozenClock;
}

const LEASE_MS = 10_000;
const PAYLOAD_LIMIT = 100_000;

/**
 * The broker is shared: whichever test comes first, the gateway's own topics have the partitions
 * that others count on.
 */
async function ensureOwnTopics(brokers: readonly string[]): Promise<void> {
  const topics = Object.values(TOPICS).map((topic) => ({ topic, numPartitions: 4 }));
  await createTopics(brokers, ...topics);
}

export async function openAssembled(options: AssembledOptions): Promise<Assembled> {
  const { database, brokers, group, partitions = 1 } = options;
  const wire = createWire({ commandTypeId: null, source: '/test' });
  const postgres = database.open({
    instanceId: options.instance ?? group,
    stepTopics: wire.stepTopics,
  });
  const { readModel: read, databaseId } = postgres;
  const store = options.clock?.over(postgres.store) ?? postgres.store;
  const decode = createDecoder({ payloadLimit: PAYLOAD_LIMIT });
  const topics = { intakeTopics: INTAKE_TOPICS, ownTopics: Object.values(TOPICS) };
  await ensureOwnTopics(brokers);
  const broker = await openKafka({
    ...{ brokers, clientId: group, groupId: group, partitions, replicationFactor: -1 },
    ...{ maxMessageBytes: 2 * PAYLOAD_LIMIT, compression: 'none', decode, databaseId, ...topics },
    log: silent('kafka'),
  });
  const ports = { store, read, broker, wire, decode };
  const engine = createEngine({ ...ports, leaseMs: LEASE_MS, logs: silent, lookMs: 100 });
  await engine.start();
  return {
    engine,
    store,
    read,
    async register(document) {
      const registration = readRegistration(document, { serviceName: 'test' });
      const { problems } = await engine.register(registration, { dryRun: false });
      if (problems.length > 0) throw new Error(JSON.stringify(problems));
    },
    async start(orchestrationName, payload = {}, flowId) {
      const { flow, problems } = await engine.execute({
        ...{ orchestrationName, flowId: flowId ?? null, payload: JSON.stringify(payload) },
        ...{ headers: {}, initiator: null, idempotencyKey: null },
      });
      if (flow === null) throw new Error(JSON.stringify(problems));
      return flow.flowId;
    },
    async close() {
      await engine.stop(2_000);
      await broker.close();
      await postgres.close();
    },
  };
}
