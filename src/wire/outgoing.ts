/** What we send (docs/protocol.md, "The message"): commands, flow ends, registration answers, copies of quarantined records. */
import type { FlowEvent } from '../saga/event.js';
import type { Flow } from '../saga/flow.js';
import type { Poison, RefusedStart } from './body.js';
import { command, isCommand } from './command.js';
import { endOf, isEnd } from './flow-end.js';
import { iso, type Message, type Row, type WireOptions } from './message.js';
import { nearest } from './nearest.js';
import { wrongHeaders } from './starts.js';
import { stepTopic, TOPICS } from './topics.js';

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
        } else if (isEnd(event)) rows.push(endOf(flow, event, options));
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

    /** A refused start, on the topic where its initiator waits for the end (rules.md#refused-starts). */
    refusedStart(cause: Poison, refused: RefusedStart, { topic, partition, offset }: Place): Row {
      const { flowId, orchestrationName } = refused;
      // What could not travel on a command does not travel here.
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
    },

    /** The answer to a registration, on its status topic. */
    registrationStatus({ orchestrationName, timestamp, ...fields }: Notice): Message {
      const payload = {
        eventType: 'REGISTRATION_STATUS',
        orchName: orchestrationName,
        ...fields,
        timestamp: iso(timestamp),
      };
      const headers = { serviceName: fields.serviceName, orchestrationName };
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

    nearest,
  };
}
