/** The composition root: config → adapters → engine → shells. The start order and its reverse, and nothing else. */
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { openDocumentReader } from './api/input/document-reader.js';
import { openApi } from './api/server.js';
import { BadConfig, type Config, readConfig } from './config/config.js';
import { commandOf, helpText, readFlags } from './config/flags.js';
import { prepareDemo, runDemo } from './demo/demo.js';
import { openEmbeddedBroker } from './embedded/broker.js';
import { openEmbeddedPostgres } from './embedded/postgres.js';
import { wipe } from './embedded/wipe.js';
import { createEngine, type Engine } from './engine/engine.js';
import type { Broker, WorkerClient } from './engine/ports.js';
import type { Keep } from './engine/retention/retention.js';
import { openKafka } from './kafka/client.js';
import { openKafkaWorker } from './kafka/worker-client.js';
import type { Logs } from './observability/log.js';
import { createLogs } from './observability/logger.js';
import { openPostgres } from './postgres/database.js';
import { createDecoder, type Decode } from './wire/decode.js';
import { readRegistration } from './wire/documents.js';
import { createWire } from './wire/outgoing.js';
import { INTAKE_TOPICS, TOPICS } from './wire/topics.js';

/** How people start this gateway. */
const COMMAND = commandOf(process.argv[1]);
const LEASE_MS = 10_000;
const STOP_BOUND_MS = 10_000;
/** What hangs longer than all that may take together is left to the operating system. */
const STOP_ALL_MS = 30_000;
const PORT_TRIES = 20;
const STATEMENT_TIMEOUT_MS = 15_000;

/** What was opened, closed in reverse. */
class Opened {
  private readonly closers: { readonly name: string; readonly close: () => Promise<unknown> }[] =
    [];
  private closing: Promise<void> | null = null;

  add(name: string, close: () => Promise<unknown>): void {
    this.closers.push({ name, close });
  }

  get isClosing(): boolean {
    return this.closing !== null;
  }

  close(logs: Logs): Promise<void> {
    this.closing ??= this.closeAll(logs);
    return this.closing;
  }

  private async closeAll(logs: Logs): Promise<void> {
    for (const { name, close } of this.closers.reverse()) {
      await close().catch((error: unknown) =>
        logs('main').warn({ err: error }, `${name} did not stop cleanly`),
      );
    }
  }
}

async function openDatabase(config: Config, opened: Opened, logs: Logs): Promise<string> {
  if (config.databaseUrl !== null) return config.databaseUrl;
  const postgres = await openEmbeddedPostgres({
    folder: join(resolve(config.dataFolder), 'postgres'),
    log: logs('embedded'),
  });
  opened.add('the own PostgreSQL', () => postgres.close());
  return postgres.url;
}

interface OpenBroker {
  readonly broker: Broker;
  readonly worker: () => Promise<WorkerClient>;
}

async function openBroker(
  config: Config,
  decode: Decode,
  opened: Opened,
  logs: Logs,
): Promise<OpenBroker> {
  // A command is its payload and some headers.
  const maxMessageBytes = config.payloadLimit + 1024 * 1024;
  const ownTopics = Object.values(TOPICS);
  if (config.kafkaBrokers === null) {
    const folder = join(resolve(config.dataFolder), 'broker');
    const broker = await openEmbeddedBroker({
      folder,
      intakeTopics: INTAKE_TOPICS,
      ownTopics,
      maxMessageBytes,
      unreadBytes: config.embeddedBrokerBytes,
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
  const topics = {
    partitions,
    replicationFactor,
    maxMessageBytes,
    intakeTopics: INTAKE_TOPICS,
    ownTopics,
  };
  const broker = await openKafka({
    brokers,
    clientId,
    groupId,
    ...security,
    ...topics,
    decode,
    log: logs('kafka'),
  });
  opened.add('Kafka', () => broker.close());
  return {
    broker,
    worker: async () =>
      openKafkaWorker({ brokers, groupId: `${groupId}-demo`, ...security, log: logs('kafka') }),
  };
}

function saslOf({
  kafkaSaslMechanism: mechanism,
  kafkaSaslUsername: username,
  kafkaSaslPassword: password,
}: Config) {
  return mechanism === null
    ? null
    : { mechanism, username: username ?? '', password: password ?? '' };
}

const print = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function start(config: Config, opened: Opened, logs: Logs): Promise<void> {
  const keeps = config.databaseUrl === null || config.kafkaBrokers === null;
  // Who asks for JSON reads it by a program: no other lines, then, but those of the demo.
  const forPeople = config.logFormat !== 'json' || config.demoOn;
  if (keeps && forPeople)
    print(`Data is kept in ${resolve(config.dataFolder)} (${COMMAND} --fresh wipes it).`);
  const wire = createWire({ commandTypeId: config.commandTypeId, source: '/backstep' });
  const { stepTopics } = wire;
  const decode = createDecoder({ payloadLimit: config.payloadLimit });
  const url = await openDatabase(config, opened, logs);
  const database = {
    url,
    poolSize: config.databasePool,
    readPoolSize: config.databaseReadPool,
    instanceId: randomUUID().slice(0, 8),
    leaseMs: LEASE_MS,
    stepTopics,
  };
  const postgres = openPostgres({
    ...database,
    statementTimeoutMs: STATEMENT_TIMEOUT_MS,
    log: logs('postgres'),
  });
  opened.add('the database', () => postgres.close());
  await postgres.migrate();
  const { broker, worker } = await openBroker(config, decode, opened, logs);
  const { store, readModel: read } = postgres;
  const engine = createEngine({
    store,
    read,
    broker,
    wire,
    decode,
    logs,
    leaseMs: LEASE_MS,
    keep: keepOf(config),
    fanOutBytes: config.fanOutLimit,
  });
  opened.add('the engine', () => engine.stop(STOP_BOUND_MS));
  await engine.start();
  const { host, port, payloadLimit, production, allowedOrigins } = config;
  const introspection = config.introspection === null ? !production : config.introspection === 'on';
  const documents = openDocumentReader();
  opened.add('the document reader', () => documents.close());
  const shell = {
    engine,
    readRegistration: documents.read,
    stepTopics,
    payloadLimit,
    log: logs('api'),
  };
  const api = await openApi({
    ...shell,
    host,
    port,
    portTries: PORT_TRIES,
    introspection,
    production,
    allowedOrigins,
    limits: {
      socketConnectionsPerPrincipal: config.socketsPerAddress,
      subscriptionsPerPrincipal: config.subscriptionsPerAddress,
      subscriberMessagesPerSecond: config.subscriberMessagesPerSecond,
    },
  });
  opened.add('the API', () => api.close());
  if (forPeople) for (const line of welcome(config, api.url, url)) print(line);
  else
    logs('main').info(
      {
        url: api.url,
        brokers: config.kafkaBrokers,
        ...(keeps && { data: resolve(config.dataFolder) }),
      },
      'ready',
    );
  if (config.demoOn)
    await showDemo({ config, engine, stepTopics, openWorker: worker, url: api.url }, opened, logs);
}

function keepOf({
  retentionCompleted,
  retentionUndone,
  retentionFailed,
  retentionQuarantine,
}: Config): Keep {
  const flows = {
    COMPLETED: retentionCompleted,
    UNDONE: retentionUndone,
    CANCELLED: retentionUndone,
    FAILED: retentionFailed,
  };
  return { flows, quarantined: retentionQuarantine };
}

interface Stage {
  readonly config: Config;
  readonly engine: Engine;
  readonly stepTopics: (orchestrationName: string, stepName: string) => readonly [string, string];
  readonly openWorker: () => Promise<WorkerClient>;
  readonly url: string;
}

/** A gateway whose demo can not be shown is a gateway all the same. */
async function showDemo(
  { config, openWorker, ...stage }: Stage,
  opened: Opened,
  logs: Logs,
): Promise<void> {
  const log = logs('demo');
  try {
    const worker = await openWorker();
    opened.add('the demo workers', () => worker.close());
    const coloured = process.stdout.isTTY === true && config.noColor === null;
    const demo = {
      ...stage,
      worker,
      replyTopic: TOPICS.replies,
      readRegistration,
      print,
      coloured,
      log,
    };
    await prepareDemo(demo);
    await runDemo(demo);
  } catch (error) {
    if (!opened.isClosing)
      log.warn({ err: error }, 'the demo can not be shown; the gateway serves all the same');
  }
}

function welcome(config: Config, url: string, databaseUrl: string): string[] {
  return [
    '',
    'Backstep is ready.',
    `  GraphQL    ${url}/graphql   (also by WebSocket)`,
    `  GraphiQL   ${url}/graphiql`,
    `  REST       ${url}/api/orchestrations   (described in ${url}/openapi.yaml)`,
    `  database   ${config.databaseUrl === null ? `a PostgreSQL of its own: psql '${databaseUrl}'` : 'DATABASE_URL'}`,
    `  broker     ${config.kafkaBrokers === null ? 'in this process; set KAFKA_BROKERS for a real Kafka' : config.kafkaBrokers.join(', ')}`,
  ];
}

/** The first of these signals stops everything, in order; later ones are the same Ctrl-C, heard twice. */
function stopOnSignals(opened: Opened, logs: Logs): () => void {
  const stop = (): void => {
    if (opened.isClosing) return;
    setTimeout(() => process.exit(1), STOP_ALL_MS).unref();
    opened.close(logs).then(() => process.exit(process.exitCode ?? 0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!opened.isClosing) logs('main').info({ signal }, 'stopping');
      stop();
    });
  }
  // The launcher was killed without a chance to pass a signal on: nobody else would stop this process.
  process.once('disconnect', stop);
  process.channel?.unref();
  return stop;
}

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.has('--help')) return void process.stdout.write(helpText(COMMAND));
  if (flags.has('--version')) return print(version());
  const config = readConfig();
  const format: 'pretty' | 'json' =
    config.logFormat ?? (process.stdout.isTTY === true ? 'pretty' : 'json');
  const coloured = process.stdout.isTTY === true && config.noColor === null;
  const logs = createLogs({ level: config.logLevel, levels: config.logLevels, format, coloured });
  const opened = new Opened();
  const stop = stopOnSignals(opened, logs);
  try {
    if (flags.has('--fresh')) await wipe(resolve(config.dataFolder), logs('embedded'));
    await start(config, opened, logs);
  } catch (error) {
    if (opened.isClosing) return;
    process.stderr.write(
      `Backstep could not start: ${error instanceof Error ? error.message : String(error)}${adviceOn(error)}\n`,
    );
    logs('main').debug({ err: error }, 'the start failed');
    process.exitCode = 1;
    stop();
  }
}

/** For troubles of the operating system that a setting mends. */
function adviceOn(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'EACCES' || code === 'EROFS' || code === 'EPERM'
    ? '; choose a folder you may write to with DATA_FOLDER'
    : '';
}

function version(): string {
  const { version } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { readonly version: string };
  return version;
}

main().catch((error: unknown) => {
  const text =
    error instanceof BadConfig
      ? `This is wrong:\n${error.problems.map((one) => `  ${one}`).join('\n')}\n${COMMAND} --help lists all flags and settings.`
      : String(error);
  process.stderr.write(`${text}\n`);
  process.exitCode = 1;
});
