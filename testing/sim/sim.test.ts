/**
 * The engine in a simulated world (docs/promises.md). SIM_FLOWS and SIM_SEED choose how much and from where; `npm run sim` runs the same
 * worlds alone.
 */
import { describe, expect, test } from '@jest/globals';
import { MUTANTS } from './mutants.js';
import { FLOWS_PER_WORLD, Report, simulate, told } from './report.js';

const FLOWS = Number(process.env.SIM_FLOWS ?? 3_000);
const SEED = Number(process.env.SIM_SEED ?? 1);
/** A bug that hides from so many worlds is not caught. */
const MOST_WORLDS = 12;

test(
  `of ${FLOWS} flows through crashes, stalls, lost answers and repeated messages each keeps every promise`,
  async () => {
    const report = new Report();
    for (let seed = SEED; report.flows < FLOWS; seed++) {
      const outcome = await simulate({ seed, flows: FLOWS_PER_WORLD });
      report.add(outcome);
      if (outcome.violations.length > 0) throw new Error(told(outcome, FLOWS_PER_WORLD));
    }
    process.stdout.write(`${report.lines().join('\n')}\n`);
  },
  // Some twenty times what it takes.
  60_000 + FLOWS * 20,
);

test('a world is a function of its seed', async () => {
  const digests = async (seed: number): Promise<string[]> => {
    const once = await simulate({ seed, flows: FLOWS_PER_WORLD });
    const again = await simulate({ seed, flows: FLOWS_PER_WORLD });
    return [once.digest, again.digest];
  };
  const seen = new Set<string>();
  for (const seed of [3, 4, 5, 22]) {
    const [once, again] = await digests(seed);
    expect(again).toBe(once);
    seen.add(String(once));
  }
  expect(seen.size).toBe(4);
});

describe('the checker catches', () => {
  test.each(Object.entries(MUTANTS))('%s', async (_name, mutant) => {
    const broken: string[] = [];
    for (let seed = 1; seed <= MOST_WORLDS && broken.length === 0; seed++) {
      const { violations } = await simulate({ seed, flows: FLOWS_PER_WORLD, mutant });
      broken.push(...violations.map(({ invariant, what }) => `${seed} ${invariant}: ${what}`));
    }
    if (process.env.SIM_TELL === '1') process.stdout.write(`${_name}\n  ${broken.slice(0, 2).join('\n  ')}\n`);
    expect(broken).not.toEqual([]);
  });
});
