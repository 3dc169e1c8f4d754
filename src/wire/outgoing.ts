/** What we send (2-wire.md, "Command"): commands, flow ends, registration answers, copies of quarantined records. */

import { attemptIdOf } from '../saga/attempt-id.js';
import type { FlowEvent } from '../saga/event.js';
import type { Action, Flow, Payload, StepRun } from '../saga/flow.js';
import type { Poison } from './body.js';
import { ownHeaders } from './starts.js';
import { stepTopic, TOPICS } from './topics.js';
import { traceparentOf } from './trace.js';

export interface WireOptions {
  /** Java class name for Spring's JsonDeserializer (`__TypeId__`); null = none is sent. */
  readonly commandTypeId: string | null;
  /** CloudEvents source, for example `/backstep`. */
  readonly source: string;
}

/** The shape of an outbox row. */
export interface Message {
  readonly topic: string;
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
  readonly headers: Readonly<Record<string, string>>;
}
interface Row extends Message {
  readonly flowId: string;
  readonly number: number;
  readonly attemptId: string | null;
}

interface Bytes {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}
interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}
interface Notice {
  readonly orchestrationName: string | null;
  readonly as: string | null;
  readonly serviceName: string | null;
  readonly status: string;
  readonly failureReason: string | null;
  /** ms since the epoch. */
  readonly timestamp: number;
}

export function createWire(options: WireOptions) {
  return {
    /** Messages for the commands, the hold and the end among these events; `flow` is the flow after them. */
    outgoing(flow: Flow, events: readonly FlowEvent[]): Row[] {
      const rows: Row[] = [];
      for (const event of events) {
        if (isCommand(event)) {
          const step = flow.steps.find(({ definition }) => definition.name === event.stepName);
          if (step !== undefined) rows.push(command(flow, step, event, options));
        } else if (ENDS.has(event.type)) rows.push(endOf(flow, event));
      }
      return rows;
    },

    /** A quarantined record for the dead-letter topic: its bytes, with the cause and the place in record headers. */
    quarantineCopy(cause: Poison, raw: Bytes, { topic, partition, offset }: Place): Row {
      const where = {
        'original-topic': topic,
        'original-partition': String(partition),
        'original-offset': String(offset),
      };
      const headers = { 'cause-code': cause.code, 'cause-message': cause.message, ...where };
      return {
        topic: TOPICS.deadLetters,
        ...raw,
        headers,
        flowId: `!${topic}/${partition}`,
        number: Number(offset),
        attemptId: null,
      };
    },

    /** The answer to a registration, on its status topic. */
    registrationStatus({ orchestrationName, timestamp, ...said }: Notice): Message {
      const payload = {
        eventType: 'REGISTRATION_STATUS',
        orchName: orchestrationName,
        ...said,
        timestamp: iso(timestamp),
      };
      const headers = { serviceName: said.serviceName, orchestrationName };
      return {
        topic: TOPICS.registrationStatus,
        key: orchestrationName,
        value: JSON.stringify({ headers, payload }),
        headers: {},
      };
    },

    stepTopics(orchestrationName: string, stepName: string): readonly [string, string] {
      return [
        stepTopic(orchestrationName, stepName, 'DO'),
        stepTopic(orchestrationName, stepName, 'UNDO'),
      ];
    },
  };
}

const ENDS: ReadonlySet<string> = new Set([
  'FLOW_COMPLETED',
  'FLOW_UNDONE',
  'FLOW_FAILED',
  'FLOW_CANCELLED',
  'FLOW_HELD',
]);

type Sent = FlowEvent & { readonly type: 'DO_SENT' | 'UNDO_SENT' | 'COMMAND_RESENT' };

function isCommand(event: FlowEvent): event is Sent {
  return event.type === 'DO_SENT' || event.type === 'UNDO_SENT' || event.type === 'COMMAND_RESENT';
}

function command(flow: Flow, step: StepRun, event: Sent, options: WireOptions): Row {
  const { flowId } = flow;
  const action = actionOf(event);
  const round = event.type === 'DO_SENT' ? 0 : event.round;
  const attemptId = attemptIdOf(flowId, event.stepName, action, round, event.attempt);
  const traceparent = traceparentOf(flowId, flow.headers);
  const headers = {
    ...ownHeaders(flow.headers),
    flowId,
    stepName: event.stepName,
    action,
    orchestrationName: flow.orchestration.name,
    seq: step.definition.seq,
    eventType: `${action.toLowerCase()}${event.stepName}`,
    // Always true: the Java library copies a command's headers into its answer.
    status: true,
    attempt: event.attempt,
    attemptId,
    idempotencyKey: `${flowId}:${event.stepName}:${action}`,
    ...(round > 0 && { round }),
    deadline: iso(event.deadline),
    timestamp: iso(event.at),
    traceparent,
  };
  return {
    flowId,
    number: event.number,
    attemptId,
    topic: stepTopic(flow.orchestration.name, event.stepName, action),
    key: flowId,
    value: message(headers, action === 'DO' ? step.input : undoPayload(step)),
    headers: recordHeaders(
      { flowId, action, attemptId, traceparent },
      attemptId,
      `backstep.${action.toLowerCase()}`,
      event.at,
      options,
    ),
  };
}

function actionOf(event: Sent): Action {
  if (event.type === 'COMMAND_RESENT') return event.action;
  return event.type === 'DO_SENT' ? 'DO' : 'UNDO';
}

/** That step's own output; its input when it replied none or the outcome is unknown. */
function undoPayload(step: StepRun): Payload {
  return step.output ?? step.input;
}

/** CloudEvents binary mode beside mirrors of what a router may want to see. */
function recordHeaders(
  mirrors: Record<string, string>,
  id: string,
  type: string,
  at: number,
  options: WireOptions,
): Record<string, string> {
  const event = {
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: options.source,
    ce_type: type,
    ce_time: iso(at),
  };
  const typed = options.commandTypeId === null ? {} : { __TypeId__: options.commandTypeId };
  return { ...mirrors, ...event, 'content-type': 'application/json', ...typed };
}

/** One message per terminal status or hold: who starts by topic must learn the end. */
function endOf(flow: Flow, event: FlowEvent): Row {
  const { flowId } = flow;
  const held = event.type === 'FLOW_HELD';
  const said = JSON.stringify({
    flowId,
    orchestrationName: flow.orchestration.name,
    status: event.flowStatus,
    ...(held && { held }),
  });
  const output = event.type === 'FLOW_COMPLETED' ? (event.output ?? 'null') : 'null';
  const reason = held
    ? `${event.stepName} is out of retries; an operator decides`
    : flow.failureReason;
  const failureReason = JSON.stringify(event.type === 'FLOW_COMPLETED' ? null : reason);
  const payload = `${said.slice(0, -1)},"output":${output},"failureReason":${failureReason}}`;
  // A message may be sent again, also after a later one of its flow: the highest number is the last word.
  const headers = {
    ...ownHeaders(flow.headers),
    flowId,
    orchestrationName: flow.orchestration.name,
    eventNumber: event.number,
  };
  return {
    flowId,
    number: event.number,
    attemptId: null,
    topic: TOPICS.ends,
    key: flowId,
    value: message(headers, payload),
    headers: { flowId },
  };
}

/** The payload is JSON text already: it is put in as it is. */
function message(headers: object, payload: Payload): string {
  return `{"headers":${JSON.stringify(headers)},"payload":${payload ?? 'null'}}`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
