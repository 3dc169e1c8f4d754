/** The transition table of the independent model beside what the code does. */
import { readFileSync } from 'node:fs';
import type { Flow } from '../../src/saga/flow.js';
import { labelOf } from './canonical.js';
import type { Witness } from './walk.js';

/**
 * `flow status | step label | input` → results, each `DO_SUCCESS`, `UNDOING: UNDOING` or
 * `unchanged`.
 */
export type Table = Map<string, Set<string>>;

const FIXTURE = new URL('../fixtures/transitions.md', import.meta.url);

/**
 * What changes nothing is written as `(refused)` or as the same status again; both read `unchanged`
 * here.
 */
export function readTable(): Table {
  const table: Table = new Map();
  let flow = '';
  for (const line of readFileSync(FIXTURE, 'utf8').split('\n')) {
    flow = /^## flow (\w+)/.exec(line)?.[1] ?? (line.startsWith('## ') ? '' : flow);
    const [, step, inputs, results] = /^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/.exec(line) ?? [];
    if (flow === '' || !step || !inputs || !results || step === 'step') continue;
    for (const input of inputs.split(', ')) {
      const outcomes = results
        .split(' · ')
        .map((result) => (result === '(refused)' || result === step ? 'unchanged' : result));
      table.set(`${flow} | ${step} | ${input}`, new Set(outcomes));
    }
  }
  return table;
}

/** The inputs in the table; all others are variants of one of them, or are always refused. */
const LISTED = /^(DO[+?](old)?|DO-(old)?|UNDO[+-](old|oldround)?|timeout|due|retry|skip)$/;

/** A witness that fills a table from the walk. */
export function recordingInto(table: Table): Witness {
  return (variant, before, after) => {
    if (variant.step === null || !LISTED.test(variant.label)) return;
    const from = before.steps[variant.step];
    if (from === undefined) return;
    const key = `${before.status} | ${labelOf(from)} | ${variant.label}`;
    const results = table.get(key) ?? new Set();
    table.set(key, results.add(resultOf(before, after, variant.step)));
  };
}

function resultOf(before: Flow, after: Flow | null, index: number): string {
  const from = before.steps[index];
  const step = after?.steps[index];
  if (from === undefined || after === null || step === undefined) return 'unchanged';
  const owes =
    step.roundOwed && !from.roundOwed && (step.status === 'UNDOING' || step.status === 'UNDO_FAIL')
      ? ' +owes round'
      : '';
  const result = `${labelOf(step)}${owes}`;
  if (after.status !== before.status) return `${after.status}: ${result}`;
  return result === labelOf(from) ? 'unchanged' : result;
}

/** Listed and never reached, reached and not listed. A row that is not listed is refused. */
export function differences(
  listed: Table,
  reached: Table,
): { missing: string[]; unlisted: string[] } {
  const missing: string[] = [];
  const unlisted: string[] = [];
  for (const [key, results] of listed)
    for (const result of results)
      if (!reached.get(key)?.has(result)) missing.push(`${key} → ${result}`);
  for (const [key, results] of reached) {
    const known = listed.get(key) ?? new Set(['unchanged']);
    for (const result of results) if (!known.has(result)) unlisted.push(`${key} → ${result}`);
  }
  return { missing: missing.sort(), unlisted: unlisted.sort() };
}
