/** Settings of the connection to Kafka that need each other. */
import type { Read } from './settings.js';

export function kafkaProblems(read: Partial<Read>): string[] {
  return [...sslProblems(read), ...saslProblems(read), ...oauthProblems(read)];
}

function sslProblems(read: Partial<Read>): string[] {
  const { kafkaSsl, kafkaSslCaFile: ca, kafkaSslCertFile: cert, kafkaSslKeyFile: key } = read;
  if (kafkaSsl === 'off' && [ca, cert, key].some((one) => typeof one === 'string'))
    return ['KAFKA_SSL_…_FILE is set: KAFKA_SSL must be on, too'];
  if (kafkaSsl === 'unverified' && typeof ca === 'string')
    return ['KAFKA_SSL is unverified: KAFKA_SSL_CA_FILE would not be used; set KAFKA_SSL=on'];
  return (cert === null) === (key === null)
    ? []
    : ['KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE must be set together'];
}

function saslProblems(read: Partial<Read>): string[] {
  const {
    kafkaSaslMechanism: mechanism,
    kafkaSaslUsername: username,
    kafkaSaslPassword: password,
  } = read;
  if (mechanism === null)
    return username === null
      ? []
      : ['KAFKA_SASL_USERNAME is set: KAFKA_SASL_MECHANISM must be, too'];
  if (mechanism !== 'oauthbearer' && (username === null || password === null))
    return [
      'KAFKA_SASL_MECHANISM is set: KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be, too',
    ];
  return [];
}

function oauthProblems(read: Partial<Read>): string[] {
  const { kafkaOauthTokenCommand: command, kafkaOauthTokenUrl: url } = read;
  const { kafkaSaslMechanism: mechanism, kafkaOauthClientId: id } = read;
  if (mechanism !== 'oauthbearer')
    return [command, url].some((one) => typeof one === 'string')
      ? ['KAFKA_OAUTH_… is set: KAFKA_SASL_MECHANISM must be oauthbearer']
      : [];
  if ((command === null) === (url === null))
    return [
      'KAFKA_SASL_MECHANISM=oauthbearer needs KAFKA_OAUTH_TOKEN_COMMAND or KAFKA_OAUTH_TOKEN_URL, one of them',
    ];
  return url === null || (id !== null && read.kafkaOauthClientSecret !== null)
    ? []
    : ['KAFKA_OAUTH_TOKEN_URL needs KAFKA_OAUTH_CLIENT_ID and KAFKA_OAUTH_CLIENT_SECRET'];
}
