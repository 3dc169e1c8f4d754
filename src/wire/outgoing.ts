/**
 * What the gateway sends (docs/protocol.md, "The message"): commands, flow ends, registration
 * statuses, copies of quarantined records.
 */
import type { Wire } from '../engine/ports/broker.js';
import type { OutboxRow } from '../engine/ports/storage.js';
import { nearest } from '../names/nearest.js';
import type { FlowEvent } from '../saga/event.js';
import type { Flow } from '../saga/flow.js';
import { command, isCommand } from './command.js';
import { quarantineCopy, refusedStart } from './dead-letters.js';
import { endOf, isEnd } from './flow-end.js';
import { flowOfRecord } from './flow-of-record.js';
import type { WireOptions } from './message.js';
import { registrationStatus } from './registration-status.js';
import { stepTopics, TOPICS } from './topics.js';
import { attemptSpanId, flowTrace } from './trace.js';

export function createWire(options: WireOptions): Wire {
  return {
    outgoing: (flow, events) => outgoing(flow, events, options),
    quarantineCopy,
    refusedStart,
    registrationStatus,
    stepTopics,
    replyTopic: TOPICS.replies,
    flowTrace,
    flowOfRecord,
    attemptSpanId,
    nearest,
  };
}

/**
 * Messages for the commands, the hold and the end among these events; `flow` is the flow after
 * them.
 */
function outgoing(flow: Flow, events: readonly FlowEvent[], options: WireOptions): OutboxRow[] {
  const rows: OutboxRow[] = [];
  for (const event of events) {
    if (isCommand(event)) {
      const step = flow.steps.find(({ definition }) => definition.name === event.stepName);
      if (step !== undefined) rows.push(command(flow, step, event, options));
    } else if (isEnd(event)) rows.push(endOf(flow, event, options));
  }
  return rows;
}
