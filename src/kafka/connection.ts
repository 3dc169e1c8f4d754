/** One connection's settings, and the clients made with them. */
import {
  type Admin,
  type Consumer,
  type ConsumerConfig,
  Kafka,
  type KafkaConfig,
  logLevel,
  Partitioners,
  type Producer,
} from 'kafkajs';
import type { Decode } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { type Compression, registerCodecs } from './codecs.js';
import { type KafkaSecurity, saslOf } from './security.js';
import { reachable } from './sockets.js';

registerCodecs();

/** How to connect to the brokers. */
export interface KafkaConnection extends KafkaSecurity {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Log;
}

export interface KafkaOptions extends KafkaConnection {
  readonly groupId: string;
  /** Partitions of topics that the gateway creates. */
  readonly partitions: number;
  /** -1 = the cluster's default. */
  readonly replicationFactor: number;
  readonly maxMessageBytes: number;
  /** Of messages that are sent; messages that are read may use any codec. */
  readonly compression: Compression;
  readonly intakeTopics: readonly string[];
  readonly ownTopics: readonly string[];
  readonly decode: Decode;
  /**
   * Id of the database: a consumer group is for one database. Absent: gateways of other databases
   * in the group are not noticed.
   */
  readonly databaseId?: () => Promise<string>;
  /** How often the members of the group are checked, ms. */
  readonly groupLookMs?: number;
  /**
   * How long gateways of another database must have been gone before their group is taken over, ms.
   */
  readonly goneForMs?: number;
  /** How long the database must be away before partitions are left to other gateways, ms. */
  readonly databaseAwayForMs?: number;
  /** How often the lag of workers is read at most, ms. */
  readonly lagEveryMs?: number | undefined;
}

/**
 * A new client for each producer, consumer and admin. A kafkajs client that has lost its last
 * broker throws TypeErrors until the process ends; and it includes a deleted topic in every
 * metadata request for ever, which fails for all topics then.
 */
function newClient(options: KafkaConnection, retries: number): Kafka {
  const { brokers, clientId, log, tls, sasl } = options;
  const config = {
    ...reachable(brokers, tls),
    clientId,
    connectionTimeout: 3000,
    authenticationTimeout: 10_000,
    requestTimeout: 10_000,
    // Also how many brokers of the list are tried before one answers.
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: Math.max(retries, brokers.length) },
    // The client logs retries as errors; this module logs real ones.
    logLevel: logLevel.WARN,
    logCreator: () => (entry) =>
      log.debug({ kafka: entry.log, namespace: entry.namespace }, entry.log.message),
    ...(tls !== undefined && { ssl: true }),
    ...(sasl !== undefined && { sasl: saslOf(sasl) }),
  } as KafkaConfig;
  return new Kafka(config);
}

export function newAdmin(options: KafkaConnection): Admin {
  return newClient(options, 3).admin();
}

export function newConsumer(options: KafkaConnection, config: ConsumerConfig): Consumer {
  return newClient(options, 5).consumer(config);
}

export function newProducer(options: KafkaConnection): Producer {
  return newClient(options, 1).producer({
    // The same partition for a key as Java's default; named, so that the client does not log a
    // warning.
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    // One request at a time, and no retries by the client: later messages cannot overtake earlier
    // ones.
    maxInFlightRequests: 1,
    retry: { retries: 0 },
  });
}
