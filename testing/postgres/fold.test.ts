import { expect, test } from '@jest/globals';
import { advance, fold, start as startFlow } from '../../src/saga/advance.js';
import type { Flow } from '../../src/saga/flow.js';
import type { ReplyInput } from '../../src/saga/input.js';
import { next } from '../../src/saga/next.js';
import { dueAt } from '../../src/saga/retry.js';
import {
  change,
  orchestration,
  register,
  startInput,
  stepDefinition,
} from '../contracts/store-builders.js';
import { testDatabase } from '../kit/postgres.js';

const recipe = orchestration('folded', {
  deadlineMs: 60_000,
  steps: ['a', 'b', 'c'].map((name, index) =>
    stepDefinition(index + 1, name, {
      maxRetries: 1,
      backoff: { initialMs: 0, factor: 1, maxMs: 0, jitter: 'none' },
    }),
  ),
});

const reply = (
  stepName: string,
  action: 'DO' | 'UNDO',
  outcome: ReplyInput['outcome'],
  payload: string | null = null,
): ReplyInput => ({
  type: 'REPLY',
  flowId: 'f',
  stepName,
  action,
  outcome,
  attemptId: null,
  payload,
  errorMessage: outcome === 'success' ? null : 'no',
  errorCode: null,
  retryable: false,
});

test('the stored flow is the fold of its stored timeline, and settled, after every reply', async () => {
  const database = await testDatabase();
  try {
    const { store, readModel } = database.open();
    await register(store, recipe);
    const input = startInput('f', { recipe, payload: '{"n":1.0}' });
    await store.road(async (tx) => {
      const { now } = await tx.lock([], []);
      const { flow, events } = startFlow(input, now);
      await tx.record(
        [{ before: null, after: flow, events, outbox: [], withdrawn: [], wakeAt: dueAt(flow) }],
        true,
      );
    });
    const agree = async (): Promise<Flow | undefined> => {
      const stored = (await readModel.flows(['f'])).get('f');
      const events = (await readModel.timeline('f', 0, 1_000)) ?? [];
      const { now: _now, ...folded } = fold(input, events);
      expect(stored).toMatchObject(folded);
      expect(stored && next(stored)).toBeNull();
      return stored;
    };
    await agree();
    const replies = [
      reply('a', 'DO', 'success', '{"a":12345678901234567890}'),
      reply('b', 'DO', 'success', '"b"'),
      reply('c', 'DO', 'failure'),
      reply('a', 'DO', 'success', '"again"'),
      reply('b', 'UNDO', 'success'),
      reply('a', 'UNDO', 'success'),
    ];
    for (const reply of replies) {
      await change(store, 'f', (before) => {
        const { flow, events } = advance(before, reply);
        return { before, after: flow, events, outbox: [], withdrawn: [], wakeAt: dueAt(flow) };
      });
      await agree();
    }
    expect((await agree())?.status).toBe('UNDONE');
  } finally {
    await database.close();
  }
});
