/** What an undo plan rests on, as a short text: equal while the plan is true. */
import type { Flow, StepRun } from './flow.js';

/** Payloads apart, which a reader need not have: they change only with what is here. PROGRESS, a pause and refused answers change nothing. */
export function planHashOf({ status, held, steps }: Flow): string {
  const text = JSON.stringify([status, held, ...steps.map(stateOf)]);
  return hex(text, 0x811c9dc5) + hex(text, 0x01000193);
}

function stateOf(step: StepRun): unknown[] {
  const { definition, status, open, attempt, round, undoAttempt, skipped } = step;
  const numbers = [attempt, round, undoAttempt, open?.action, open?.attempt, open?.round];
  const flags = [step.unknown, step.undoExhausted, step.roundOwed, skipped];
  return [definition.name, status, numbers, flags];
}

/** FNV-1a, 32 bits. */
function hex(text: string, basis: number): string {
  let hash = basis;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}
