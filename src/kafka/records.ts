/** Record headers of the client in the form of the ports. */
import type { IHeaders } from 'kafkajs';

/** Of a header that occurs several times the last one counts, as in Kafka's own clients. */
export function headersOf(headers: IHeaders | undefined): Record<string, Uint8Array | string> {
  const flat: Record<string, Uint8Array | string> = {};
  for (const [name, held] of Object.entries(headers ?? {})) {
    const one = Array.isArray(held) ? held.at(-1) : held;
    if (one !== undefined) flat[name] = one;
  }
  return flat;
}
