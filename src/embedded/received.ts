/** A debug line for each record that comes in. */
import type { Decoded, RecordDelivery } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { messageHeaders } from '../observability/message-headers.js';
import { flowOfRecord } from '../wire/flow-of-record.js';

export function logReceived(
  decoded: Decoded,
  raw: RecordDelivery['raw'],
  { topic, offset }: RecordDelivery['position'],
  log: Log,
): void {
  const headers = messageHeaders(raw.value);
  log
    .about(flowOfRecord(decoded, raw))
    .debug({ topic, offset: String(offset), headers }, 'received');
}
