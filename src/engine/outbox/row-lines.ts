/** What log lines show of messages that are sent. */
import type { Log } from '../../observability/log.js';
import { messageHeaders } from '../../observability/message-headers.js';
import { type OutboxRow, type PublishResult, type Wire, wholeValue } from '../ports.js';

type Traced = Pick<Wire, 'flowTrace'>;

export function logPublishing(log: Log, row: OutboxRow, wire: Traced): void {
  const { topic, attemptId } = row;
  const headers = headersOf(row);
  aboutFlowOf(row, headers, log, wire).debug({ topic, attemptId, headers }, 'publishing');
}

export function logUnpublishable(log: Log, result: PublishResult, wire: Traced): void {
  const { row, errorCode, errorMessage } = result;
  const { topic, attemptId } = row;
  aboutFlowOf(row, headersOf(row), log, wire).error(
    { topic, attemptId, errorCode, errorMessage },
    'a message can never be published',
  );
}

type Headers = Readonly<Record<string, unknown>> | null;

function headersOf(row: OutboxRow): Headers {
  return messageHeaders(wholeValue(row));
}

/** The copy of a quarantined record is about no flow: its row has the place of the record. */
function aboutFlowOf(row: OutboxRow, headers: Headers, log: Log, { flowTrace }: Traced): Log {
  const { flowId } = row;
  if (flowId.startsWith('!')) return log;
  return log.about({ flowId, traceId: flowTrace(flowId, headers ?? {}).traceId });
}
