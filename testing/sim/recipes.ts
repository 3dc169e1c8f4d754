/** Orchestrations at random, small enough to end soon, strange enough to meet every rule. */
import type { Orchestration, StepDefinition } from '../../src/saga/orchestration.js';
import { parallel, type Recipe, sequential } from '../kit/builders.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';

export const STEP_NAMES = ['book', 'charge', 'ship', 'notify'] as const;

export function recipes(random: SeededRandom, count: number): Orchestration[] {
  return Array.from({ length: count }, (_, index) => recipe(random, `orch${index}`).orchestration);
}

function recipe(random: SeededRandom, name: string): Recipe {
  const steps = STEP_NAMES.slice(0, random.int(1, STEP_NAMES.length));
  let made = random.happens(0.6) ? sequential(name, ...steps) : parallel(name, ...steps);
  for (const step of steps) made = made.step(step, settings(random));
  if (random.happens(0.15)) made = made.hold();
  if (random.happens(0.4)) made = made.continues();
  return random.happens(0.3) ? made.deadline(random.int(1_000, 20_000)) : made;
}

function settings(random: SeededRandom): Partial<Omit<StepDefinition, 'seq' | 'name'>> {
  return {
    maxRetries: random.int(0, 3),
    undoMaxRetries: random.int(0, 4),
    timeoutMs: random.int(800, 6_000),
    undoTimeoutMs: random.int(800, 6_000),
    backoff: backoff(random),
    undoBackoff: backoff(random),
    nonRetryableErrors: random.happens(0.3) ? ['FATAL'] : [],
    undo: random.weighted({ required: 8, always: 1, none: 1 }),
  };
}

function backoff(random: SeededRandom): StepDefinition['backoff'] {
  return {
    initialMs: random.pick([0, 10, 200, 500]),
    factor: 2,
    maxMs: 3_000,
    jitter: random.pick(['none', 'full']),
  };
}
