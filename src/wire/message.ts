/** The body of the messages that the gateway sends. */
import type { OutgoingMessage } from '../engine/ports/storage.js';
import { jsonTextOf } from '../json/order.js';
import type { Flow, Payload } from '../saga/flow.js';
import { isStartPayload } from '../saga/start-payload.js';

export interface WireOptions {
  /** Java class name for Spring's JsonDeserializer (`__TypeId__`); null = none is sent. */
  readonly commandTypeId: string | null;
  /** CloudEvents source, for example `/backstep`. */
  readonly source: string;
  /**
   * Largest record, bytes; absent = no limit. A larger message about the end of a flow is sent
   * without its output.
   */
  readonly mostBytes?: number | undefined;
  /**
   * The gateway exports spans: commands refer to them. Whether a trace that starts here is
   * exported.
   */
  readonly isSampled?: ((traceId: string) => boolean) | undefined;
}

/**
 * A message without its payload and its last bracket, which are appended when it is published
 * (engine/ports/message-value.ts).
 */
function messageBefore(headers: object): string {
  return `{"headers":${jsonTextOf(headers)},"payload":`;
}

/** `payload` is JSON text: it is inserted as it is. */
export function message(headers: object, payload: Payload): string {
  return `${messageBefore(headers)}${payload ?? 'null'}}`;
}

/** The same; a large payload that is the flow's start payload is only referred to. */
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
