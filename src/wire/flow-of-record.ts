/** The flow that a record is about, and its trace as far as the record shows it: for log lines. */
import type { FlowOfRecord } from '../engine/ports/broker.js';
import type { Decoded, RawRecord } from '../engine/ports/deliveries.js';
import { readBody } from './body.js';
import { flowTrace, isTraceparent } from './trace.js';

/**
 * A start gives its flow the trace. Of another message the trace is known when its author copied
 * the headers of the command; a flow of which only the id is known may continue any trace.
 */
export function flowOfRecord(content: Decoded, raw: RawRecord | null): FlowOfRecord {
  if (content.kind === 'registration') return { flowId: null, traceId: null };
  if (content.kind === 'start') {
    const { flowId, headers } = content.start;
    return { flowId, traceId: flowId === null ? null : flowTrace(flowId, headers).traceId };
  }
  const { flowId } = content.kind === 'input' ? content.input : content.poison;
  return { flowId, traceId: raw === null ? null : traceIn(raw) };
}

function traceIn({ key, value, headers = {} }: RawRecord): string | null {
  const body = readBody({ key, value, headers });
  const traceparent = 'header' in body ? body.header('traceparent') : undefined;
  return typeof traceparent === 'string' && isTraceparent(traceparent)
    ? traceparent.slice(3, 35)
    : null;
}
