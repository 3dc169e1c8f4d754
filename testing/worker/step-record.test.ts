/** Every order in which deliveries, ends and crashes of one step can follow one another. */
import { describe, expect, test } from '@jest/globals';
import {
  decide,
  ended,
  NOTHING_KNOWN,
  prolonged,
  type StepRecord,
} from '../../src/worker/step-record.js';

type Action = 'DO' | 'UNDO';
const OWNERS = ['a', 'b'] as const;
const LEASE = 10;
const success = { kind: 'success', payload: '1', headers: {} } as const;
const failure = { kind: 'failure', message: 'no', code: null, retryable: true } as const;

interface World {
  readonly record: StepRecord;
  readonly running: readonly { readonly owner: string; readonly action: Action }[];
  readonly done: readonly Action[];
  readonly path: string;
}

interface Law {
  readonly complete: boolean;
}

/** What can happen next; throws when something does that must not. */
function* next(world: World, { complete }: Law): Generator<World> {
  const { record, running, done, path } = world;
  for (const owner of OWNERS) {
    if (running.some((one) => one.owner === owner)) continue;
    for (const action of ['DO', 'UNDO'] as const) {
      const moment = { owner, now: 0, until: LEASE, complete };
      const decision = decide(action, record, moment);
      const at = `${path} ${owner}:${action}>${decision.kind}`;
      const stored = 'record' in decision ? decision.record : record;
      if (decision.kind === 'run') {
        check(at, action !== 'DO' || !done.includes('UNDO'), 'a DO runs after its UNDO');
        check(at, !done.includes(action), 'what is done runs again');
        const mine = running.filter((one) => record[placeOf(one.action)]?.state === 'running');
        check(at, mine.length === 0, 'two handlers of a step run');
        yield { ...world, record: stored, running: [...running, { owner, action }], path: at };
      } else if (stored !== record) yield { ...world, record: stored, path: at };
      if (decision.kind === 'nothing-to-undo')
        check(at, complete && !done.includes('DO'), 'what was done counts as nothing');
    }
  }
  for (const one of running) {
    const rest = running.filter((other) => other !== one);
    for (const outcome of [success, failure]) {
      const after = ended(one.action, record, one.owner, outcome) ?? record;
      const counted = outcome === success ? [...done, one.action] : done;
      const at = `${path} ${one.owner}:${one.action}=${outcome.kind}`;
      yield { ...world, record: after, running: rest, done: counted, path: at };
    }
    // Its process has gone, and its time is over.
    const left = expiredOf(record, one.owner);
    yield { ...world, record: left, running: rest, path: `${path} ${one.owner}:crash` };
  }
}

const placeOf = (action: Action): 'do' | 'undo' => (action === 'DO' ? 'do' : 'undo');

function expiredOf({ do: first, undo }: StepRecord, owner: string): StepRecord {
  const over = <T extends StepRecord['undo']>(held: T): T =>
    held?.state === 'running' && held.owner === owner ? { ...held, until: 0 } : held;
  return { do: over(first), undo: over(undo) };
}

function check(path: string, holds: boolean, law: string): void {
  if (!holds) throw new Error(`${law}:${path}`);
}

/** How many different states there are. */
function walk(law: Law): number {
  const first: World = { record: NOTHING_KNOWN, running: [], done: [], path: '' };
  const seen = new Set<string>();
  let level = [first];
  while (level.length > 0) {
    const following: World[] = [];
    for (const world of level)
      for (const one of next(world, law)) {
        const { path: _, ...state } = one;
        const key = JSON.stringify(state);
        if (seen.has(key)) continue;
        seen.add(key);
        following.push(one);
      }
    level = following;
  }
  return seen.size;
}

describe('what a worker remembers of a step', () => {
  test('never runs a DO after its UNDO, nor anything twice, in any order of events', () => {
    expect(walk({ complete: true })).toBeGreaterThan(30);
    expect(walk({ complete: false })).toBeGreaterThan(30);
  });

  test('replies again what a handler has returned', () => {
    const moment = { owner: 'a', now: 0, until: LEASE, complete: true };
    const decision = decide('DO', NOTHING_KNOWN, moment);
    const record = decision.kind === 'run' ? ended('DO', decision.record, 'a', success) : null;
    expect(decide('DO', record ?? NOTHING_KNOWN, moment)).toEqual({
      kind: 'repeat',
      outcome: success,
    });
  });

  test('takes over from a process that has crashed, which then cannot prolong its time', () => {
    const running = { state: 'running', owner: 'a', until: LEASE } as const;
    const record: StepRecord = { do: running, undo: null };
    const moment = { owner: 'b', now: LEASE + 1, until: 3 * LEASE, complete: true };
    expect(prolonged('DO', record, 'a', 2 * LEASE)).toEqual({
      do: { ...running, until: 2 * LEASE },
      undo: null,
    });
    const taken = decide('DO', record, moment);
    expect(taken.kind).toBe('run');
    const now = 'record' in taken ? taken.record : record;
    expect(prolonged('DO', now, 'a', 4 * LEASE)).toBeNull();
    expect(ended('DO', now, 'a', failure)).toBeNull();
    // What it did although its time was over, counts.
    expect(ended('DO', now, 'a', success)?.do).toEqual({ state: 'done', outcome: success });
  });

  test('runs the UNDO of a DO that failed: part of it may be in place', () => {
    const record: StepRecord = { do: { state: 'failed' }, undo: null };
    const moment = { owner: 'a', now: 0, until: LEASE, complete: true };
    expect(decide('UNDO', record, moment).kind).toBe('run');
  });
});
