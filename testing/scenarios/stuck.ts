/** Flows whose UNDO was given up: where the scenarios about that begin. */
import { failed, ok, okWith, parallel, type Recipe, sequential } from '../kit/builders.js';
import type { Scenario } from '../kit/scenario.js';

export const abc = sequential('abc', 'a', 'b', 'c').timeout('10s');
export const pqr = parallel('pqr', 'p', 'q', 'r').timeout('10s');

/** a and b are done, c has failed, the UNDO of b has failed. */
export function stuck(s: Scenario, recipe: Recipe = abc): Scenario {
  return s
    .given(recipe)
    .start()
    .sends('DO a')
    .answers(okWith('A'))
    .sends('DO b')
    .answers(okWith('B'))
    .sends('DO c')
    .answers(failed('c broke'))
    .sends('UNDO b')
    .answers(failed('b sticks'));
}

/** p and q are done, r has failed, the UNDO of q has failed while that of p is open. */
export function halfStuck(s: Scenario, recipe: Recipe = pqr): Scenario {
  return s
    .given(recipe)
    .start()
    .sends('DO p')
    .sends('DO q')
    .sends('DO r')
    .answerTo('DO p', ok)
    .answerTo('DO q', ok)
    .answerTo('DO r', failed('r broke'))
    .sends('UNDO q')
    .sends('UNDO p')
    .answerTo('UNDO q', failed('q sticks'));
}
