/** The composition root: config → adapters → engine → shells. The start order and its reverse, and nothing else. */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openApi } from './api/server.js';
import { BadConfig, type Config, readConfig, settingsText } from './config.js';
import { prepareDemo, runDemo } from './demo/demo.js';
import { openEmbeddedBroker } from './embedded/broker.js';
import { openEmbeddedPostgres } from './embedded/postgres.js';
import { createEngine } from './engine/engine.js';
import type { Broker, WorkerClient } from './engine/ports.js';
import { openKafka } from './kafka/client.js';
import { openKafkaWorker } from './kafka/worker-client.js';
import type { Logs } from './observe/log.js';
import { createLogs } from './observe/logger.js';
import { openPostgres } from './postgres/database.js';
import { createWire } from './wire/commands.js';
import { createDecoder } from './wire/decode.js';
import { readRegistration } from './wire/documents.js';
import { INTAKE_TOPICS, TOPICS } from './wire/topics.js';

const LEASE_MS = 10_000;
const STOP_BOUND_MS = 10_000;
const PORT_TRIES = 20;
const STATEMENT_TIMEOUT_MS = 15_000;

/** What was opened, closed in reverse. */
class Opened {
  private readonly closers: { readonly name: string; readonly close: () => Promise<unknown> }[] = [];
  private closing: Promise<void> | null = null;

  add(name: string, close: () => Promise<unknown>): void {
    this.closers.push({ name, close });
  }

  close(logs: Logs): Promise<void> {
    this.closing ??= this.closeAll(logs);
    return this.closing;
  }

  private async closeAll(logs: Logs): Promise<void> {
    for (const { name, close } of this.closers.reverse()) {
      await close().catch((error: unknown) => logs('main').warn({ err: error }, `${name} did not stop cleanly`));
    }
  }
}

async function openDatabase(config: Config, opened: Opened, logs: Logs): Promise<string> {
  if (config.databaseUrl !== null) return config.databaseUrl;
  const postgres = await openEmbeddedPostgres({ folder: join(resolve(config.dataFolder), 'postgres'), log: logs('embedded') });
  opened.add('the own PostgreSQL', () => postgres.close());
  return postgres.url;
}

interface OpenBroker {
  readonly broker: Broker;
  readonly worker: () => Promise<WorkerClient>;
}

async function openBroker(config: Config, opened: Opened, logs: Logs): Promise<OpenBroker> {
  const decode = createDecoder({ payloadLimit: config.payloadLimit });
  const maxMessageBytes = 2 * 1024 * 1024;
  const ownTopics = Object.values(TOPICS);
  if (config.kafkaBrokers === null) {
    const folder = join(resolve(config.dataFolder), 'broker');
    const broker = await openEmbeddedBroker({
      folder,
      intakeTopics: INTAKE_TOPICS,
      ownTopics,
      maxMessageBytes,
      decode,
      log: logs('embedded'),
    });
    opened.add('the own broker', () => broker.close());
    return { broker, worker: async () => broker.worker('demo') };
  }
  const { kafkaBrokers: brokers, kafkaGroupId: groupId, kafkaClientId: clientId } = config;
  const sasl = saslOf(config);
  const security = { ssl: config.kafkaSsl === 'on', ...(sasl !== null && { sasl }) };
  const { topicPartitions: partitions, topicReplication: replicationFactor } = config;
  const topics = { partitions, replicationFactor, maxMessageBytes, intakeTopics: INTAKE_TOPICS, ownTopics };
  const broker = await openKafka({ brokers, clientId, groupId, ...security, ...topics, decode, log: logs('kafka') });
  opened.add('Kafka', () => broker.close());
  return { broker, worker: async () => openKafkaWorker({ brokers, groupId: `${groupId}-demo`, ...security, log: logs('kafka') }) };
}

function saslOf({ kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPassword: password }: Config) {
  return mechanism === null ? null : { mechanism, username: username ?? '', password: password ?? '' };
}

async function start(config: Config, opened: Opened, logs: Logs): Promise<void> {
  const print = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  if (config.databaseUrl === null || config.kafkaBrokers === null)
    print(`Data are kept in ${resolve(config.dataFolder)} (npm start -- --fresh wipes it).`);
  const url = await openDatabase(config, opened, logs);
  const wire = createWire({ commandTypeId: config.commandTypeId, source: '/backstep' });
  const instanceId = randomUUID().slice(0, 8);
  const { stepTopics } = wire;
  const database = {
    url,
    poolSize: config.databasePool,
    instanceId,
    leaseMs: LEASE_MS,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    stepTopics,
  };
  const postgres = openPostgres({ ...database, log: logs('postgres') });
  opened.add('the database', () => postgres.close());
  const { applied } = await postgres.migrate();
  if (applied.length > 0) logs('postgres').info({ applied }, 'the schema is up to date');
  const { broker, worker } = await openBroker(config, opened, logs);
  const engine = createEngine({ store: postgres.store, read: postgres.readModel, broker, wire, logs, leaseMs: LEASE_MS });
  opened.add('the engine', () => engine.stop(STOP_BOUND_MS));
  await engine.start();
  const { host, port, payloadLimit, production, allowedOrigins } = config;
  const introspection = config.introspection === null ? !production : config.introspection === 'on';
  const shell = { engine, readRegistration, stepTopics, payloadLimit, log: logs('api') };
  const api = await openApi({ ...shell, host, port, portTries: PORT_TRIES, introspection, production, allowedOrigins });
  opened.add('the API', () => api.close());
  for (const line of welcome(config, api.url)) print(line);
  if (!config.demoOn) return;
  const client = await worker();
  opened.add('the demo workers', () => client.close());
  const coloured = process.stdout.isTTY === true && config.noColor === null;
  const demo = {
    engine,
    worker: client,
    replyTopic: TOPICS.replies,
    readRegistration,
    stepTopics,
    print,
    coloured,
    log: logs('demo'),
    url: api.url,
  };
  await prepareDemo(demo);
  await runDemo(demo);
}

function welcome(config: Config, url: string): string[] {
  return [
    '',
    'Backstep is ready.',
    `  GraphQL    ${url}/graphql   (also by WebSocket)`,
    `  GraphiQL   ${url}/graphiql`,
    `  REST       ${url}/api/orchestrations   (described in ${url}/openapi.yaml)`,
    `  database   ${config.databaseUrl === null ? 'a PostgreSQL of its own' : 'DATABASE_URL'}`,
    `  broker     ${config.kafkaBrokers === null ? 'in this process; set KAFKA_BROKERS for a real Kafka' : config.kafkaBrokers.join(', ')}`,
  ];
}

const FLAGS = ['--fresh', '--help', '--version'];

async function main(): Promise<void> {
  const flags = process.argv.slice(2);
  const unknown = flags.find((flag) => !FLAGS.includes(flag));
  if (unknown !== undefined) throw new BadConfig([`there is no flag ${unknown}; known are ${FLAGS.join(', ')}`]);
  if (flags.includes('--help')) {
    process.stdout.write(
      `npm start [-- --fresh]\n\n  --fresh    wipe the own database and broker first\n\nSettings (environment variables):\n${settingsText()}\n`,
    );
    return;
  }
  const config = readConfig();
  const format: 'pretty' | 'json' = config.logFormat ?? (process.stdout.isTTY === true ? 'pretty' : 'json');
  const logs = createLogs({ level: config.logLevel, levels: config.logLevels, format });
  const opened = new Opened();
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    opened.close(logs).then(() => process.exit(process.exitCode ?? 0));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  if (flags.includes('--fresh')) await wipe(config);
  try {
    await start(config, opened, logs);
  } catch (error) {
    if (stopping) return;
    process.stderr.write(`Backstep could not start: ${error instanceof Error ? error.message : String(error)}\n`);
    logs('main').debug({ err: error }, 'the start failed');
    process.exitCode = 1;
    stop();
  }
}

/** Only what is ours in the data folder. */
async function wipe({ dataFolder }: Config): Promise<void> {
  for (const name of ['postgres', 'broker']) await rm(join(resolve(dataFolder), name), { recursive: true, force: true });
}

main().catch((error: unknown) => {
  const text =
    error instanceof BadConfig
      ? `These settings are wrong:\n${error.problems.map((one) => `  ${one}`).join('\n')}\nnpm start -- --help lists them all.`
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
