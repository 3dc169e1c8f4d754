/**
 * Settings of the connections to PostgreSQL and Kafka, and of what the gateway creates and sends
 * there.
 */
import { LIMITS } from '../limits/limits.js';
import { brokers } from './addresses.js';
import { databaseUrl, SESSION_ATTRIBUTES, SSL_MODES } from './database-url.js';
import {
  form,
  isClass,
  isName,
  NAME,
  oneOf,
  replicas,
  setting,
  text,
  webAddress,
  whole,
  wholeOrNull,
} from './parsers.js';

export const CONNECTIONS = {
  databaseUrl: setting({
    name: 'DATABASE_URL',
    meaning:
      'PostgreSQL 15 or newer, like postgresql://user:password@host:5432/database; several servers as @one:5432,two:5432/: the one that accepts writes is used',
    byDefault: 'a PostgreSQL that the gateway starts itself',
    read: databaseUrl,
    secret: true,
  }),
  pgSslMode: setting({
    name: 'PGSSLMODE',
    meaning: 'sslmode, when DATABASE_URL has none; docs/transport.md has its values',
    byDefault: 'as docs/transport.md has it for each host',
    read: oneOf(SSL_MODES, null),
  }),
  pgSslRootCert: setting({
    name: 'PGSSLROOTCERT',
    meaning: 'sslrootcert, when DATABASE_URL has none: PEM file of authorities, or system',
    byDefault: 'those that Node knows',
    read: text,
  }),
  pgSslCert: setting({
    name: 'PGSSLCERT',
    meaning: 'sslcert, when DATABASE_URL has none: PEM file of the client certificate',
    byDefault: 'none',
    read: text,
  }),
  pgSslKey: setting({
    name: 'PGSSLKEY',
    meaning: 'sslkey, when DATABASE_URL has none: PEM file of the key of PGSSLCERT',
    byDefault: 'none',
    read: text,
  }),
  pgTargetSessionAttrs: setting({
    name: 'PGTARGETSESSIONATTRS',
    meaning:
      'target_session_attrs, when DATABASE_URL has none: read-write, primary or any (docs/high-availability.md)',
    byDefault: 'read-write for several servers, any for one',
    read: oneOf(SESSION_ATTRIBUTES, null),
  }),
  pgConnectTimeout: setting({
    name: 'PGCONNECT_TIMEOUT',
    meaning: 'connect_timeout, when DATABASE_URL has none: seconds that a connection may take',
    byDefault: '5',
    read: wholeOrNull(1, 9999),
  }),
  databasePool: setting({
    name: 'DATABASE_POOL',
    meaning: 'most connections to the database for writes; those for reads are counted apart',
    byDefault: String(LIMITS.writeConnections.value),
    read: whole(2, 1000, LIMITS.writeConnections.value),
  }),
  databaseReadPool: setting({
    name: 'DATABASE_READ_POOL',
    meaning: 'most connections to the database for reads, beside DATABASE_POOL',
    byDefault: String(LIMITS.readConnections.value),
    read: whole(1, 1_000_000, LIMITS.readConnections.value),
  }),
  migrations: setting({
    name: 'MIGRATIONS',
    meaning:
      'apply: the gateway brings the schema up to date when it starts; wait: it changes nothing and waits until the flag --migrate has done it',
    byDefault: 'apply',
    read: oneOf(['apply', 'wait'] as const, 'apply'),
  }),
  kafkaBrokers: setting({
    name: 'KAFKA_BROKERS',
    meaning: 'host:port of brokers, separated by commas',
    byDefault: 'a broker in this process',
    read: brokers,
  }),
  kafkaGroupId: setting({
    name: 'KAFKA_GROUP_ID',
    meaning:
      'consumer group of all gateways that share one database; gateways of another database need another one',
    byDefault: 'backstep',
    read: form(isName, NAME, 'backstep'),
  }),
  kafkaClientId: setting({
    name: 'KAFKA_CLIENT_ID',
    meaning: 'client id of this process at the brokers',
    byDefault: 'backstep',
    read: form(isName, NAME, 'backstep'),
  }),
  kafkaSsl: setting({
    name: 'KAFKA_SSL',
    meaning:
      'on: connect to the brokers by TLS and verify their certificates; unverified: by TLS without verification, with a warning at each start',
    byDefault: 'off',
    read: oneOf(['on', 'off', 'unverified'] as const, 'off'),
  }),
  kafkaSslCaFile: setting({
    name: 'KAFKA_SSL_CA_FILE',
    meaning: 'PEM file of the authorities that issue the certificates of the brokers',
    byDefault: 'those that Node knows',
    read: text,
  }),
  kafkaSslCertFile: setting({
    name: 'KAFKA_SSL_CERT_FILE',
    meaning: 'PEM file of the client certificate (mTLS); read again when it changes',
    byDefault: 'none',
    read: text,
  }),
  kafkaSslKeyFile: setting({
    name: 'KAFKA_SSL_KEY_FILE',
    meaning: 'PEM file of the key of KAFKA_SSL_CERT_FILE, without a passphrase',
    byDefault: 'none',
    read: text,
  }),
  kafkaSaslMechanism: setting({
    name: 'KAFKA_SASL_MECHANISM',
    meaning: 'plain, scram-sha-256, scram-sha-512 or oauthbearer',
    byDefault: 'none',
    read: oneOf(['plain', 'scram-sha-256', 'scram-sha-512', 'oauthbearer'] as const, null),
  }),
  kafkaSaslUsername: setting({
    name: 'KAFKA_SASL_USERNAME',
    meaning: 'user for SASL',
    byDefault: 'none',
    read: text,
    secret: true,
  }),
  kafkaSaslPassword: setting({
    name: 'KAFKA_SASL_PASSWORD',
    meaning: 'password for SASL',
    byDefault: 'none',
    read: text,
    secret: true,
  }),
  kafkaOauthTokenCommand: setting({
    name: 'KAFKA_OAUTH_TOKEN_COMMAND',
    meaning: 'program and arguments that print a token for oauthbearer, within 10 s',
    byDefault: 'none',
    read: text,
  }),
  kafkaOauthTokenUrl: setting({
    name: 'KAFKA_OAUTH_TOKEN_URL',
    meaning: 'token endpoint of an identity provider, for oauthbearer by client credentials',
    byDefault: 'none',
    read: webAddress,
  }),
  kafkaOauthClientId: setting({
    name: 'KAFKA_OAUTH_CLIENT_ID',
    meaning: 'client at KAFKA_OAUTH_TOKEN_URL',
    byDefault: 'none',
    read: text,
  }),
  kafkaOauthClientSecret: setting({
    name: 'KAFKA_OAUTH_CLIENT_SECRET',
    meaning: 'secret of KAFKA_OAUTH_CLIENT_ID',
    byDefault: 'none',
    read: text,
    secret: true,
  }),
  kafkaOauthScope: setting({
    name: 'KAFKA_OAUTH_SCOPE',
    meaning: 'scopes to request at KAFKA_OAUTH_TOKEN_URL, separated by spaces',
    byDefault: 'none',
    read: text,
  }),
  kafkaOauthCaFile: setting({
    name: 'KAFKA_OAUTH_CA_FILE',
    meaning: 'PEM file of the authorities that issue the certificate of KAFKA_OAUTH_TOKEN_URL',
    byDefault: 'those that Node knows',
    read: text,
  }),
  topicPartitions: setting({
    name: 'TOPIC_PARTITIONS',
    meaning: 'partitions of the topics that the gateway creates',
    byDefault: '4',
    read: whole(1, 10_000, 4),
  }),
  topicReplication: setting({
    name: 'TOPIC_REPLICATION',
    meaning: 'replicas of the topics that the gateway creates; -1 takes the default of the cluster',
    byDefault: '-1',
    read: replicas,
  }),
  compression: setting({
    name: 'COMPRESSION',
    meaning:
      'compression of the Kafka records that the gateway sends: none, gzip, snappy, lz4 or zstd; any of them is read',
    byDefault: 'none',
    read: oneOf(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const, 'none'),
  }),
  commandTypeId: setting({
    name: 'COMMAND_TYPE_ID',
    meaning: 'Java class name sent as __TypeId__ with commands, for Spring JsonDeserializer',
    byDefault: 'not sent',
    read: form(isClass, 'the name of a Java class, like com.example.ExecutionMessage', null),
  }),
} as const;
