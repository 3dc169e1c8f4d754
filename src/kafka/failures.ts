/** What the client's errors mean, wherever it has put the protocol's name of them. */

/** The protocol's name; null = not Kafka's own answer: the brokers are away, slow, or the client has lost itself. */
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

/** A sentence for a log or a health check. When no broker is left the client fails on its own empty answers, with messages that explain nothing. */
export function messageOf(error: unknown): string {
  if (error instanceof TypeError) return 'no broker answers';
  return error instanceof Error ? error.message : String(error);
}

/** Sends and questions the cluster will refuse however often they are repeated. */
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

/** The topic is not there, or nobody leads it yet. */
export function isUnknownTopic(code: string | null): boolean {
  return code === 'UNKNOWN_TOPIC_OR_PARTITION';
}

/** It was not answered in time. */
export class TimedOut extends Error {}

/** Rejects after this time; what was waited for goes on, and what it throws later is nobody's. */
export function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new TimedOut(`${what}: no answer within ${ms / 1000} s`)),
    ms,
  );
  work.catch(() => undefined);
  return Promise.race([work, promise]).finally(() => clearTimeout(timer));
}
