/** How many flows under way count under each caller, whichever gateway started them. */
import { describe, expect, test } from '@jest/globals';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import type { Store } from '../../src/engine/ports.js';
import { createWire } from '../../src/wire/outgoing.js';
import type { Bench } from './store.js';
import { change, changeRecord, orchestration, startInput } from './store-builders.js';

const wire = createWire({ commandTypeId: null, source: '/test' });

export function storeOpenFlowsContract(bench: () => Bench): void {
  const begin = (store: Store, flowIds: readonly string[], startedBy?: string) => {
    const work = flowIds.map((flowId) => {
      const start = startInput(flowId);
      const request = { ...start, orchestrationName: orchestration().name };
      const delivery = { from: 'caller', kind: 'start', start: request } as const;
      return { delivery, start, startRefused: null, orchestrationPaused: false, startedBy };
    });
    const deliveries = work.map(({ delivery }) => delivery);
    return unitOfWork({ store, wire, resolve: () => work }, deliveries, true);
  };
  const set = (store: Store, flowId: string, ended: boolean) =>
    change(store, flowId, (flow) =>
      changeRecord(flow, ended ? { flow: { status: 'COMPLETED', endedAt: flow.now } } : {}, [
        { type: 'FLOW_RELEASED' },
      ]),
    );

  describe('open flows of a caller', () => {
    test('are counted over all gateways, up to one more than the cap; not those of others, or of nobody', async () => {
      const { one, two, fresh } = bench();
      const ann = fresh('token ann');
      const flows = Array.from({ length: 5 }, () => fresh('counted'));
      await begin(one.store, flows.slice(0, 2), ann);
      await begin(two.store, flows.slice(2), ann);
      await begin(one.store, [fresh('counted')], fresh('token bob'));
      await begin(one.store, [fresh('counted')]);
      const counts = [10, 5, 4, 1].map((cap) => two.readModel.openFlows(ann, cap));
      expect(await Promise.all(counts)).toEqual([5, 5, 5, 2]);
      expect(await two.readModel.openFlows(fresh('token nobody'), 10)).toBe(0);
    });

    test('are open until they end, whatever else changes', async () => {
      const { one, two, fresh } = bench();
      const ann = fresh('token ann');
      const flows = ['changed', 'ended'].map((name) => fresh(name));
      await begin(one.store, flows, ann);
      const [changed = '', ended = ''] = flows;
      await set(two.store, changed, false);
      expect(await one.readModel.openFlows(ann, 10)).toBe(2);
      await set(two.store, ended, true);
      expect(await one.readModel.openFlows(ann, 10)).toBe(1);
    });

    test('a repeated start does not count under the one who repeats it', async () => {
      const { one, fresh } = bench();
      const [ann, bob, flowId] = [fresh('token ann'), fresh('token bob'), fresh('repeated')];
      await begin(one.store, [flowId], ann);
      const { outcomes } = await begin(one.store, [flowId], bob);
      expect(outcomes).toMatchObject([{ kind: 'echo', flowId }]);
      const counts = [ann, bob].map((who) => one.readModel.openFlows(who, 10));
      expect(await Promise.all(counts)).toEqual([1, 0]);
    });
  });
}
