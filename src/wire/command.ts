/** A command to a worker (docs/protocol.md, "Command"). */
import type { OutboxRow } from '../engine/ports/storage.js';
import { attemptIdOf } from '../saga/attempt-id.js';
import type { FlowEvent } from '../saga/event.js';
import type { Action, Flow, Payload, StepRun } from '../saga/flow.js';
import { headersBefore } from '../saga/worker-headers.js';
import { iso, messageOf, type WireOptions } from './message.js';
import { ownHeaders } from './starts.js';
import { stepTopic } from './topics.js';
import { traceparentOf, traceparentOfCommand } from './trace.js';

type Sent = FlowEvent & { readonly type: 'DO_SENT' | 'UNDO_SENT' | 'COMMAND_RESENT' };

export function isCommand(event: FlowEvent): event is Sent {
  return event.type === 'DO_SENT' || event.type === 'UNDO_SENT' || event.type === 'COMMAND_RESENT';
}

export function command(flow: Flow, step: StepRun, event: Sent, options: WireOptions): OutboxRow {
  const { flowId } = flow;
  const action = actionOf(event);
  const round = event.type === 'DO_SENT' ? 0 : event.round;
  const attemptId = attemptIdOf(flowId, {
    stepName: event.stepName,
    action,
    round,
    attempt: event.attempt,
  });
  const traceparent =
    options.isSampled === undefined
      ? traceparentOf(flowId, flow.headers)
      : traceparentOfCommand(flow, attemptId, options.isSampled);
  const headers = {
    // Later ones win: a worker's headers never replace the initiator's, and neither replaces the
    // protocol's.
    ...(action === 'DO' ? headersBefore(flow, step) : {}),
    ...ownHeaders(flow.headers),
    ...protocolHeaders(flow, step, event, { action, round, attemptId }),
    traceparent,
  };
  return {
    flowId,
    number: event.number,
    attemptId,
    topic: stepTopic(flow.orchestration.name, event.stepName, action),
    key: flowId,
    ...messageOf(flow, headers, action === 'DO' ? step.input : undoPayload(step)),
    headers: recordHeaders({ flowId, action, attemptId, traceparent }, event.at, options),
  };
}

interface Identity {
  readonly action: Action;
  readonly round: number;
  readonly attemptId: string;
}

function protocolHeaders(flow: Flow, step: StepRun, event: Sent, identity: Identity) {
  const { action, round, attemptId } = identity;
  const { flowId } = flow;
  return {
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
  };
}

function actionOf(event: Sent): Action {
  if (event.type === 'COMMAND_RESENT') return event.action;
  return event.type === 'DO_SENT' ? 'DO' : 'UNDO';
}

/** The step's own output; its input when it replied without one or the outcome is unknown. */
function undoPayload(step: StepRun): Payload {
  return step.output ?? step.input;
}

/**
 * The attributes of CloudEvents in binary mode, and copies of body headers that routers can filter
 * by.
 */
function recordHeaders(
  mirrors: Record<'flowId' | 'attemptId' | 'traceparent', string> & { readonly action: Action },
  at: number,
  options: WireOptions,
): Record<string, string> {
  const event = {
    ce_specversion: '1.0',
    ce_id: mirrors.attemptId,
    ce_source: options.source,
    ce_type: `backstep.${mirrors.action.toLowerCase()}`,
    ce_time: iso(at),
  };
  const typed = options.commandTypeId === null ? {} : { __TypeId__: options.commandTypeId };
  return { ...mirrors, ...event, 'content-type': 'application/json', ...typed };
}
