/**
 * An orchestration that is paused, resumed or archived: who and why is kept, new flows are refused
 * or wait, and a resume reaches every flow.
 */
import { describe, expect, test } from '@jest/globals';
import { resolveStarts } from '../../src/engine/intake/resolve-starts.js';
import { unitOfWork } from '../../src/engine/intake/unit-of-work.js';
import { Standings } from '../../src/engine/operations/standing.js';
import type { Delivery, DeliveryOutcome, Store } from '../../src/engine/ports.js';
import type { OrchestrationRequest } from '../../src/engine/service.js';
import { tick } from '../../src/engine/timers/timers.js';
import { silent } from '../../src/observability/log.js';
import { createWire } from '../../src/wire/outgoing.js';
import type { Bench } from './store.js';
import { orchestration, register } from './store-builders.js';

const wire = createWire({ commandTypeId: null, source: '/test' });

const by = { actor: 'ann', reason: 'the partner is down' };

const change = (store: Store, name: string, verb: OrchestrationRequest['verb'], queues = false) =>
  new Standings(store, silent('registry')).apply({ name, verb, queuesStarts: queues, ...by });

const startOf = (orchestrationName: string, flowId: string): Delivery => ({
  from: 'caller',
  kind: 'start',
  start: {
    flowId,
    orchestrationName,
    payload: '{}',
    headers: {},
    initiator: null,
    idempotencyKey: null,
  },
});

/** By the road: looked up, begun, recorded. */
async function begin(
  store: Store,
  name: string,
  flowIds: readonly string[],
): Promise<readonly DeliveryOutcome[]> {
  const starts = flowIds.map((flowId) => startOf(name, flowId));
  return (await unitOfWork({ store, wire }, starts, true)).outcomes;
}

/**
 * What a timer does: takes what is due and looks at it. How many commands each flow was sent by it.
 */
async function fire(store: Store, most = 500): Promise<Map<string, number>> {
  const due = await store.due(most);
  const { records } = await unitOfWork({ store, wire }, due.map(tick), true);
  return new Map(records.map(({ after, outbox }) => [after.flowId, outbox.length]));
}

async function fireAll(store: Store, most?: number): Promise<Map<string, number>> {
  const sent = new Map<string, number>();
  for (let fired = await fire(store, most); fired.size > 0; fired = await fire(store, most))
    for (const [flowId, count] of fired) sent.set(flowId, (sent.get(flowId) ?? 0) + count);
  return sent;
}

export function storeStandingContract(bench: () => Bench): void {
  describe('a paused, resumed or archived orchestration', () => {
    test('keeps who, when and why on every gateway, also over a new version; a second time is refused with the reason', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('standing');
      await register(one.store, orchestration(name));
      await change(one.store, name, 'PAUSE', true);
      await change(two.store, name, 'ARCHIVE');
      await register(one.store, orchestration(name, { version: 2, description: 'newer' }));
      const shown = await two.store.orchestration(name, null);
      const at = expect.any(Number);
      expect(shown).toMatchObject({ paused: true, archived: true });
      expect(shown?.pausedBy).toEqual({ ...by, queuesStarts: true, at });
      expect(shown?.archivedBy).toEqual({ ...by, at });
      const page = await one.readModel.orchestrations(name, 1, null);
      expect(page.items[0]?.item).toEqual(shown);
      const message = 'the orchestration is paused already, by ann: the partner is down';
      expect((await change(two.store, name, 'PAUSE')).problems).toMatchObject([
        { code: 'NOT_ALLOWED', message },
      ]);
      const { row } = await change(two.store, name, 'RESUME');
      const standing = { paused: false, archived: false, pausedBy: null, archivedBy: null };
      expect(row).toMatchObject(standing);
      expect(await one.store.orchestration(name, null)).toMatchObject(standing);
      expect((await change(one.store, name, 'RESUME')).problems).toMatchObject([
        { code: 'NOT_ALLOWED', message: 'the orchestration is neither paused nor archived' },
      ]);
      expect(await change(one.store, `${name}x`, 'PAUSE')).toMatchObject({
        row: null,
        problems: [{ code: 'UNKNOWN_ORCHESTRATION', path: 'name' }],
      });
    });

    test('two operators at one moment: one pauses it, the other is refused', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('standing');
      await register(one.store, orchestration(name));
      const results = await Promise.all(
        [one, two, one, two].map(({ store }) => change(store, name, 'PAUSE')),
      );
      expect(results.flatMap(({ problems }) => problems.map(({ code }) => code))).toEqual([
        'NOT_ALLOWED',
        'NOT_ALLOWED',
        'NOT_ALLOWED',
      ]);
    });

    test('refuses new flows with the code of what was decided, and takes them again afterwards', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('standing');
      await register(one.store, orchestration(name));
      await change(one.store, name, 'PAUSE');
      const refused = (code: string) => [{ kind: 'quarantined', code }];
      const [flowId] = [fresh('flow')];
      expect(await begin(two.store, name, [flowId])).toMatchObject(refused('ORCHESTRATION_PAUSED'));
      await change(one.store, name, 'RESUME');
      await change(one.store, name, 'ARCHIVE');
      expect(await begin(two.store, name, [flowId])).toMatchObject(
        refused('ORCHESTRATION_ARCHIVED'),
      );
      await change(one.store, name, 'RESUME');
      expect(await begin(two.store, name, [flowId])).toMatchObject([{ kind: 'recorded' }]);
    });

    test('a resume reaches all flows that waited, page by page, each once, and no flow of another orchestration', async () => {
      const { one, two, fresh } = bench();
      const [name, other] = [fresh('standing'), fresh('standing')];
      for (const one of [name, other]) await register(bench().one.store, orchestration(one));
      for (const one of [name, other]) await change(bench().one.store, one, 'PAUSE', true);
      const flows = Array.from({ length: 130 }, () => fresh('flow'));
      const others = Array.from({ length: 30 }, () => fresh('flow'));
      const outcomes = await begin(one.store, name, flows);
      await begin(one.store, other, others);
      expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['recorded']));
      const before = await fireAll(one.store);
      expect(flows.filter((flowId) => before.get(flowId))).toEqual([]);
      await change(two.store, name, 'RESUME');
      const sent = await fireAll(one.store, 40);
      for (const [flowId, count] of await fireAll(two.store, 40)) sent.set(flowId, count);
      expect(flows.map((flowId) => sent.get(flowId))).toEqual(flows.map(() => 1));
      expect(others.filter((flowId) => sent.has(flowId))).toEqual([]);
    });

    test('a flow stored while its orchestration is resumed begins all the same', async () => {
      const { rig, one, two, fresh } = bench();
      const name = fresh('standing');
      await register(one.store, orchestration(name));
      await change(one.store, name, 'PAUSE', true);
      const flowId = fresh('flow');
      // Looked up before the resume, stored after its flows were woken.
      const registrations = await one.store.road((tx) => tx.registrations([name]));
      const resolve: typeof resolveStarts = (deliveries, read) =>
        resolveStarts(deliveries, { ...read, registrations });
      await change(two.store, name, 'RESUME');
      await fireAll(two.store);
      await unitOfWork({ store: one.store, wire, resolve }, [startOf(name, flowId)], true);
      expect((await fireAll(two.store)).get(flowId)).toBeUndefined();
      await rig.age(60_000);
      expect((await fireAll(two.store)).get(flowId)).toBe(1);
    });
  });
}
