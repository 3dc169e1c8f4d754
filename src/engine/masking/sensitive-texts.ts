/**
 * What is written in free text: an error message of a worker may repeat the card number it did not
 * like, and then it is in the timeline, the log, the search and the end message. Sensitive values
 * of the flow are taken out before the text is recorded, for everybody.
 */
import { addSecrets, maskFields, maskText, withoutSecrets } from '../../json/mask.js';
import { jsonText, jsonTextOf } from '../../json/order.js';
import { readJson, readPrinted } from '../../json/read.js';
import type { Flow, Payload } from '../../saga/flow.js';
import type { Orchestration } from '../../saga/orchestration.js';
import type { FlowInput, PoisonCause, RawRecord } from '../ports.js';
import { hasSensitive, sensitiveIn } from './masked.js';

/** The input with its texts free of them; the payload stays as it is. */
export function withoutSensitiveTexts<I extends FlowInput>(flow: Flow, input: I): I {
  if (!hasSensitive(flow.orchestration)) return input;
  const known = flow.orchestration.steps.flatMap(({ nonRetryableErrors }) => nonRetryableErrors);
  const texts = TEXTS.filter((name) => {
    const text = textIn(input, name);
    // A code that decides something keeps its meaning.
    return typeof text === 'string' && !(name === 'errorCode' && known.includes(text));
  });
  if (texts.length === 0) return input;
  const payload = 'payload' in input ? input.payload : null;
  const secrets = secretsOf(flow, payload);
  const masked = texts.map((name) => [name, withoutSecrets(String(textIn(input, name)), secrets)]);
  return { ...input, ...Object.fromEntries(masked) };
}

const TEXTS = ['errorMessage', 'errorCode', 'message'] as const;

function textIn(input: FlowInput, name: (typeof TEXTS)[number]): unknown {
  return name in input ? (input as unknown as Record<string, unknown>)[name] : null;
}

/** Why a record is refused, without them. */
export function causeWithoutSensitive(flow: Flow, cause: PoisonCause): PoisonCause {
  if (!hasSensitive(flow.orchestration)) return cause;
  return { ...cause, message: withoutSecrets(cause.message, secretsOf(flow, null)) };
}

function secretsOf(flow: Flow, payload: Payload): ReadonlySet<string> {
  const { payload: paths, headers } = sensitiveIn(flow.orchestration);
  const secrets = new Set<string>();
  const texts = new Set([flow.input, payload]);
  for (const { input, output, addedHeaders } of flow.steps) {
    texts.add(input);
    texts.add(output);
    if (addedHeaders !== null) addSecrets(addedHeaders, headers, secrets);
  }
  if (paths.length > 0)
    for (const text of texts) if (text !== null) addSecrets(readPrinted(text), paths, secrets);
  addSecrets(flow.headers, headers, secrets);
  return secrets;
}

const UNREADABLE = Buffer.from('{"payload":"***","headers":{}}');

/** What a record is about, as far as that is known. */
export type About = Flow | Orchestration | null;

/**
 * The bytes of a record for the dead-letter topic, which everybody may read who may read topics.
 */
export function maskedCopy(
  { key, value }: RawRecord,
  about: About,
): Pick<RawRecord, 'key' | 'value'> {
  if (value === null || about === null) return { key, value };
  const orchestration = 'flowId' in about ? about.orchestration : about;
  if (!hasSensitive(orchestration)) return { key, value };
  const read = readJson(Buffer.from(value).toString());
  if (!read.ok || !isFields(read.value)) return { key, value: UNREADABLE };
  const { payload, headers } = read.value;
  const secrets = new Set<string>('flowId' in about ? secretsOf(about, null) : []);
  const paths = sensitiveIn(orchestration);
  addSecrets(payload, paths.payload, secrets);
  addSecrets(headers, paths.headers, secrets);
  const masked = {
    ...read.value,
    ...(payload !== undefined && {
      payload: readPrinted(maskText(jsonText(payload), paths.payload)),
    }),
    ...(isFields(headers) && {
      headers: withoutSecretTexts(maskFields(headers, paths.headers), secrets),
    }),
  };
  return { key, value: Buffer.from(jsonTextOf(masked)) };
}

/** An errorMessage is a header. */
function withoutSecretTexts(
  headers: Readonly<Record<string, unknown>>,
  secrets: ReadonlySet<string>,
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? withoutSecrets(value, secrets) : value,
    ]),
  );
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
