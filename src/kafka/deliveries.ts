/** A record as the client hands it out, as the delivery the engine takes; one that cannot be read is one, too: it goes to quarantine. */
import type { KafkaMessage } from 'kafkajs';
import type { Delivery } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { messageHeaders } from '../observability/message-headers.js';
import type { Decode } from './connection.js';
import { unreadableReason } from './record-batch.js';
import { headersOf } from './records.js';

interface Options {
  readonly decode: Decode;
  readonly log: Log;
}

/** Of a batch that cannot be opened there is one, at its last offset: who admits it has passed the whole range. */
export function deliveriesOf(
  topic: string,
  partition: number,
  messages: readonly KafkaMessage[],
  options: Options,
): Delivery[] {
  return messages.flatMap((message) => {
    const raw = { key: message.key, value: message.value, headers: headersOf(message.headers) };
    const reason = unreadableReason(raw.headers);
    if (reason === '') return [];
    const position = {
      topic,
      partition,
      offset: BigInt(message.offset),
      timestamp: Number(message.timestamp),
    };
    if (reason !== null) return [unreadable(reason, raw.value, position, options.log)];
    const decoded = options.decode(topic, raw);
    if (options.log.debugs) logReceived(decoded, message, position, options.log);
    return [{ ...decoded, raw, position }];
  });
}

function unreadable(
  reason: string,
  value: Uint8Array | null,
  position: NonNullable<Delivery['position']>,
  log: Log,
): Delivery {
  const { topic, partition, offset } = position;
  log.error({ topic, partition, offset: String(offset) }, `quarantined: ${reason}`);
  const poison = { code: 'BATCH_UNREADABLE', message: reason, flowId: null, stepName: null };
  const raw = { key: null, value, headers: {} };
  return { input: null, start: null, registration: null, poison, raw, position };
}

function logReceived(
  { input, start, poison }: ReturnType<Decode>,
  { value }: KafkaMessage,
  { topic, partition, offset }: NonNullable<Delivery['position']>,
  log: Log,
): void {
  const flowId = input?.flowId ?? start?.flowId ?? poison?.flowId ?? null;
  const headers = messageHeaders(value);
  log.debug({ flowId, topic, partition, offset: String(offset), headers }, 'received');
}
