/**
 * The headers inside a message, for a debug line; null when the message cannot be read. Values only
 * of those by which a message is followed: the initiator's own, and what a worker writes in free
 * text, may be anybody's secret. Only called when debug lines are logged.
 */
const FOLLOWED: ReadonlySet<string> = new Set(
  'flowId stepName action orchestrationName seq eventType status attempt attemptId idempotencyKey round deadline timestamp retryable errorCode progress correlationId traceparent eventNumber'.split(
    ' ',
  ),
);

export function messageHeaders(
  value: string | Uint8Array | null,
): Readonly<Record<string, unknown>> | null {
  try {
    const text =
      typeof value === 'string' ? value : Buffer.from(value ?? new Uint8Array()).toString();
    const { headers } = JSON.parse(text) as { readonly headers?: object | null };
    return headers === undefined || headers === null ? null : shown(headers);
  } catch {
    return null;
  }
}

function shown(headers: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, FOLLOWED.has(name) ? value : '***']),
  );
}
