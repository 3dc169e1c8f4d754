/**
 * Which commands are still waited for. It is checked right before they are handed out: after a
 * restart, a rebalance, a timeout or a cancellation there are records of commands that are over.
 */
import { NO_PAYLOADS, type ReadModel } from '../engine/ports.js';
import { openIdOf } from '../saga/attempt-id.js';
import type { WorkerCommand } from '../wire/worker-command.js';

/** attemptId → until when its answer is waited for, ms; those that are over are left out. */
export type OpenAttempts = ReadonlyMap<string, number>;

export async function openAttempts(
  read: Pick<ReadModel, 'flows'>,
  commands: readonly WorkerCommand[],
  now: number,
): Promise<OpenAttempts> {
  const flowIds = [...new Set(commands.map(({ flowId }) => flowId))];
  const flows = await read.flows(flowIds, { payloads: NO_PAYLOADS });
  const open = commands.flatMap(({ flowId, stepName, attemptId }) => {
    const flow = flows.get(flowId);
    const step = flow?.steps.find(({ definition }) => definition.name === stepName);
    if (flow === undefined || step === undefined || step.open === null) return [];
    const isOpen = openIdOf(flow, step) === attemptId && step.open.deadline > now;
    return isOpen ? [[attemptId, step.open.deadline] as const] : [];
  });
  return new Map(open);
}
