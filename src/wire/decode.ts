/** Decodes a record of one of the gateway's own topics, as far as it can be read. Never throws. */
import type { Decode, Decoded } from '../engine/ports/deliveries.js';
import { LIMITS } from '../limits/limits.js';
import type { Defaults } from '../saga/orchestration.js';
import { isPoison, readBody, textOf, type WireRecord } from './body.js';
import { type RegistrationOptions, readRegistrationValue } from './documents.js';
import { readReply } from './replies.js';
import { readStart } from './starts.js';
import { TOPICS } from './topics.js';
import { isWide } from './wide-registration.js';

export interface DecoderOptions {
  /** Largest payload of a start or a reply, bytes of UTF-8 JSON. */
  readonly payloadLimit: number;
  /** Values of fields that a registration document leaves out; absent: those of docs/recipe.md. */
  readonly defaults?: Defaults | undefined;
  readonly checkSchema?: RegistrationOptions['checkSchema'];
}

export function createDecoder({ payloadLimit, ...reading }: DecoderOptions): Decode {
  return (topic, record) => {
    if (topic === TOPICS.starts) return decodeStart(record, payloadLimit);
    if (topic === TOPICS.registrations) return decodeRegistration(record, reading);
    return decodeReply(record, payloadLimit);
  };
}

function decodeReply(record: WireRecord, payloadLimit: number): Decoded {
  const read = readReply(record, payloadLimit);
  if (read.input === null) return { kind: 'poison', poison: read.poison };
  const { input, poison } = read;
  return poison === null ? { kind: 'input', input } : { kind: 'input', input, poison };
}

function decodeStart(record: WireRecord, payloadLimit: number): Decoded {
  const { start, poison } = readStart(record, payloadLimit);
  return start === null
    ? { kind: 'poison', poison, attempted: 'execute' }
    : { kind: 'start', start };
}

const TOO_WIDE: Decoded = {
  kind: 'registration',
  registration: {
    declarations: [],
    problems: [
      {
        code: 'DOCUMENT_TOO_COMPLEX',
        message: `an object or a list of the document has more than ${LIMITS.documentWidth.value} fields or entries; register its orchestrations in several documents`,
        path: null,
        line: null,
        suggestions: [],
      },
    ],
    serviceName: null,
    named: [],
  },
};

function decodeRegistration(
  record: WireRecord,
  reading: Omit<RegistrationOptions, 'serviceName'>,
): Decoded {
  if (record.value !== null && isWide(record.value, LIMITS.documentWidth.value)) return TOO_WIDE;
  const body = readBody(record);
  if (isPoison(body)) return { kind: 'poison', poison: body, attempted: 'registerOrchestration' };
  // The numbers of a document are used, not passed on as they were written: plain numbers will do.
  const plain: unknown = body.payload === null ? null : JSON.parse(body.payload);
  const serviceName =
    textOf(body.header('serviceName')) ?? textOf(body.header('X-Service-Name')) ?? null;
  const registration = readRegistrationValue(plain, { ...reading, serviceName });
  return { kind: 'registration', registration };
}
