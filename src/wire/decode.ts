/** A record of one of the gateway's own topics, understood as far as it can be. Never throws. */
import type { PoisonCause } from '../engine/ports/deliveries.js';
import type { ProgressInput, ReplyInput, StartRequest } from '../saga/input.js';
import type { Defaults } from '../saga/orchestration.js';
import { isPoison, readBody, textOf, type WireRecord } from './body.js';
import { type ReadRegistration, readRegistrationValue } from './documents.js';
import { readReply } from './replies.js';
import { readStart } from './starts.js';
import { TOPICS } from './topics.js';

export interface DecoderOptions {
  /** Largest payload of a start or a reply, bytes of UTF-8 JSON. */
  readonly payloadLimit: number;
  /** For what a registration document leaves out; absent: those of docs/recipe.md. */
  readonly defaults?: Defaults | undefined;
}

/** Exactly one is set, or a poison alone; a poison beside an input: it counts and is copied to quarantine. */
export interface Decoded {
  readonly input: ReplyInput | ProgressInput | null;
  readonly start: StartRequest | null;
  readonly registration: ReadRegistration | null;
  readonly poison: PoisonCause | null;
}

export type Decode = (topic: string, record: WireRecord) => Decoded;

const nothing: Decoded = { input: null, start: null, registration: null, poison: null };

export function createDecoder({ payloadLimit, defaults }: DecoderOptions): Decode {
  return (topic, record) => {
    if (topic === TOPICS.starts) return { ...nothing, ...readStart(record, payloadLimit) };
    if (topic === TOPICS.registrations) return decodeRegistration(record, defaults);
    return { ...nothing, ...readReply(record, payloadLimit) };
  };
}

function decodeRegistration(record: WireRecord, defaults: Defaults | undefined): Decoded {
  const body = readBody(record);
  if (isPoison(body)) return { ...nothing, poison: body };
  // A document's numbers are computed with, not carried.
  const plain: unknown = body.payload === null ? null : JSON.parse(body.payload);
  const serviceName =
    textOf(body.header('serviceName')) ?? textOf(body.header('X-Service-Name')) ?? null;
  return { ...nothing, registration: readRegistrationValue(plain, { serviceName, defaults }) };
}
