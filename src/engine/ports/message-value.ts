/**
 * The value of a message that refers to its flow's start payload: assembled when it is sent, so
 * that many messages share one copy.
 */
import type { OutgoingMessage } from './storage.js';

const END = '}';

type Value = Pick<OutgoingMessage, 'value' | 'startPayload'>;

export function wholeValue({ value, startPayload }: Value): string | Uint8Array | null {
  return startPayload === undefined ? value : `${value}${startPayload}${END}`;
}

/** Characters of a text, bytes of anything else. */
export function lengthOf({ value, startPayload }: Value): number {
  const own = value?.length ?? 0;
  return startPayload === undefined ? own : own + startPayload.length + END.length;
}
