/** What is stored around a flow, for a diagnosis. */
import { describe, expect, test } from '@jest/globals';
import type { EventBody } from '../../src/saga/event.js';
import type { StepRun } from '../../src/saga/flow.js';
import type { Bench } from './store.js';
import {
  change,
  changeRecord,
  orchestration,
  register,
  start,
  startInput,
} from './store-builders.js';

export function storeSurroundingsContract(bench: () => Bench): void {
  describe('what is around a flow', () => {
    const ended = (stepName: string): EventBody => ({
      type: 'DO_FAILED',
      stepName,
      attempt: 1,
      errorMessage: null,
      errorCode: null,
      final: false,
      unknown: false,
    });

    test('its commands in the outbox, whether it is parked, and the clock', async () => {
      const { one, two, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      const around = await two.readModel.surroundings(flowId);
      const flow = (await two.readModel.flows([flowId])).get(flowId);
      expect(around).toMatchObject({
        orchestrationName: flow?.orchestration.name,
        status: 'IN_PROGRESS',
        startedAt: flow?.startedAt,
        parked: null,
        unsent: [expect.stringMatching(`^${flowId}:createRealm:DO:`)],
      });
      expect(around?.now).toBeGreaterThanOrEqual(flow?.startedAt ?? Number.POSITIVE_INFINITY);
      await one.store.road((tx) => tx.refuse([], [{ flowId, reason: 'broken' }], []));
      expect((await two.readModel.surroundings(flowId))?.parked).toBe('broken');
      expect(await two.readModel.surroundings('nobody')).toBeNull();
    });

    test('when a worker first and last answered each step, in any flow of the orchestration; a timeout or a skip is no answer', async () => {
      const { one, fresh } = bench();
      const name = fresh('answered');
      const recipe = orchestration(name);
      await register(one.store, recipe);
      const flows = ['done', 'failed', 'timed', 'skipped', 'wanted'].map((flow) => fresh(flow));
      await start(
        one.store,
        flows.map((flowId) => startInput(flowId, { recipe })),
      );
      const [done = '', failed = '', timed = '', skipped = '', wanted = ''] = flows;
      const at = (await one.readModel.surroundings(wanted))?.now ?? 0;
      const set = (flowId: string, steps: Readonly<Record<string, Partial<StepRun>>>) =>
        change(one.store, flowId, (flow) => changeRecord(flow, { steps }, [ended('createRealm')]));
      await set(done, {
        createRealm: { status: 'UNDO_SUCCESS', endedAt: at + 10, undoneAt: at + 20 },
      });
      await set(failed, { createRealm: { status: 'DO_FAIL', endedAt: at + 40, errorCode: 'E' } });
      await set(timed, {
        createRealm: { status: 'DO_FAIL', endedAt: at + 1, errorCode: 'TIMEOUT' },
        createUser: { status: 'DO_FAIL', endedAt: at + 1, errorCode: 'TIMEOUT' },
      });
      await set(skipped, {
        createRealm: { status: 'DO_SUCCESS', endedAt: at + 2, skipped: true },
        createClient: { status: 'UNDO_SUCCESS', undoneAt: at + 3, skipped: true },
      });
      const answers = (await one.readModel.surroundings(wanted))?.answers;
      expect(answers).toEqual(
        new Map([
          ['createRealm/DO', { first: at + 10, last: at + 40 }],
          ['createRealm/UNDO', { first: at + 20, last: at + 20 }],
        ]),
      );
    });
  });
}
