/** The form of what we send: an outbox row, and the body of its record. */
import { jsonTextOf } from '../json/order.js';
import type { Payload } from '../saga/flow.js';

export interface WireOptions {
  /** Java class name for Spring's JsonDeserializer (`__TypeId__`); null = none is sent. */
  readonly commandTypeId: string | null;
  /** CloudEvents source, for example `/backstep`. */
  readonly source: string;
  /** Largest record, bytes; absent = any. The end of a flow that is larger goes without its output. */
  readonly mostBytes?: number | undefined;
}

/** The payload is JSON text already: it is put in as it is. */
export function message(headers: object, payload: Payload): string {
  return `{"headers":${jsonTextOf(headers)},"payload":${payload ?? 'null'}}`;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
