/** What a rig gives the core, made of what a scenario wrote. */
import type { Payload } from '../../src/saga/flow.js';
import type { ReplyInput } from '../../src/saga/input.js';
import type { RigReply } from './rig.js';

/** JSON text; undefined = no payload. */
export function textOf(value: unknown): Payload {
  return value === undefined ? null : JSON.stringify(value);
}

export function replyInput(flowId: string, reply: RigReply): ReplyInput {
  const { stepName, action, attemptId, answer } = reply;
  const { outcome, errorMessage, errorCode, retryable, headers } = answer;
  return {
    type: 'REPLY',
    flowId,
    stepName,
    action: action ?? null,
    attemptId,
    outcome,
    payload: outcome === 'success' ? textOf(answer.payload) : null,
    errorMessage,
    errorCode,
    retryable,
    headers,
  };
}
