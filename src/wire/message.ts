/** The form of what we send: an outbox row, and the body of its record. */
import type { OutgoingMessage } from '../engine/ports/storage.js';
import { jsonTextOf } from '../json/order.js';
import type { Flow, Payload } from '../saga/flow.js';
import { isStartPayload } from '../saga/start-payload.js';

export interface WireOptions {
  /** Java class name for Spring's JsonDeserializer (`__TypeId__`); null = none is sent. */
  readonly commandTypeId: string | null;
  /** CloudEvents source, for example `/backstep`. */
  readonly source: string;
  /** Largest record, bytes; absent = any. The end of a flow that is larger goes without its output. */
  readonly mostBytes?: number | undefined;
}

/** A message up to where its payload begins. What follows is the payload and a bracket (engine/ports/message-value.ts). */
function messageBefore(headers: object): string {
  return `{"headers":${jsonTextOf(headers)},"payload":`;
}

/** The payload is JSON text already: it is put in as it is. */
export function message(headers: object, payload: Payload): string {
  return `${messageBefore(headers)}${payload ?? 'null'}}`;
}

/** The same, with a large payload that the flow was started with by reference. */
export function messageOf(
  flow: Flow,
  headers: object,
  payload: Payload,
): Pick<OutgoingMessage, 'value' | 'startPayload'> {
  return payload !== null && isStartPayload(flow, payload)
    ? { value: messageBefore(headers), startPayload: payload }
    : { value: message(headers, payload) };
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
