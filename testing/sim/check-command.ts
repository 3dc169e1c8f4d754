/** Checks of one command as it is written. */
import type { OutboxRow } from '../../src/engine/ports.js';
import { attemptIdOf } from '../../src/saga/attempt-id.js';
import type { MemoryDatabase } from '../kit/memory-store.js';
import type { Observations } from './observations.js';
import type { Command } from './worker.js';

/** Nothing of another flow is in it, and it is where it belongs (I10). */
export function checkCommand(
  observations: Observations,
  memory: MemoryDatabase,
  topic: string,
  { headers, payload }: Command,
): void {
  const { flowId, orchestrationName, stepName, action, tag } = headers;
  // A start's payload has the tag, what workers put out has the flowId.
  const mark: unknown = Object(payload).flow;
  const own = payload === null || mark === tag || mark === flowId;
  const flow = memory.tables.flows.get(flowId)?.flow;
  const place = `orchestrator.${orchestrationName}.${stepName}.${action.toLowerCase()}`;
  const right = topic === place && own && tag === flow?.headers.tag;
  observations.check(
    'I10',
    flowId,
    right ? null : `${topic} was sent ${JSON.stringify(headers)} with ${JSON.stringify(payload)}`,
  );
}

/**
 * What is still in the outbox cannot have timed out (rules.md#backoff-and-timeouts): so a row is
 * written before its attempt is given up.
 */
export function checkInTime(
  observations: Observations,
  memory: MemoryDatabase,
  { flowId, attemptId }: OutboxRow,
): void {
  const late = memory.tables.flows.get(flowId)?.events.some((event) => {
    if (
      (event.type !== 'DO_FAILED' && event.type !== 'UNDO_FAILED') ||
      event.errorCode !== 'TIMEOUT'
    )
      return false;
    const [action, round] =
      event.type === 'DO_FAILED' ? (['DO', 0] as const) : (['UNDO', event.round] as const);
    return (
      attemptIdOf(flowId, { stepName: event.stepName, action, round, attempt: event.attempt }) ===
      attemptId
    );
  });
  observations.check(
    'timeout',
    flowId,
    late === true ? `${attemptId} timed out before it was sent` : null,
  );
}
