/** How the workers treat one flow. */
import type { SeededRandom } from '../kit/seeded-random.mjs';
import { STEP_NAMES } from './recipes.js';

export interface WorkerBehaviour {
  /** Chance that a DO fails, by step. */
  readonly failing: Readonly<Record<string, number>>;
  readonly undoFailing: number;
  /** Chance that a failure is final. */
  readonly final: number;
  /** They remember keys; else they look at the state. */
  readonly keyed: boolean;
  /** They copy the command's headers. */
  readonly echoes: boolean;
}

/** Half of all flows go well, as far as the workers can help it. */
export function randomBehaviour(random: SeededRandom): WorkerBehaviour {
  const mood = random.weighted({ well: 5, flaky: 3, broken: 3 });
  const often = { well: 0, flaky: 0.3, broken: 0.1 }[mood];
  const failing: Record<string, number> = Object.fromEntries(
    STEP_NAMES.map((step) => [step, often]),
  );
  if (mood === 'broken') failing[random.pick(STEP_NAMES)] = 1;
  const undoFailing = { never: 0, some: 0.4, always: 1 }[
    random.weighted({ never: 6, some: 3, always: 1 })
  ];
  return {
    failing,
    undoFailing,
    final: random.pick([0, 0, 0.3]),
    keyed: random.happens(0.5),
    echoes: random.happens(0.85),
  };
}
