/** The message about the end of a flow, or its hold, for initiators that start by topic. */
import type { OutboxRow } from '../engine/ports/storage.js';
import type { FlowEvent } from '../saga/event.js';
import type { Flow, Payload } from '../saga/flow.js';
import { utf8Length } from './json.js';
import { message, type WireOptions } from './message.js';
import { ownHeaders } from './starts.js';
import { TOPICS } from './topics.js';

const ENDS: ReadonlySet<string> = new Set([
  'FLOW_COMPLETED',
  'FLOW_UNDONE',
  'FLOW_FAILED',
  'FLOW_CANCELLED',
  'FLOW_HELD',
]);

export function isEnd({ type }: FlowEvent): boolean {
  return ENDS.has(type);
}

/** One message per terminal status or hold. */
export function endOf(flow: Flow, event: FlowEvent, { mostBytes }: WireOptions): OutboxRow {
  const { flowId } = flow;
  const output = event.type === 'FLOW_COMPLETED' ? event.output : null;
  const whole = endText(flow, event, output);
  // Kafka would refuse a larger message. The initiator finds the output in the flow's details.
  const fits = mostBytes === undefined || utf8Length(whole) <= mostBytes;
  return {
    flowId,
    number: event.number,
    attemptId: null,
    topic: TOPICS.ends,
    key: flowId,
    value: fits ? whole : endText(flow, event, OMITTED),
    headers: { flowId },
  };
}

const OMITTED = Symbol('omitted');

function endText(flow: Flow, event: FlowEvent, output: Payload | typeof OMITTED): string {
  const omitted = output === OMITTED;
  const held = event.type === 'FLOW_HELD';
  const fields = JSON.stringify({
    flowId: flow.flowId,
    orchestrationName: flow.orchestration.name,
    status: event.flowStatus,
    ...(held && { held }),
    ...(omitted && { outputOmitted: true }),
  });
  const reason = held
    ? `${event.stepName} is out of retries; an operator decides`
    : flow.failureReason;
  const failureReason = JSON.stringify(event.type === 'FLOW_COMPLETED' ? null : reason);
  const text = omitted ? 'null' : (output ?? 'null');
  const payload = `${fields.slice(0, -1)},"output":${text},"failureReason":${failureReason}}`;
  // A message may be sent again, even after a later one of its flow: the highest eventNumber is the
  // newest.
  const headers = {
    ...ownHeaders(flow.headers),
    flowId: flow.flowId,
    orchestrationName: flow.orchestration.name,
    eventNumber: event.number,
  };
  return message(headers, payload);
}
