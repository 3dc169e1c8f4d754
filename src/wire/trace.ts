/**
 * One trace per flow: the initiator's when it gives a valid `traceparent`, else one derived from
 * the flowId (the same on every gateway).
 */
import type { FlowTrace } from '../engine/ports/broker.js';

const VALID = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A UUID with version and variant: neither half can be all zero. */
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The headers that an initiator gave its flow. */
type Headers = Readonly<Record<string, unknown>>;

/**
 * Without spans of the gateway, workers continue the initiator's trace, or one that starts at this
 * flow.
 */
export function traceparentOf(flowId: string, headers: Headers): string {
  return givenIn(headers) ?? derivedFrom(flowId);
}

/**
 * The same trace, continued from the span of one command. `isSampled` decides about a trace that no
 * initiator has decided about.
 */
export function traceparentOfCommand(
  { flowId, headers }: { readonly flowId: string; readonly headers: Headers },
  attemptId: string,
  isSampled: (traceId: string) => boolean,
): string {
  const { traceId, parent } = flowTrace(flowId, headers);
  const sampled = parent === null ? isSampled(traceId) : parent.sampled;
  return `00-${traceId}-${attemptSpanId(attemptId)}-${sampled ? '01' : '00'}`;
}

/**
 * W3C Trace Context: 32 and 16 lower-case hexadecimal digits. Every gateway computes the same, so
 * none of it is stored.
 */
export function flowTrace(flowId: string, headers: Headers): FlowTrace {
  const given = givenIn(headers);
  const text = given ?? derivedFrom(flowId);
  const [traceId, spanId, flags] = [text.slice(3, 35), text.slice(36, 52), text.slice(53)];
  if (given === null) return { traceId, spanId, parent: null };
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId: hashes(`flow:${flowId}`), parent: { spanId, sampled } };
}

/** Of a command: of all its copies. */
export function attemptSpanId(attemptId: string): string {
  return hashes(`attempt:${attemptId}`);
}

const hashes = (text: string): string => hash(`1:${text}`) + hash(`2:${text}`);

function givenIn({ traceparent }: Headers): string | null {
  return typeof traceparent === 'string' && isTraceparent(traceparent) ? traceparent : null;
}

export function isTraceparent(text: string): boolean {
  return VALID.test(text);
}

function derivedFrom(flowId: string): string {
  // The digits of a UUID are the trace id, their second half, which is random, the span id.
  if (UUID.test(flowId)) {
    const digits = flowId.replaceAll('-', '');
    return `00-${digits}-${digits.slice(16)}-01`;
  }
  const parts = [1, 2, 3, 4, 5, 6].map((salt) => hash(`${salt}:${flowId}`));
  return `00-${parts.slice(0, 4).join('')}-${parts.slice(4).join('')}-01`;
}

/** FNV-1a with a final mix, as eight hexadecimal digits. Never all zero: the last bit is set. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (((value ^ (value >>> 12)) | 1) >>> 0).toString(16).padStart(8, '0');
}
