/**
 * What the audit promises: stored with what it is about or not at all, read newest first by any
 * filter, removed by age alone.
 */
import { describe, expect, test } from '@jest/globals';
import { type AuditEntry, type AuditFilter, BadCursor } from '../../src/engine/ports.js';
import { auditRow } from '../kit/audit.js';
import type { Bench, Gateway } from './store.js';
import { startInput, startRecord } from './store-builders.js';

const DAY = 86_400_000;

async function all({ readModel }: Gateway, filter: AuditFilter): Promise<AuditEntry[]> {
  const { items } = await readModel.audit({ filter, first: 100, after: null });
  return items.map(({ item }) => item);
}

export function storeAuditContract(bench: () => Bench): void {
  describe('the audit', () => {
    test('keeps a row as it was given, and puts the time of the database where there is none', async () => {
      const { one, two, fresh } = bench();
      const [actor, flowId] = [fresh('actor'), fresh('flow')];
      const changes = { before: '{"status":"IN_PROGRESS"}', after: '{"status":"UNDOING"}' };
      const whole = auditRow({
        ...{ actor, flowId, at: 1_750_000_000_123, stepName: 'createRealm' },
        ...{
          orchestrationName: 'accounts',
          proven: false,
          outcome: 'REFUSED',
          code: 'NOT_ALLOWED',
        },
        ...changes,
      });
      const bare = auditRow({ actor, origin: null, requestId: null, reason: null });
      await one.store.audit([whole, bare]);
      const [newest, oldest] = await all(two, { actor });
      expect(oldest).toEqual(whole);
      expect(newest).toEqual({ ...bare, at: expect.any(Number) });
      expect(Number(newest?.at)).toBeGreaterThan(1_750_000_000_123);
    });

    test('goes with a road transaction, or not at all', async () => {
      const { one, fresh } = bench();
      const [flowId, actor] = [fresh('flow'), fresh('actor')];
      const start = startInput(flowId);
      const begin = (end: () => void): Promise<void> =>
        one.store.road(async (tx) => {
          await tx.admit([], [start], []);
          const { now } = await tx.lock([], []);
          await tx.record([startRecord(start, now)], true, [auditRow({ actor, flowId, at: now })]);
          end();
        });
      const failed = begin(() => {
        throw new Error('rolled back');
      });
      await expect(failed).rejects.toThrow('rolled back');
      expect(await all(one, { actor })).toEqual([]);
      await begin(() => undefined);
      expect(await all(one, { actor })).toMatchObject([{ flowId, outcome: 'DONE' }]);
    });

    test('goes with a road transaction that changes no flow', async () => {
      const { one, fresh } = bench();
      const actor = fresh('actor');
      await one.store.road((tx) => tx.record([], true, [auditRow({ actor })]));
      expect(await all(one, { actor })).toHaveLength(1);
    });

    test('goes with a registry transaction, or not at all', async () => {
      const { one, fresh } = bench();
      const actor = fresh('actor');
      const work = (end: () => void): Promise<void> =>
        one.store.registry(async (tx) => {
          await tx.audit([auditRow({ actor }), auditRow({ actor, action: 'setPolicy' })]);
          end();
        });
      const failed = work(() => {
        throw new Error('rolled back');
      });
      await expect(failed).rejects.toThrow('rolled back');
      expect(await all(one, { actor })).toEqual([]);
      await work(() => undefined);
      expect(await all(one, { actor })).toHaveLength(2);
    });

    test('is read by each part of a filter, and by all of them together', async () => {
      const { one, fresh } = bench();
      const actor = fresh('actor');
      const flowId = fresh('flow');
      const orchestrationName = fresh('name');
      const at = 1_700_000_000_000;
      await one.store.audit([
        auditRow({ actor, at }),
        auditRow({ actor, at: at + 1, action: 'execute', flowId, orchestrationName }),
        auditRow({ actor, at: at + 2, outcome: 'REFUSED', code: 'NOT_ALLOWED', flowId }),
        auditRow({ actor: fresh('other'), at: at + 1, action: 'execute', flowId }),
      ]);
      const times = async (filter: AuditFilter): Promise<number[]> =>
        (await all(one, filter)).map((entry) => entry.at - at);
      expect(await times({ actor })).toEqual([2, 1, 0]);
      expect(await times({ actor, action: 'execute' })).toEqual([1]);
      expect(await times({ actor, action: 'pauseFlow' })).toEqual([2, 0]);
      expect(await times({ flowId })).toEqual([2, 1, 1]);
      expect(await times({ orchestrationName })).toEqual([1]);
      expect(await times({ actor, outcome: 'REFUSED' })).toEqual([2]);
      expect(await times({ actor, outcome: 'DONE' })).toEqual([1, 0]);
      expect(await times({ actor, from: at + 1 })).toEqual([2, 1]);
      expect(await times({ actor, to: at + 1 })).toEqual([0]);
      expect(await times({ actor, from: at + 1, to: at + 2, flowId, action: 'execute' })).toEqual([
        1,
      ]);
    });

    test('is read page by page, also where many rows have one time', async () => {
      const { one, two, fresh } = bench();
      const actor = fresh('actor');
      const rows = Array.from({ length: 7 }, (_, index) =>
        auditRow({ actor, at: 1_700_000_000_000 + Math.floor(index / 5), reason: `row ${index}` }),
      );
      await one.store.audit(rows);
      const seen: (string | null)[] = [];
      for (let after: string | null = null; ; ) {
        const page = await two.readModel.audit({ filter: { actor }, first: 3, after });
        seen.push(...page.items.map(({ item }) => item.reason));
        if (!page.hasNextPage) break;
        after = page.items.at(-1)?.cursor ?? null;
      }
      expect(seen).toEqual(rows.map(({ reason }) => reason).reverse());
    });

    test('refuses a cursor of another list', async () => {
      const { one } = bench();
      const page = { filter: {}, first: 3, after: 'WyJ4Il0' };
      await expect(one.readModel.audit(page)).rejects.toThrow(BadCursor);
    });

    test('loses what is old enough, in batches, and nothing else', async () => {
      const { one, fresh } = bench();
      const actor = fresh('actor');
      const now = await one.store.road(async (tx) => (await tx.lock([], [])).now);
      const ages = [900, 800, 700, 600, 5];
      await one.store.audit(ages.map((days) => auditRow({ actor, at: now - days * DAY })));
      const removed = await one.store.removing(async (removal) => {
        let sum = 0;
        for (let after: string | null = null; ; ) {
          const batch = await removal.audit(500 * DAY, after, 3);
          sum += batch.removed;
          if (batch.next === null) return sum;
          after = batch.next;
        }
      });
      // Other tests of this suite have old rows, too.
      expect(removed).toBeGreaterThanOrEqual(4);
      expect((await all(one, { actor })).map(({ at }) => Math.round((now - at) / DAY))).toEqual([
        5,
      ]);
    });
  });
}
