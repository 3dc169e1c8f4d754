/** A hash of everything an undo plan depends on: equal as long as the plan is valid. */
import type { Flow, StepRun } from './flow.js';

/**
 * 16 hexadecimal digits. Payloads are left out, because not every reader loads them; they change
 * only together with what is here. PROGRESS, pauses and refused replies do not change the hash.
 */
export function planHashOf({ status, held, steps }: Flow): string {
  const text = JSON.stringify([status, held, ...steps.map(stateOf)]);
  return hex(text, 0x811c9dc5) + hex(text, 0x01000193);
}

function stateOf(step: StepRun): unknown[] {
  const { definition, status, open, attempt, round, undoAttempt, skipped } = step;
  const numbers = [attempt, round, undoAttempt, open?.action, open?.attempt, open?.round];
  const flags = [step.unknown, step.undoExhausted, step.roundOwed, skipped];
  // Only if set, so that gateways of the version before have the same hash.
  if (step.neverSent) flags.push(true);
  return [definition.name, status, numbers, flags];
}

/** FNV-1a, 32 bits. */
function hex(text: string, basis: number): string {
  let hash = basis;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
