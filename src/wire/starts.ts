/** Reads a start from a topic (docs/protocol.md, "The message"). */
import type { PoisonCause, RefusedStart } from '../engine/ports/deliveries.js';
import type { Problem } from '../engine/ports/registrations.js';
import { LIMITS } from '../limits/limits.js';
import type { StartRequest } from '../saga/input.js';
import {
  type Body,
  isFlowId,
  isPoison,
  poison,
  readBody,
  textHeaders,
  textOf,
  type WireRecord,
} from './body.js';
import { unstorable, unstorableString, utf8Length } from './json.js';

export type ReadStart =
  | { readonly start: StartRequest; readonly poison: null }
  | { readonly start: null; readonly poison: PoisonCause };

/**
 * Headers of the protocol: they never count as the initiator's own, so they are not passed on to
 * commands.
 */
export const PROTOCOL_HEADERS: ReadonlySet<string> = new Set([
  'flowId',
  'stepName',
  'action',
  'orchestrationName',
  'seq',
  'eventType',
  'status',
  'attempt',
  'attemptId',
  'idempotencyKey',
  'round',
  'deadline',
  'timestamp',
  'errorMessage',
  'errorCode',
  'retryable',
  'progress',
  '__TypeId__',
]);

export function readStart(record: WireRecord, payloadLimit: number): ReadStart {
  const body = readBody(record);
  if (isPoison(body)) return { start: null, poison: refused(body, textHeaders(record.headers)) };
  const headers = body.allHeaders;
  const bad = (code: string, message: string): ReadStart => ({
    start: null,
    poison: refused(poison(code, message), headers),
  });
  const name = nameOf(body);
  if (name === null)
    return bad(
      'ORCHESTRATION_NAME_MISSING',
      'headers.orchestrationName is missing; expected the name of the orchestration to start',
    );
  const key = textOf(body.header('idempotencyKey'));
  if (key === undefined || (key !== null && (key.length > 200 || unstorableString(key) !== null)))
    return bad(
      'IDEMPOTENCY_KEY_INVALID',
      'headers.idempotencyKey is not text of at most 200 characters',
    );
  const wrong = wrongPayload(body.payload, payloadLimit) ?? wrongHeaders(headers);
  if (wrong !== null) return bad(wrong.code, wrong.message);
  const start: StartRequest = {
    orchestrationName: name,
    flowId: flowIdOf(body),
    payload: body.payload,
    headers: ownHeaders(headers),
    initiator: textOf(body.header('initiator')) ?? textOf(body.header('serviceName')) ?? null,
    idempotencyKey: key === '' ? null : key,
  };
  return { start, poison: null };
}

function nameOf(body: Body): string | null {
  const name = textOf(body.header('orchestrationName')) ?? textOf(body.header('orchName'));
  return name || null;
}

function flowIdOf(body: Body): string | null {
  const flowId = textOf(body.header('flowId'));
  return typeof flowId === 'string' && isFlowId(flowId) ? flowId : null;
}

/**
 * The cause for a refused start. Without flowId: it is no reply, and belongs on no timeline,
 * whatever flowId it names.
 */
function refused(why: PoisonCause, headers: Readonly<Record<string, unknown>>): PoisonCause {
  const id = textOf(headers.flowId);
  const name = textOf(headers.orchestrationName) ?? textOf(headers.orchName);
  const refusedStart: RefusedStart = {
    flowId: typeof id === 'string' && isFlowId(id) ? id : null,
    orchestrationName: name ?? null,
    headers: ownHeaders(headers),
  };
  return { ...why, flowId: null, stepName: null, refusedStart };
}

/** What is wrong with a part of a message. */
export type Wrong = Pick<Problem, 'code' | 'message'>;

/** Most bytes in UTF-8 of one UTF-16 code unit. */
const MOST_UTF8 = 3;

/** Why the payload of a start, a reply or `execute` is refused, or null. */
export function wrongPayload(payload: string | null, limit: number): Wrong | null {
  if (payload === null) return null;
  const broken = unstorable(payload);
  if (broken !== null) return { code: 'PAYLOAD_UNSTORABLE', message: `payload ${broken}` };
  if (payload.length * MOST_UTF8 <= limit) return null;
  const bytes = utf8Length(payload);
  return bytes <= limit
    ? null
    : {
        code: 'PAYLOAD_TOO_LARGE',
        message: `payload has ${bytes} bytes, at most ${limit} are allowed`,
      };
}

const HEADERS_LIMIT = LIMITS.headersBytes.value;

/** Why the initiator's headers are refused, or null: they travel on every command. */
export function wrongHeaders(headers: Readonly<Record<string, unknown>>): Wrong | null {
  const text = JSON.stringify(headers);
  const broken = unstorable(text);
  if (broken !== null) return { code: 'HEADERS_UNSTORABLE', message: `headers ${broken}` };
  if (utf8Length(text) <= HEADERS_LIMIT) return null;
  return {
    code: 'HEADERS_TOO_LARGE',
    message: `headers have more than ${HEADERS_LIMIT} bytes; they travel on every command`,
  };
}

/** The headers that are passed on to commands: all but those of the protocol. */
export function ownHeaders(
  headers: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const entries = Object.entries(headers).filter(
    ([name, value]) => !PROTOCOL_HEADERS.has(name) && name !== '__proto__' && value !== null,
  );
  return Object.fromEntries(entries);
}
