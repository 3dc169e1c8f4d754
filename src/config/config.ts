/** The only reader of the environment: one frozen Config, every setting documented once, bad values refused at start, all at once. */
import { LIMITS, type Limit } from '../limits/limits.js';
import { COMPONENTS } from '../observability/log.js';
import { DEFAULTS, type Defaults } from '../saga/orchestration.js';
import {
  age,
  brokers,
  databaseUrl,
  decimal,
  duration,
  form,
  isClass,
  isHost,
  isName,
  LEVELS,
  levels,
  NAME,
  origins,
  replicas,
  setting,
  text,
  WrongValue,
  whole,
  word,
} from './parsers.js';

/** A limit that may be set. */
function bounded(name: string, meaning: string, { value }: Limit) {
  return setting(name, meaning, String(value), whole(1, 1_000_000, value));
}

/** Every setting, in the order people read them. */
export const SETTINGS = {
  host: setting(
    'HOST',
    'address or name to listen on; 0.0.0.0 is every address of this machine, and then AUTH must be said',
    '127.0.0.1',
    form(
      isHost,
      'an address or a host name like 127.0.0.1, without protocol and port',
      '127.0.0.1',
    ),
  ),
  port: setting(
    'PORT',
    'port to listen on; 0 takes any free one; without PORT a taken one gives way to the next free',
    '4000',
    whole(0, 65_535, 4000),
  ),
  logLevel: setting(
    'LOG_LEVEL',
    'how much is said: debug, info, warn, error',
    'info',
    word(LEVELS, 'info'),
  ),
  logLevels: setting(
    'LOG_LEVELS',
    `louder or quieter by component, like do=debug,undo=debug; components: ${COMPONENTS.join(', ')}`,
    'none',
    levels,
  ),
  logFormat: setting(
    'LOG_FORMAT',
    'pretty (for people) or json (for machines)',
    'pretty on a terminal, else json',
    word(['pretty', 'json'] as const, null),
  ),
  databaseUrl: setting(
    'DATABASE_URL',
    'PostgreSQL 15 or newer, like postgresql://user:password@host:5432/database',
    'a PostgreSQL of our own',
    databaseUrl,
    true,
  ),
  databasePool: setting(
    'DATABASE_POOL',
    'most connections to the database, those for reads apart',
    String(LIMITS.writeConnections.value),
    whole(2, 1000, LIMITS.writeConnections.value),
  ),
  databaseReadPool: bounded(
    'DATABASE_READ_POOL',
    'most connections to the database for reads, beside DATABASE_POOL',
    LIMITS.readConnections,
  ),
  kafkaBrokers: setting(
    'KAFKA_BROKERS',
    'host:port of brokers, separated by commas',
    'a broker in this process',
    brokers,
  ),
  kafkaGroupId: setting(
    'KAFKA_GROUP_ID',
    'consumer group all gateways of one database share, and no other database',
    'backstep',
    form(isName, NAME, 'backstep'),
  ),
  kafkaClientId: setting(
    'KAFKA_CLIENT_ID',
    'how this process is called at the brokers',
    'backstep',
    form(isName, NAME, 'backstep'),
  ),
  kafkaSsl: setting('KAFKA_SSL', 'on: talk TLS to the brokers', 'off', word(['on', 'off'], 'off')),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    'plain, scram-sha-256 or scram-sha-512',
    'none',
    word(['plain', 'scram-sha-256', 'scram-sha-512'], null),
  ),
  kafkaSaslUsername: setting('KAFKA_SASL_USERNAME', 'user for SASL', 'none', text, true),
  kafkaSaslPassword: setting('KAFKA_SASL_PASSWORD', 'password for SASL', 'none', text, true),
  topicPartitions: setting(
    'TOPIC_PARTITIONS',
    'partitions of topics we create',
    '4',
    whole(1, 10_000, 4),
  ),
  topicReplication: setting(
    'TOPIC_REPLICATION',
    'replicas of topics we create; -1 takes the cluster default',
    '-1',
    replicas,
  ),
  compression: setting(
    'COMPRESSION',
    'how Kafka records are compressed that the gateway sends: none, gzip, snappy, lz4 or zstd; any of them is read',
    'none',
    word(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const, 'none'),
  ),
  payloadLimit: setting(
    'PAYLOAD_LIMIT_BYTES',
    'largest payload of a start or a reply, bytes',
    String(LIMITS.payloadBytes.value),
    whole(1024, 50_000_000, LIMITS.payloadBytes.value),
  ),
  fanOutLimit: setting(
    'FAN_OUT_LIMIT_BYTES',
    'most bytes that one start sends at once: its payload times the steps of a parallel orchestration',
    String(LIMITS.fanOutBytes.value),
    whole(1024, 1_000_000_000, LIMITS.fanOutBytes.value),
  ),
  socketsPerAddress: bounded(
    'SOCKETS_PER_ADDRESS',
    'most WebSocket connections of one address',
    LIMITS.socketConnectionsPerPrincipal,
  ),
  subscriptionsPerAddress: bounded(
    'SUBSCRIPTIONS_PER_ADDRESS',
    'most subscriptions of one address',
    LIMITS.subscriptionsPerPrincipal,
  ),
  subscriberMessagesPerSecond: bounded(
    'SUBSCRIBER_MESSAGES_PER_SECOND',
    'most messages a second to all subscribers together',
    LIMITS.subscriberMessagesPerSecond,
  ),
  embeddedBrokerBytes: setting(
    'EMBEDDED_BROKER_BYTES',
    'bytes that nobody has read in the broker in this process, beyond which no flow starts',
    String(LIMITS.embeddedBytes.value),
    whole(1_048_576, 10_000_000_000, LIMITS.embeddedBytes.value),
  ),
  defaultMaxRetries: setting(
    'DEFAULT_MAX_RETRIES',
    'retries of a step whose registration document gives none; changes nothing that is registered',
    '3',
    whole(0, 1000, DEFAULTS.maxRetries),
  ),
  defaultStepTimeout: setting(
    'DEFAULT_STEP_TIMEOUT',
    'the same: how long an attempt of a step may take, like 30s or 5m',
    '5m',
    duration(1, DEFAULTS.timeoutMs),
  ),
  defaultBackoffInitial: setting(
    'DEFAULT_BACKOFF_INITIAL',
    'the same: wait before the first retry',
    '500ms',
    duration(0, DEFAULTS.backoff.initialMs),
  ),
  defaultBackoffFactor: setting(
    'DEFAULT_BACKOFF_FACTOR',
    'the same: how much longer each wait is than the one before',
    '2',
    decimal(1, 100, DEFAULTS.backoff.factor),
  ),
  defaultBackoffMax: setting(
    'DEFAULT_BACKOFF_MAX',
    'the same: longest wait',
    '30s',
    duration(0, DEFAULTS.backoff.maxMs),
  ),
  defaultBackoffJitter: setting(
    'DEFAULT_BACKOFF_JITTER',
    'the same: full (a wait between nothing and the whole) or none',
    'full',
    word(['full', 'none'] as const, DEFAULTS.backoff.jitter),
  ),
  retentionCompleted: setting(
    'RETENTION_COMPLETED',
    'how long COMPLETED flows are kept after they ended, like 30d or 12h',
    'off: for ever',
    age,
  ),
  retentionUndone: setting(
    'RETENTION_UNDONE',
    'the same of flows that ended UNDONE or CANCELLED',
    'off: for ever',
    age,
  ),
  retentionFailed: setting(
    'RETENTION_FAILED',
    'the same of FAILED flows, which wait for a person',
    'off: for ever',
    age,
  ),
  retentionQuarantine: setting(
    'RETENTION_QUARANTINE',
    'how long quarantined records are kept once they are settled',
    'off: for ever',
    age,
  ),
  commandTypeId: setting(
    'COMMAND_TYPE_ID',
    'Java class name sent as __TypeId__ with commands, for Spring JsonDeserializer',
    'none is sent',
    form(isClass, 'the name of a Java class, like com.example.ExecutionMessage', null),
  ),
  demo: setting(
    'DEMO',
    'on or off: example orchestrations, workers and two flows',
    'on when neither DATABASE_URL nor KAFKA_BROKERS is set',
    word(['on', 'off'], null),
  ),
  dataFolder: setting(
    'DATA_FOLDER',
    'where the own database and broker keep their data',
    '.backstep',
    form((value) => !value.startsWith('~'), 'a path; ~ is not understood here', '.backstep'),
  ),
  auth: setting(
    'AUTH',
    'none: accept everybody; must be said when HOST is not a loopback address',
    'none on loopback',
    word(['none'], null),
  ),
  allowedOrigins: setting(
    'ALLOWED_ORIGINS',
    'origins of browsers that may connect, separated by commas',
    'our own',
    origins,
  ),
  introspection: setting(
    'INTROSPECTION',
    'on or off: may clients ask for the schema',
    'on, off in production',
    word(['on', 'off'], null),
  ),
  noColor: setting('NO_COLOR', 'set: no colours in the terminal', 'colours on a terminal', text),
  environment: setting(
    'NODE_ENV',
    'production: no suggestions, no introspection',
    'development',
    form(() => true, '', 'development'),
  ),
} as const;

type Read = { readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['read']> };
export interface Config extends Read {
  readonly demoOn: boolean;
  /** PORT is set: this port or none. */
  readonly portIsGiven: boolean;
  readonly production: boolean;
}

export class BadConfig extends Error {
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

/** Reads all settings; throws BadConfig with every problem at once. */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const problems: string[] = [];
  const entries = Object.entries(SETTINGS).map(([key, { name, read, secret }]) => {
    const given = environment[name]?.trim();
    try {
      return [key, read(given === undefined || given === '' ? null : given)] as const;
    } catch (error) {
      if (!(error instanceof WrongValue)) throw error;
      problems.push(
        `${name} is ${secret ? 'wrong' : JSON.stringify(given)}; it must be ${error.message}`,
      );
      return [key, null] as const;
    }
  });
  const read = Object.fromEntries(entries) as unknown as Read;
  problems.push(...together(read));
  if (problems.length > 0) throw new BadConfig(problems);
  const demoOn =
    read.demo === null
      ? read.databaseUrl === null && read.kafkaBrokers === null
      : read.demo === 'on';
  const portIsGiven = (environment.PORT ?? '').trim() !== '';
  const production = read.environment === 'production';
  return Object.freeze({ ...read, demoOn, portIsGiven, production });
}

/** What is wrong only in company. A setting that is wrong by itself is null here. */
function together(read: Read): string[] {
  const problems: string[] = [];
  if (read.host !== null && !isLoopback(read.host) && read.auth === null) {
    problems.push(
      `HOST is ${read.host}, which others can reach, and there is no authentication yet: set AUTH=none if that is what you want`,
    );
  }
  const {
    kafkaSaslMechanism: mechanism,
    kafkaSaslUsername: username,
    kafkaSaslPassword: password,
  } = read;
  if (mechanism !== null && (username === null || password === null)) {
    problems.push(
      'KAFKA_SASL_MECHANISM is set: KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be, too',
    );
  }
  if (mechanism === null && username !== null)
    problems.push('KAFKA_SASL_USERNAME is set: KAFKA_SASL_MECHANISM must be, too');
  return problems;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** For what a registration document leaves out. */
export function stepDefaults(config: Config): Defaults {
  return {
    maxRetries: config.defaultMaxRetries,
    timeoutMs: config.defaultStepTimeout,
    backoff: {
      initialMs: config.defaultBackoffInitial,
      factor: config.defaultBackoffFactor,
      maxMs: config.defaultBackoffMax,
      jitter: config.defaultBackoffJitter,
    },
  };
}

/** For `--help`. */
export function settingsText(): string {
  const width = Math.max(...Object.values(SETTINGS).map(({ name }) => name.length));
  return Object.values(SETTINGS)
    .map(
      ({ name, meaning, byDefault }) =>
        `  ${name.padEnd(width)}  ${meaning}\n  ${' '.repeat(width)}  default: ${byDefault}`,
    )
    .join('\n');
}
