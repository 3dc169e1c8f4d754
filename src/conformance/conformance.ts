/**
 * The conformance suite of workers. Knows: the wire, and what goes wrong with workers. Refuses to
 * know: brokers, HTTP, the engine. In: a lane to a worker that runs. Out: a verdict for each case.
 * This file: the order of the cases.
 */
import { Bench, type BenchOptions } from './bench.js';
import { ANSWERING } from './cases/answering.js';
import type { Case, Result } from './cases/case.js';
import { PAYLOADS } from './cases/payloads.js';
import { REPEATING } from './cases/repeating.js';
import { RESTARTING } from './cases/restarting.js';

/** The first one shows that there is a worker at all. */
export const CASES: readonly Case[] = [
  ...RESTARTING.slice(0, 1),
  ...ANSWERING,
  ...REPEATING,
  ...PAYLOADS,
  ...RESTARTING.slice(1),
];

interface Options extends BenchOptions {
  /** Names of cases; empty = all. */
  readonly only: readonly string[];
  /** Called with each result as it comes. */
  readonly onResult: (result: Result) => void;
}

/**
 * Runs the cases one after the other; each has flows of its own. Rejects when the suite itself
 * cannot go on: no broker, effects that cannot be counted.
 */
export async function verify(options: Options): Promise<readonly Result[]> {
  const bench = new Bench(options);
  const results: Result[] = [];
  for (const one of CASES) {
    if (options.only.length > 0 && !options.only.includes(one.name)) continue;
    const startedAt = Date.now();
    const verdict = await one.run(bench);
    const result = { case: one, ...verdict, ms: Date.now() - startedAt };
    results.push(result);
    options.onResult(result);
    // Without a worker every other case would only wait.
    if (one.isFirst === true && verdict.status === 'failed') break;
  }
  return results;
}

/** A worker that fails none of the cases; warnings are for people. */
export function conforms(results: readonly Result[]): boolean {
  return results.length > 0 && results.every(({ status }) => status !== 'failed');
}
