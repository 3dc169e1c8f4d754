/** Orchestrations at random, small enough to end soon, strange enough to meet every rule. */
import type { Orchestration, StepDefinition } from '../../src/saga/orchestration.js';
import { parallel, type Recipe, sequential } from '../kit/builders.js';
import type { Chance } from './chance.js';

export const STEP_NAMES = ['book', 'charge', 'ship', 'tell'] as const;

export function recipes(chance: Chance, count: number): Orchestration[] {
  return Array.from({ length: count }, (_, index) => recipe(chance, `orch${index}`).orchestration);
}

function recipe(chance: Chance, name: string): Recipe {
  const steps = STEP_NAMES.slice(0, chance.int(1, STEP_NAMES.length));
  let made = chance.happens(0.6) ? sequential(name, ...steps) : parallel(name, ...steps);
  for (const step of steps) made = made.step(step, settings(chance));
  if (chance.happens(0.15)) made = made.hold();
  if (chance.happens(0.4)) made = made.continues();
  return chance.happens(0.3) ? made.deadline(chance.int(1_000, 20_000)) : made;
}

function settings(chance: Chance): Partial<Omit<StepDefinition, 'seq' | 'name'>> {
  return {
    maxRetries: chance.int(0, 3),
    undoMaxRetries: chance.int(0, 4),
    timeoutMs: chance.int(800, 6_000),
    undoTimeoutMs: chance.int(800, 6_000),
    backoff: backoff(chance),
    undoBackoff: backoff(chance),
    nonRetryableErrors: chance.happens(0.3) ? ['FATAL'] : [],
    undo: chance.weighted({ required: 8, always: 1, none: 1 }),
  };
}

function backoff(chance: Chance): StepDefinition['backoff'] {
  return {
    initialMs: chance.pick([0, 10, 200, 500]),
    factor: 2,
    maxMs: 3_000,
    jitter: chance.pick(['none', 'full']),
  };
}
