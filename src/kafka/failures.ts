/** The meaning of the client's errors. It puts Kafka's error code into different properties. */
import { tlsProblem } from '../names/tls-problems.js';

/**
 * Kafka's error code; null = the error is not Kafka's answer: the brokers are away or slow, or the
 * client has failed.
 */
export function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('type' in error && typeof error.type === 'string') return error.type;
  if ('errors' in error && Array.isArray(error.errors)) {
    const [code] = error.errors.map(codeOf).filter((one) => one !== null);
    if (code !== undefined) return code;
  }
  const inner = 'originalError' in error ? error.originalError : undefined;
  return codeOf(inner) ?? codeOf(error.cause);
}

/**
 * A text for logs and health checks. When no broker answers, the client throws TypeErrors, whose
 * messages explain nothing.
 */
export function messageOf(error: unknown): string {
  if (error instanceof TypeError) return 'no broker answers';
  const message = error instanceof Error ? error.message : String(error);
  const advice = adviceOn(error);
  return advice === null ? message : `${message}: ${advice}`;
}

const TLS = {
  authority: 'KAFKA_SSL_CA_FILE',
  client: 'KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE',
  off: 'KAFKA_SSL=off',
};
const ACLS = 'docs/transport.md has the ACLs that it needs';
const ADVICE: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED: `the cluster does not allow this user to use the topic; ${ACLS}`,
  GROUP_AUTHORIZATION_FAILED: `the cluster does not allow this user to use the consumer group; ${ACLS}`,
  CLUSTER_AUTHORIZATION_FAILED: `the cluster does not allow this user to do this; ${ACLS}`,
  UNSUPPORTED_SASL_MECHANISM:
    'this port of the brokers does not accept this mechanism; enable it there, or change KAFKA_SASL_MECHANISM',
  SASL_AUTHENTICATION_FAILED:
    'the brokers refuse this identity; check user and password, or the token, of KAFKA_SASL_MECHANISM',
  // Also the answer to a token that is refused.
  ILLEGAL_SASL_STATE:
    'the brokers refuse this identity, or use no SASL on this port; check the token, user and password, or unset KAFKA_SASL_MECHANISM',
};

/** What is wrong and what to do, when the error has it somewhere. */
function adviceOn(error: unknown): string | null {
  const known = ADVICE[codeOf(error) ?? ''];
  if (known !== undefined) return known;
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; depth++) {
    const code = 'code' in cause ? String(cause.code) : '';
    const found = tlsProblem(code, cause.message, TLS);
    if (found !== null) return found;
    if (/SASL .*authentication failed/i.test(cause.message))
      return ADVICE.SASL_AUTHENTICATION_FAILED ?? null;
    cause = 'originalError' in cause ? (cause.originalError as unknown) : cause.cause;
  }
  return null;
}

/** Codes with which the cluster refuses a request, however often it is repeated. */
const REFUSALS: ReadonlySet<string> = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_PARTITIONS',
  'INVALID_REPLICATION_FACTOR',
  'INVALID_REPLICA_ASSIGNMENT',
  'INVALID_CONFIG',
  'POLICY_VIOLATION',
]);

export function isRefusal(code: string | null): code is string {
  return code !== null && REFUSALS.has(code);
}

/** The topic does not exist, or has no leader yet. */
export function isUnknownTopic(code: string | null): boolean {
  return code === 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** It was not answered in time. */
export class TimedOut extends Error {}

/** Rejects after `ms`. The work itself goes on, and a later error of it is ignored. */
export function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new TimedOut(`${what}: no answer within ${ms / 1000} s`)),
    ms,
  );
  work.catch(() => undefined);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
