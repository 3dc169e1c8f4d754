/** Settings that are valid alone but not in combination. */
import { isLoopback } from '../names/loopback.js';
import type { Read } from './settings.js';

/** A setting that is invalid by itself is null here: it is reported already. */
export function crossCheckProblems(read: Partial<Read>): string[] {
  return [...authenticationProblems(read), ...saslProblems(read)];
}

function authenticationProblems({ host, auth }: Partial<Read>): string[] {
  if (!host || isLoopback(host) || auth !== null) return [];
  return [
    `HOST is ${host}, which others can reach, and there is no authentication yet: set AUTH=none if that is what you want`,
  ];
}

function saslProblems(read: Partial<Read>): string[] {
  const {
    kafkaSaslMechanism: mechanism,
    kafkaSaslUsername: username,
    kafkaSaslPassword: password,
  } = read;
  if (mechanism !== null && (username === null || password === null))
    return [
      'KAFKA_SASL_MECHANISM is set: KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD must be, too',
    ];
  if (mechanism === null && username !== null)
    return ['KAFKA_SASL_USERNAME is set: KAFKA_SASL_MECHANISM must be, too'];
  return [];
}
