/** A command as its message has it. */
import { ownHeaders } from '../../src/wire/starts.js';
import type { ReceivedCommand } from './rig.js';

export function commandFrom({
  headers,
  payload,
}: {
  readonly headers: Readonly<Record<string, unknown>>;
  readonly payload: unknown;
}): ReceivedCommand {
  const { traceparent: _, ...own } = ownHeaders(headers);
  return {
    action: headers.action as ReceivedCommand['action'],
    stepName: String(headers.stepName),
    attempt: Number(headers.attempt),
    round: Number(headers.round ?? 0),
    attemptId: String(headers.attemptId),
    payload,
    headers: own,
    deadline: Date.parse(String(headers.deadline)),
  };
}
