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
import { reachable } from './sockets.js';

registerCodecs();

export interface KafkaSecurity {
  readonly ssl?: boolean;
  readonly sasl?: {
    readonly mechanism: string;
    readonly username: string;
    readonly password: string;
  };
}

/** Where the brokers are, and how to speak to them. */
export interface KafkaConnection extends KafkaSecurity {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly log: Log;
}

export interface KafkaOptions extends KafkaConnection {
  readonly groupId: string;
  /** Of topics we create. */
  readonly partitions: number;
  /** -1 = the cluster's default. */
  readonly replicationFactor: number;
  readonly maxMessageBytes: number;
  /** Of what is sent; whatever is read may use any codec. */
  readonly compression: Compression;
  readonly intakeTopics: readonly string[];
  readonly ownTopics: readonly string[];
  readonly decode: Decode;
  /** Identifies the database: a group is for one. Absent: gateways of other databases in the group are not noticed. */
  readonly databaseId?: () => Promise<string>;
  /** How often to look who shares the group, ms. */
  readonly groupLookMs?: number;
  /** How long gateways of another database must have been gone before their group is taken over, ms. */
  readonly goneForMs?: number;
}

/**
 * A new client each time, for one producer, consumer or admin: one that has lost its last broker forgets where the others are and throws
 * TypeErrors until the process ends, and it requests a deleted topic in every metadata request for ever, failing for all the others.
 */
function newClient(options: KafkaConnection, retries: number): Kafka {
  const { brokers, clientId, log, ssl, sasl } = options;
  const config = {
    ...reachable(brokers),
    clientId,
    connectionTimeout: 3000,
    requestTimeout: 10_000,
    retry: { initialRetryTime: 50, maxRetryTime: 1000, retries },
    // What the client calls an error is mostly a retry: this module logs what matters.
    logLevel: logLevel.WARN,
    logCreator: () => (entry) =>
      log.debug({ kafka: entry.log, namespace: entry.namespace }, entry.log.message),
    ...(ssl === true && { ssl }),
    ...(sasl !== undefined && { sasl }),
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
    // Equal keys go where Java's default sends them; named, so that the client does not warn about it.
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    // One request under way and no retry behind our back: nothing can overtake what was sent before it.
    maxInFlightRequests: 1,
    retry: { retries: 0 },
  });
}
