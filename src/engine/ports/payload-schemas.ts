/** Checks payloads against the payloadSchemas of documents. */
import type { Payload } from '../../saga/flow.js';

export interface SchemaMismatch {
  /** Of the field, for example `payload.items[0].sku`. */
  readonly path: string;
  /** The path and what is wrong; no values of the payload. */
  readonly message: string;
}

export interface PayloadSchemas {
  /** Null: it fits, or there is no schema. A payload that is absent is checked as null. */
  mismatch(schema: unknown, payload: Payload): SchemaMismatch | null;
}
