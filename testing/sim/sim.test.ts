/**
 * The engine in a simulated world (docs/promises.md). SIM_FLOWS and SIM_SEED choose how much and
 * from where; `npm run sim` runs the same worlds alone.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { MUTANTS } from './mutants.js';
import { FLOWS_PER_WORLD, simulate } from './report.js';

const FLOWS = Number(process.env.SIM_FLOWS ?? 3_000);
const SEED = Number(process.env.SIM_SEED ?? 1);
/** A bug that hides from so many worlds is not caught. */
const MOST_WORLDS = 12;

/**
 * In a process of its own, as `npm run sim` does: within jest every look at a clock costs more than
 * the work.
 */
async function npmRunSim(
  ...given: string[]
): Promise<{ readonly code: number; readonly output: string }> {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly scripts: { readonly sim: string };
  };
  const [, ...flags] = scripts.sim.split(' ');
  const child = spawn(process.execPath, [...flags, ...given], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close') as Promise<[number | null]>;
  let output = '';
  for await (const chunk of child.stdout) output += String(chunk);
  const [code] = await ended;
  return { code: code ?? 1, output };
}

test(
  `of ${FLOWS} flows through crashes, stalls, lost answers and repeated messages each keeps every promise`,
  async () => {
    const { code, output } = await npmRunSim('--seed', String(SEED), '--flows', String(FLOWS));
    if (code !== 0) throw new Error(output);
    expect(output).toMatch(/^violations +0$/m);
  },
  // Many times what it takes.
  60_000 + FLOWS * 20,
);

test('a world is a function of its seed', async () => {
  const digests: string[] = [];
  for (const seed of [3, 4, 5, 22]) {
    const once = await simulate({ seed, flows: FLOWS_PER_WORLD });
    const again = await simulate({ seed, flows: FLOWS_PER_WORLD });
    expect(again.digest).toBe(once.digest);
    digests.push(once.digest);
  }
  expect(new Set(digests).size).toBe(4);
});

test('a seed alone shows its world again', async () => {
  const { digest } = await simulate({ seed: 7, flows: FLOWS_PER_WORLD });
  const { output } = await npmRunSim('--seed', '7', '--flows', String(FLOWS_PER_WORLD));
  expect(output).toContain(`digest               ${digest}`);
});

describe('the checker catches', () => {
  test.each(Object.entries(MUTANTS))('%s', async (name, mutant) => {
    const broken: string[] = [];
    for (let seed = 1; seed <= MOST_WORLDS && broken.length === 0; seed++) {
      const { violations } = await simulate({ seed, flows: FLOWS_PER_WORLD, mutant });
      broken.push(...violations.map(({ invariant, what }) => `${seed} ${invariant}: ${what}`));
    }
    if (process.env.SIM_VERBOSE === '1')
      process.stdout.write(`${name}: ${broken[0] ?? 'not caught'}\n`);
    expect(broken).not.toEqual([]);
  });
});
