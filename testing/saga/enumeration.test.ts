/**
 * Small flows, exhaustively: every state, every input in it. `npm run laws` goes further than
 * `npm test`, `-- --deep` further still.
 */
import { describe, expect, test } from '@jest/globals';
import { DEPTHS, type Depth, sizes, worldSizes } from './sizes.js';
import { differences, readTable, recordingInto, type Table } from './table.js';
import { walk } from './walk.js';
import { walkWorld } from './world.js';

const depth: Depth = DEPTHS.find((one) => one === process.env.LAWS) ?? 'short';
const LONG = depth === 'deep' ? 7_200_000 : 600_000;

/** What the code does and the model's table does not list, and the rule it follows. */
const BEYOND_THE_TABLE: readonly (readonly [pattern: RegExp, why: string])[] = [
  [
    / \| PENDING \| DO[+?] → /,
    "the table's own note: a DO that was withdrawn; a reply proves that it was sent (rules.md#what-is-undone, #late-success)",
  ],
  [
    /→next \| due → unchanged$/,
    'paused or held: the time has come, nothing is sent (rules.md#hold, #pause-and-skip)',
  ],
  [
    /^(IN_PROGRESS \| DO_FAIL|UNDOING \| UNDO_FAIL)→next \| retry → (IN_PROGRESS|UNDOING)$/,
    'the scheduled attempt runs now (rules.md#resend)',
  ],
  [
    /^IN_PROGRESS \| RETRY_EXHAUSTED \| retry → IN_PROGRESS$/,
    'nothing else is held, so it is sent at once (rules.md#hold)',
  ],
  [
    /^IN_PROGRESS \| IN_PROGRESS \| (DO\?|timeout) → UNDOING: RETRY_EXHAUSTED$/,
    'its UNDO waits: paused (rules.md#pause-and-skip), or another DO of a parallel flow',
  ],
  [
    /^FAILED \| (DO_FAIL|RETRY_EXHAUSTED|UNDO_SUCCESS) \| DO[+?]old → DO_SUCCESS$/,
    'a late success counts whichever attempt it answers (rules.md#which-answer-counts, #late-success)',
  ],
  [
    /^FAILED \| DO_FAIL \| retry → unchanged$/,
    'every DO of it was answered with a failure: nothing to undo (rules.md#what-is-undone)',
  ],
  [
    /^FAILED \| DO_SUCCESS \| retry → unchanged$/,
    'it was skipped: never undone (rules.md#pause-and-skip)',
  ],
  [
    /^FAILED \| DO_SUCCESS \| retry → UNDOING: DO_SUCCESS$/,
    'a later step is undone first (rules.md#undo-order)',
  ],
  [
    /^FAILED \| UNDO_FAIL \| UNDO\+old → UNDO_SUCCESS$/,
    'as for UNDO+: another UNDO was given up, too (rules.md#undo-exhausted, #which-answer-counts)',
  ],
  [
    /^UNDOING \| UNDO_SUCCESS \| DO[+?]old → UNDO_FAIL \+owes round$/,
    'as for DO+: it is out of rounds (rules.md#late-success)',
  ],
  [
    /^UNDOING \| (UNDOING \| UNDO\+old|UNDO_FAIL→next \| UNDO\+) → FAILED: DO_SUCCESS$/,
    'as for UNDO+: it owes a round, and another UNDO was given up (rules.md#undo-exhausted, #late-success)',
  ],
];

describe('every state of small flows', () => {
  const reached: Table = new Map();
  let states = 0;
  let edges = 0;
  let refused = 0;

  const bySteps = Map.groupBy(
    sizes(depth),
    (size) => `${size.orchestration.steps.length} steps, ${size.orchestration.type}`,
  );
  test.each([...bySteps])(
    '%s: the laws hold in every state and on every edge',
    (_, some) => {
      for (const size of some) {
        const alike = size.orchestration.steps.every((step) => step.undo === 'required');
        const walked = walk(size, alike ? recordingInto(reached) : undefined);
        expect(walked.states).toBeGreaterThan(10);
        states += walked.states;
        edges += walked.edges;
        refused += walked.refused;
      }
      process.stdout.write(
        `walked so far: ${states} states, ${edges} edges, ${refused} refusals\n`,
      );
    },
    LONG,
  );

  test('each result that transitions.md lists is reached', () => {
    expect(differences(readTable(), reached).missing).toEqual([]);
  });

  test('each result that is reached is listed in transitions.md, or named here with its rule', () => {
    const { unlisted } = differences(readTable(), reached);
    expect(
      unlisted.filter((line) => !BEYOND_THE_TABLE.some(([pattern]) => pattern.test(line))),
    ).toEqual([]);
    // Some of these take longer walks than those of every test run.
    for (const [pattern] of depth === 'short' ? [] : BEYOND_THE_TABLE)
      expect(unlisted.filter((line) => pattern.test(line))).not.toEqual([]);
  });
});

describe('a world with effects', () => {
  test.each(worldSizes(depth).map((size) => [size.orchestration.name, size] as const))(
    '%s: when a flow is UNDONE and nothing is in flight, no effect of a step is left',
    (_, size) => {
      const seen = walkWorld(size);
      expect(seen.undone).toBeGreaterThan(0);
      process.stdout.write(
        `${seen.worlds} worlds, ${seen.undone} of them UNDONE with nothing in flight\n`,
      );
    },
    LONG,
  );
});
