/** A record as the client gives it, as ours. */
import type { IHeaders } from 'kafkajs';

/** Of a header that is there more than once the last one counts, as Kafka's own clients have it. */
export function headersOf(headers: IHeaders | undefined): Record<string, Uint8Array | string> {
  const flat: Record<string, Uint8Array | string> = {};
  for (const [name, held] of Object.entries(headers ?? {})) {
    const one = Array.isArray(held) ? held.at(-1) : held;
    if (one !== undefined) flat[name] = one;
  }
  return flat;
}
