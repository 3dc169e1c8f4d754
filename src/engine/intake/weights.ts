/**
 * Sizes of work before it is done, in bytes: what came in, what a transaction would write. The
 * length of a text counts as its bytes.
 */
import { LIMITS } from '../../limits/limits.js';
import type { Flow } from '../../saga/flow.js';
import type { Input, StartInput } from '../../saga/input.js';
import type { Orchestration } from '../../saga/orchestration.js';
import { isStartPayload } from '../../saga/start-payload.js';
import type { Delivery, FlowRecord, PoisonCause } from '../ports.js';

/** Bytes that a delivery takes in memory while it waits. */
export function weightOf(delivery: Delivery): number {
  const raw = 'raw' in delivery ? (delivery.raw.value?.length ?? 0) : 0;
  if (delivery.kind === 'start') return raw + (delivery.start.payload?.length ?? 0);
  return delivery.kind === 'input' && 'payload' in delivery.input
    ? raw + (delivery.input.payload?.length ?? 0)
    : raw;
}

/**
 * Bytes that these records write: commands, and the inputs of new flows and their steps. References
 * to the start payload do not count.
 */
export function writtenBytes(records: readonly FlowRecord[]): number {
  let bytes = 0;
  for (const { before, after, outbox } of records) {
    for (const { value } of outbox) bytes += value?.length ?? 0;
    if (before !== null) continue;
    bytes += after.input?.length ?? 0;
    for (const { input } of after.steps)
      if (!isStartPayload(after, input)) bytes += input?.length ?? 0;
  }
  return bytes;
}

/**
 * Why a start is too large, or null: every step of a parallel orchestration gets the payload at
 * once.
 */
export function tooMuchFanOut(
  payload: string | null,
  { name, type, steps }: Orchestration,
  most: number = LIMITS.fanOutBytes.value,
): string | null {
  const commands = type === 'PARALLEL' ? steps.length : 1;
  const bytes = Buffer.byteLength(payload ?? '') * commands;
  if (commands === 1 || bytes <= most) return null;
  return (
    `${name} sends its payload to ${commands} steps at once: ${bytes} bytes in all, at most ${most} are allowed; ` +
    'send a smaller payload (a reference to where the data is), or use fewer parallel steps'
  );
}

/**
 * Why a reply is too large for its flow, or null: the outputs of a parallel flow are kept, and sent
 * with UNDO commands, together.
 */
export function tooMuchAnswered(
  { flowId, orchestration, steps }: Flow,
  input: Exclude<Input, StartInput>,
): PoisonCause | null {
  if (input.type !== 'REPLY' || orchestration.type !== 'PARALLEL' || input.payload === null)
    return null;
  const kept = steps.reduce(
    (sum, { definition, output }) =>
      sum + (definition.name === input.stepName ? 0 : (output?.length ?? 0)),
    0,
  );
  // With a higher payload limit, four payloads of that size still fit.
  const most = Math.max(LIMITS.stepOutputsBytes.value, 4 * input.payload.length);
  const bytes = kept + input.payload.length;
  if (bytes <= most) return null;
  const message = `the steps of this flow have answered ${bytes} bytes together, at most ${most} are allowed`;
  return { code: 'PAYLOAD_TOO_LARGE', message, flowId, stepName: input.stepName };
}
