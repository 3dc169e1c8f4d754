/**
 * Reads the outer form of every message: one UTF-8 JSON object `{payload, headers}`; a header the
 * body lacks is taken from the record headers.
 */

import type { PoisonCause } from '../engine/ports/deliveries.js';
import { numberText } from '../json/numbers.js';
import { jsonText } from '../json/order.js';
import { readJson } from '../json/read.js';
import type { Payload } from '../saga/flow.js';

/** A record as the brokers deliver it. */
export interface WireRecord {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: Readonly<Record<string, Uint8Array | string>>;
}

export interface Body {
  /** JSON text as printed, or null when absent. */
  readonly payload: Payload;
  readonly value: unknown;
  header(name: string): unknown;
  /** The headers of the body, without those of the record. */
  readonly headers: Readonly<Record<string, unknown>>;
  /** Those of the body, and of the record where the body has none. */
  readonly allHeaders: Readonly<Record<string, unknown>>;
}

interface Decoder {
  decode(bytes: Uint8Array): string;
}
declare const TextDecoder: new (label: string, options?: { readonly fatal: boolean }) => Decoder;
const strict = new TextDecoder('utf-8', { fatal: true });

/** A cause of quarantine has the flow and the step of the record headers, where these have them. */
export function readBody(record: WireRecord): Body | PoisonCause {
  const read = bodyIn(record);
  if (!isPoison(read)) return read;
  const outer = textHeaders(record.headers);
  const [flowId, stepName] = [outer.flowId, outer.stepName].map((id) =>
    id !== undefined && isFlowId(id) ? id : null,
  );
  return { ...read, flowId: flowId ?? null, stepName: stepName ?? null };
}

/** JSON never begins with this byte. */
const OF_A_REGISTRY =
  'the value begins with the byte 0, as serializers of a schema registry write it; send plain JSON: a JSON serializer without a registry';

function bodyIn(record: WireRecord): Body | PoisonCause {
  if (record.value === null || record.value.length === 0)
    return poison(
      'EMPTY_RECORD',
      'the record has no value; expected {"payload": …, "headers": {…}}',
    );
  if (record.value[0] === 0) return poison('NOT_JSON', OF_A_REGISTRY);
  let text: string;
  try {
    text = strict.decode(record.value);
  } catch {
    return poison('NOT_UTF8', 'the value is not UTF-8 text');
  }
  const read = readJson(text);
  if (!read.ok)
    return poison('NOT_JSON', `the value ${read.why}; expected {"payload": …, "headers": {…}}`);
  if (!isObject(read.value))
    return poison(
      'NOT_A_MESSAGE',
      'the value is not a JSON object; expected {"payload": …, "headers": {…}}',
    );
  const { payload, headers } = read.value;
  if (headers !== undefined && headers !== null && !isObject(headers))
    return poison('HEADERS_NOT_AN_OBJECT', 'headers is not an object');
  return bodyOf(payload ?? null, headers ?? {}, record.headers);
}

function bodyOf(
  value: unknown,
  headers: Record<string, unknown>,
  outer: WireRecord['headers'],
): Body {
  return {
    value,
    payload: value === null ? null : jsonText(value),
    headers,
    get allHeaders() {
      return { ...textHeaders(outer), ...withoutNulls(headers) };
    },
    header(name) {
      if (Object.hasOwn(headers, name) && headers[name] !== null) return headers[name];
      return Object.hasOwn(outer, name) ? textIn(outer[name]) : undefined;
    },
  };
}

function withoutNulls(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== null));
}

/** The record headers that are text. Monitoring agents add binary ones, which are left out. */
export function textHeaders(outer: WireRecord['headers']): Readonly<Record<string, string>> {
  const entries = Object.entries(outer).flatMap(([name, value]) => {
    const text = textIn(value);
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(entries);
}

function textIn(value: Uint8Array | string | undefined): string | undefined {
  if (!(value instanceof Uint8Array)) return value;
  try {
    const text = strict.decode(value);
    return text.includes('\u0000') ? undefined : text;
  } catch {
    return undefined;
  }
}

export function isPoison(read: Body | PoisonCause): read is PoisonCause {
  return 'code' in read;
}

export function poison(
  code: string,
  message: string,
  flowId: string | null = null,
  stepName: string | null = null,
): PoisonCause {
  return { code, message, flowId, stepName };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, number or boolean as text; null = absent; undefined = it is something else. */
export function textOf(value: unknown): string | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return numberText(value) ?? undefined;
}

const FLOW_ID = /^[A-Za-z0-9._-]{1,100}$/;

export function isFlowId(text: string): boolean {
  return FLOW_ID.test(text);
}
