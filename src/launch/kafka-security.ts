/** TLS and SASL of the connections to Kafka, as the settings have them. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { Config } from '../config/config.js';
import { stampOf } from '../files/stamp.js';
import type { KafkaSecurity, Sasl } from '../kafka/security.js';
import type { Log } from '../observability/log.js';
import { commandToken, endpointToken, keptToken } from './token-source.js';

type Tls = NonNullable<KafkaSecurity['tls']>;
type Options = ReturnType<Tls>;

/** Throws when a file cannot be used. */
export function kafkaSecurity(config: Config, log: Log): KafkaSecurity {
  const tls = config.kafkaSsl === 'off' ? undefined : tlsOf(config, log);
  if (config.kafkaSsl === 'unverified')
    log.warn(
      {},
      'KAFKA_SSL=unverified: another server in place of the brokers could read and change messages; set KAFKA_SSL=on with KAFKA_SSL_CA_FILE',
    );
  return { tls, sasl: saslOf(config) };
}

/** Read again when a file changes; while the new content cannot be used, the last good one is. */
function tlsOf(config: Config, log: Log): Tls {
  const files = {
    ca: config.kafkaSslCaFile,
    cert: config.kafkaSslCertFile,
    key: config.kafkaSslKeyFile,
  };
  const rejectUnauthorized = config.kafkaSsl !== 'unverified';
  let seen = stampOf(...Object.values(files));
  let options: Options = { ...contentOf(files), rejectUnauthorized };
  return () => {
    const stamps = stampOf(...Object.values(files));
    if (stamps === seen) return options;
    seen = stamps;
    try {
      options = { ...contentOf(files), rejectUnauthorized };
    } catch (error) {
      log.error(
        { err: error },
        'the changed TLS files for Kafka cannot be used; the last ones stay',
      );
    }
    return options;
  };
}

type Files = Readonly<Record<'ca' | 'cert' | 'key', string | null>>;
const NAMES = {
  ca: 'KAFKA_SSL_CA_FILE',
  cert: 'KAFKA_SSL_CERT_FILE',
  key: 'KAFKA_SSL_KEY_FILE',
} as const;

function contentOf(files: Files): Options {
  const read = (which: keyof typeof NAMES): Options => {
    const path = files[which];
    return path === null ? {} : { [which]: fileText(NAMES[which], path) };
  };
  const found = { ...read('ca'), ...read('cert'), ...read('key'), minVersion: 'TLSv1.2' as const };
  try {
    createSecureContext(found);
    return found;
  } catch (error) {
    const named = Object.entries(files).flatMap(([which, path]) =>
      path === null ? [] : [`${NAMES[which as keyof typeof NAMES]} ${path}`],
    );
    throw new Error(
      `${named.join(', ')} cannot be used: ${reasonOf(error)}; they must be PEM text, the key without a passphrase and of this certificate`,
    );
  }
}

/** Also used for the authority of the token endpoint. */
export function fileText(name: string, path: string): string {
  const text = textOf(name, path);
  if (text.includes('-----BEGIN ')) return text;
  throw new Error(`${name} ${path} cannot be used: it is no PEM text (-----BEGIN …-----)`);
}

function textOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`${name} ${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

function saslOf(config: Config): Sasl | undefined {
  const { kafkaSaslMechanism: mechanism } = config;
  if (mechanism === null) return undefined;
  if (mechanism === 'oauthbearer') return { mechanism, token: tokenOf(config) };
  const { kafkaSaslUsername: username, kafkaSaslPassword: password } = config;
  return { mechanism, username: username ?? '', password: password ?? '' };
}

function tokenOf(config: Config): () => Promise<string> {
  const { kafkaOauthTokenCommand: command, kafkaOauthTokenUrl: url } = config;
  if (command !== null) return keptToken(() => commandToken(command));
  const ca = config.kafkaOauthCaFile;
  const endpoint = {
    url: url ?? '',
    clientId: config.kafkaOauthClientId ?? '',
    clientSecret: config.kafkaOauthClientSecret ?? '',
    scope: config.kafkaOauthScope,
    ca: ca === null ? undefined : fileText('KAFKA_OAUTH_CA_FILE', ca),
  };
  return keptToken(() => endpointToken(endpoint));
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
