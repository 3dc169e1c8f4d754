/** Commands as a gateway writes them (docs/protocol.md, "Command"). */
import { attemptIdOf } from '../saga/attempt-id.js';
import type { Action } from '../saga/flow.js';

export interface CommandOptions {
  readonly flowId: string;
  readonly action: Action;
  readonly attempt?: number;
  /** Of UNDO. */
  readonly round?: number;
  /** JSON text. */
  readonly payload: string;
  /** From now, ms; negative = it is over. */
  readonly deadlineInMs?: number;
  /** JSON text of more headers, like `"a":1.0`. */
  readonly moreHeaders?: string;
  /** JSON text of more fields of the message. */
  readonly moreFields?: string;
}

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

export function commandText(
  { orchestration, step }: { readonly orchestration: string; readonly step: string },
  options: CommandOptions,
): string {
  const { flowId, action, attempt = 1, payload, deadlineInMs = 60_000 } = options;
  const round = action === 'DO' ? 0 : (options.round ?? 1);
  const now = Date.now();
  const headers = JSON.stringify({
    ...{ flowId, stepName: step, action, orchestrationName: orchestration, seq: 1 },
    eventType: `${action.toLowerCase()}${step}`,
    ...{ status: true, attempt },
    attemptId: attemptIdOf(flowId, { stepName: step, action, round, attempt }),
    idempotencyKey: `${flowId}:${step}:${action}`,
    ...(round > 0 && { round }),
    deadline: new Date(now + deadlineInMs).toISOString(),
    timestamp: new Date(Math.min(now, now + deadlineInMs)).toISOString(),
    traceparent: TRACE,
    correlationId: `conformance-${flowId}`,
  });
  const more = options.moreHeaders === undefined ? '' : `,${options.moreHeaders}`;
  const fields = options.moreFields === undefined ? '' : `,${options.moreFields}`;
  return `{"headers":${headers.slice(0, -1)}${more}},"payload":${payload}${fields}}`;
}
