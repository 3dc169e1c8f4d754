/**
 * Turns records of the client into deliveries for the engine; also records that cannot be read,
 * which go to quarantine.
 */
import type { KafkaMessage } from 'kafkajs';
import type { Decode, Decoded, RecordDelivery } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { messageHeaders } from '../observability/message-headers.js';
import { flowOfRecord } from '../wire/flow-of-record.js';
import { unreadableReason } from './record-batch.js';
import { headersOf } from './records.js';

interface Options {
  readonly decode: Decode;
  readonly log: Log;
}

/**
 * A batch that cannot be decompressed gives one delivery, at its last offset: admitting it moves
 * the inbox past the whole batch.
 */
export function deliveriesOf(
  topic: string,
  partition: number,
  messages: readonly KafkaMessage[],
  options: Options,
): RecordDelivery[] {
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
    if (options.log.debugs) logReceived(decoded, raw, position, options.log);
    return [{ ...decoded, from: 'record', raw, position }];
  });
}

function unreadable(
  reason: string,
  value: Uint8Array | null,
  position: RecordDelivery['position'],
  log: Log,
): RecordDelivery {
  const { topic, partition, offset } = position;
  log.error({ topic, partition, offset: String(offset) }, `quarantined: ${reason}`);
  const poison = { code: 'BATCH_UNREADABLE', message: reason, flowId: null, stepName: null };
  const raw = { key: null, value, headers: {} };
  return { from: 'record', kind: 'poison', poison, raw, position };
}

function logReceived(
  decoded: Decoded,
  raw: RecordDelivery['raw'],
  { topic, partition, offset }: RecordDelivery['position'],
  log: Log,
): void {
  const headers = messageHeaders(raw.value);
  log
    .about(flowOfRecord(decoded, raw))
    .debug({ topic, partition, offset: String(offset), headers }, 'received');
}
