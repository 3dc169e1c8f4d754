/**
 * Opens the database and the broker: those of the settings, or those that the gateway runs itself.
 */
import { join, resolve } from 'node:path';
import { type Config, stepDefaults } from '../config/config.js';
import { openEmbeddedBroker } from '../embedded/broker.js';
import { openEmbeddedPostgres } from '../embedded/postgres.js';
import type { Broker, Commands, CommandsOfStep, Decode, WorkerClient } from '../engine/ports.js';
import { openKafka } from '../kafka/client.js';
import { openKafkaCommands } from '../kafka/commands.js';
import { openKafkaWorker } from '../kafka/worker-client.js';
import type { Logs } from '../observability/log.js';
import { checkSchema } from '../schemas/check-schema.js';
import { createDecoder } from '../wire/decode.js';
import { createWire } from '../wire/outgoing.js';
import { INTAKE_TOPICS, TOPICS } from '../wire/topics.js';
import { kafkaSecurity } from './kafka-security.js';
import type { Opened } from './opened.js';

export interface OpenBroker {
  readonly broker: Broker;
  readonly worker: () => Promise<WorkerClient>;
  /** For workers that use GraphQL or REST. */
  readonly commands: () => Commands;
}

export interface DatabaseAddress {
  readonly url: string;
  /** Path of the file that has the password; null: the database is not the gateway's own. */
  readonly passwordFile: string | null;
}

/** Where the database is. Without DATABASE_URL the embedded PostgreSQL is started. */
export async function databaseAddress(
  config: Config,
  opened: Opened,
  logs: Logs,
): Promise<DatabaseAddress> {
  if (config.databaseUrl !== null) return { url: config.databaseUrl, passwordFile: null };
  const postgres = await openEmbeddedPostgres({
    folder: join(resolve(config.dataFolder), 'postgres'),
    log: logs('embedded'),
  });
  opened.add('the own PostgreSQL', () => postgres.close());
  return postgres;
}

/** Most bytes of a message: a payload, and 1 MiB for its headers. */
function maxMessageBytesOf({ payloadLimit }: Config): number {
  return payloadLimit + 1024 * 1024;
}

/** Most bytes of a record apart from its value: key, record headers, batch header. */
const RECORD_OVERHEAD_BYTES = 1024;

export function wireOf(
  config: Config,
  isSampled: ((traceId: string) => boolean) | undefined,
): ReturnType<typeof createWire> {
  const mostBytes = maxMessageBytesOf(config) - RECORD_OVERHEAD_BYTES;
  const { commandTypeId } = config;
  return createWire({ commandTypeId, source: '/backstep', mostBytes, isSampled });
}

/** Decodes records of the intake topics. */
export function decoderOf(config: Config): Decode {
  const { payloadLimit } = config;
  return createDecoder({ payloadLimit, defaults: stepDefaults(config), checkSchema });
}

export async function openBroker(
  config: Config,
  { decode, databaseId }: { readonly decode: Decode; readonly databaseId: () => Promise<string> },
  opened: Opened,
  logs: Logs,
): Promise<OpenBroker> {
  const maxMessageBytes = maxMessageBytesOf(config);
  const topics = {
    maxMessageBytes,
    decode,
    intakeTopics: INTAKE_TOPICS,
    ownTopics: Object.values(TOPICS),
  };
  if (config.kafkaBrokers === null) {
    const folder = join(resolve(config.dataFolder), 'broker');
    const broker = await openEmbeddedBroker({
      folder,
      ...topics,
      unreadBytes: config.embeddedBrokerBytes,
      log: logs('embedded'),
    });
    opened.add('the own broker', () => broker.close());
    return { broker, worker: async () => broker.worker('demo'), commands: () => broker.commands() };
  }
  const { kafkaBrokers: brokers, kafkaGroupId: groupId, kafkaClientId: clientId } = config;
  const { topicPartitions: partitions, topicReplication: replicationFactor } = config;
  const connection = { brokers, ...kafkaSecurity(config, logs('kafka')), log: logs('kafka') };
  const made = { partitions, replicationFactor, compression: config.compression, databaseId };
  const broker = await openKafka({ ...connection, clientId, groupId, ...made, ...topics });
  opened.add('Kafka', () => broker.close());
  return {
    broker,
    worker: async () => openKafkaWorker({ ...connection, groupId: `${groupId}-demo` }),
    commands: () =>
      openKafkaCommands({ ...connection, ...made, clientId, groupIdOf: groupIds(groupId) }),
  };
}

/** The names of orchestrations and steps have no dots: no two of these are equal. */
function groupIds(groupId: string) {
  return ({ group, orchestrationName, stepName }: CommandsOfStep): string =>
    `${groupId}-workers.${group}.${orchestrationName}.${stepName}`;
}
