/**
 * What is sent about a record that cannot be used: its copy for the dead-letter topic, and the
 * notice of a refused start.
 */
import type {
  PoisonCause,
  RawRecord,
  RecordPosition,
  RefusedStart,
} from '../engine/ports/deliveries.js';
import type { OutboxRow } from '../engine/ports/storage.js';
import { wrongHeaders } from './starts.js';
import { TOPICS } from './topics.js';

/** The bytes of the record, with the cause and the position in record headers. */
export function quarantineCopy(
  cause: PoisonCause,
  { key, value }: RawRecord,
  { topic, partition, offset }: RecordPosition,
): OutboxRow {
  return {
    topic: TOPICS.deadLetters,
    key,
    value,
    headers: {
      'cause-code': cause.code,
      'cause-message': cause.message,
      'original-topic': topic,
      'original-partition': String(partition),
      'original-offset': String(offset),
    },
    flowId: `!${topic}/${partition}`,
    number: Number(offset),
    attemptId: null,
  };
}

/**
 * The notice of a refused start, on the topic where its initiator waits for the end of the flow
 * (rules.md#refused-starts).
 */
export function refusedStart(
  cause: PoisonCause,
  refused: RefusedStart,
  { topic, partition, offset }: RecordPosition,
): OutboxRow {
  const { flowId, orchestrationName } = refused;
  // Headers that are refused on a start (too large, or not storable) are not sent back either.
  const own = wrongHeaders(refused.headers) === null ? refused.headers : {};
  const payload = {
    flowId,
    orchestrationName,
    status: 'REFUSED',
    code: cause.code,
    output: null,
    failureReason: cause.message,
  };
  return {
    topic: TOPICS.ends,
    key: flowId,
    value: JSON.stringify({ headers: { ...own, flowId, orchestrationName }, payload }),
    headers: flowId === null ? {} : { flowId },
    flowId: `!refused/${topic}/${partition}`,
    number: Number(offset),
    attemptId: null,
  };
}
