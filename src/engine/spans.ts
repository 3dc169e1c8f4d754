/**
 * The spans of a commit (docs/traces.md): one when a flow starts, one when it ends, one for each
 * command from its decision to its answer, and one for each answer from Kafka to its commit. All
 * ids are derived, so whichever gateway commits, the spans of a flow fit together.
 */
import type { SpanRecord } from '../observability/span.js';
import { attemptIdOf } from '../saga/attempt-id.js';
import type { FlowEvent } from '../saga/event.js';
import type { Action } from '../saga/flow.js';
import { sentAt } from './observations.js';
import type { Delivery, FlowRecord, Wire } from './ports.js';
import { repliedAt } from './slo/tally.js';

type Naming = Pick<Wire, 'flowTrace' | 'attemptSpanId' | 'stepTopics' | 'replyTopic'>;
type Replies = ReturnType<typeof repliedAt>;

export function spansOf(
  records: readonly FlowRecord[],
  deliveries: readonly Delivery[],
  naming: Naming,
): SpanRecord[] {
  const replies = repliedAt(deliveries);
  return records.flatMap((record) =>
    record.events.flatMap((event) => spansOfEvent(event, record, { naming, replies })),
  );
}

interface Context {
  readonly naming: Naming;
  readonly replies: Replies;
}

function spansOfEvent(event: FlowEvent, record: FlowRecord, context: Context): SpanRecord[] {
  switch (event.type) {
    case 'FLOW_STARTED':
      return [started(event, record, context)];
    case 'FLOW_COMPLETED':
    case 'FLOW_UNDONE':
    case 'FLOW_FAILED':
    case 'FLOW_CANCELLED':
      return [ended(event, record, context)];
    case 'DO_SUCCEEDED':
    case 'DO_FAILED':
    case 'UNDO_SUCCEEDED':
    case 'UNDO_FAILED':
      return attempted(event, record, context);
    default:
      return [];
  }
}

function inFlow({ after }: FlowRecord, { naming }: Context) {
  const { traceId, spanId, parent } = naming.flowTrace(after.flowId, after.headers);
  const { name, version } = after.orchestration;
  const attributes = {
    'backstep.flow_id': after.flowId,
    'backstep.orchestration': name,
    'backstep.orchestration_version': version,
  };
  const below = { spanId, sampled: parent?.sampled ?? null };
  return { traceId, spanId, parent, below, attributes };
}

function started(event: FlowEvent, record: FlowRecord, context: Context): SpanRecord {
  const { below: _, ...own } = inFlow(record, context);
  const name = `execute ${record.after.orchestration.name}`;
  return { ...own, name, kind: 'server', startedAt: event.at, endedAt: event.at, error: null };
}

/** A flow that is reopened ends again: each end is a span of its own. */
function ended(event: FlowEvent, record: FlowRecord, context: Context): SpanRecord {
  const { after } = record;
  const { traceId, below, attributes } = inFlow(record, context);
  return {
    traceId,
    spanId: context.naming.attemptSpanId(`${after.flowId}:end:${event.number}`),
    parent: below,
    name: `run ${after.orchestration.name}`,
    kind: 'internal',
    startedAt: after.startedAt,
    endedAt: event.at,
    attributes: { ...attributes, 'backstep.status': event.flowStatus },
    error: event.type === 'FLOW_FAILED' ? 'FAILED' : null,
  };
}

type Answered = FlowEvent & {
  readonly type: 'DO_SUCCEEDED' | 'DO_FAILED' | 'UNDO_SUCCEEDED' | 'UNDO_FAILED';
};

/** The command and the answer to it; only the answer when the command had timed out before. */
function attempted(event: Answered, record: FlowRecord, context: Context): SpanRecord[] {
  const { stepName, attempt } = event;
  const action: Action = event.type.startsWith('UNDO') ? 'UNDO' : 'DO';
  const round = 'round' in event ? event.round : 0;
  const { flowId } = record.after;
  const attemptId = attemptIdOf(flowId, { stepName, action, round, attempt });
  const { traceId, below, attributes } = inFlow(record, context);
  const common = {
    traceId,
    endedAt: event.at,
    attributes: { ...attributes, ...ofStep(event, action), ...ofMessage(flowId, attemptId) },
  };
  const spanId = context.naming.attemptSpanId(attemptId);
  const sent = firstSentAt(record, action, event);
  const replied = context.replies.get(`${flowId}/${stepName}`);
  const spans: SpanRecord[] = [];
  if (sent !== null) {
    const topic = topicOf(record, stepName, action, context);
    const command = { ...common, spanId, parent: below, startedAt: sent, error: errorOf(event) };
    spans.push(ofTopic(command, 'send', topic));
  }
  if (replied !== undefined) {
    const startedAt = Math.max(sent ?? 0, Math.min(replied, event.at));
    const own = context.naming.attemptSpanId(`${attemptId}:answer:${event.number}`);
    const parent = { spanId, sampled: below.sampled };
    const answer = { ...common, spanId: own, parent, startedAt, error: null };
    spans.push(ofTopic(answer, 'process', context.naming.replyTopic));
  }
  return spans;
}

function ofStep({ stepName, attempt }: Answered, action: Action) {
  return { 'backstep.step': stepName, 'backstep.action': action, 'backstep.attempt': attempt };
}

/** Names by the semantic conventions for messaging. */
function ofMessage(flowId: string, attemptId: string) {
  return {
    'messaging.system': 'kafka',
    'messaging.message.id': attemptId,
    'messaging.message.conversation_id': flowId,
  };
}

function ofTopic(
  span: Omit<SpanRecord, 'name' | 'kind'>,
  operation: 'send' | 'process',
  topic: string,
): SpanRecord {
  const attributes = {
    ...span.attributes,
    'messaging.operation.name': operation,
    'messaging.operation.type': operation,
    'messaging.destination.name': topic,
  };
  const kind = operation === 'send' ? 'producer' : 'consumer';
  return { ...span, name: `${operation} ${topic}`, kind, attributes };
}

function topicOf(
  { after }: FlowRecord,
  stepName: string,
  action: Action,
  { naming }: Context,
): string {
  const [doTopic, undoTopic] = naming.stepTopics(after.orchestration.name, stepName);
  return action === 'DO' ? doTopic : undoTopic;
}

/** The worker's code, or TIMEOUT; never its free text. */
function errorOf(event: Answered): string | null {
  return 'errorCode' in event ? (event.errorCode ?? 'FAILED') : null;
}

/**
 * When the open command was decided: progress moves its deadline, but the first DO is known all the
 * same.
 */
function firstSentAt({ before }: FlowRecord, action: Action, event: Answered): number | null {
  const sent = sentAt(before, action, event);
  if (sent === null || action === 'UNDO' || event.attempt > 1) return sent;
  const step = before?.steps.find(({ definition }) => definition.name === event.stepName);
  return step?.startedAt ?? sent;
}
