/**
 * What is within the name patterns of a reader, and nothing else, is in every list: pages, cursors
 * and counts of it are right.
 */
import { beforeAll, describe, expect, test } from '@jest/globals';
import type { FlowFilter } from '../../src/engine/ports.js';
import { auditRow } from '../kit/audit.js';
import type { Bench } from './store.js';
import { orchestration, position, register, start, startInput } from './store-builders.js';

/** Names with all that a pattern of SQL could take for something else. */
const NAMES = ['a_b', 'aXb', 'a-b', 'other'];

export function storeWithinContract(bench: () => Bench): void {
  describe('reading within name patterns', () => {
    let mark = '';
    const nameOf = (end: string): string => `${mark}-${end}`;
    beforeAll(async () => {
      const { one, fresh, rig } = bench();
      mark = fresh('within');
      for (const end of NAMES) {
        const recipe = await register(one.store, orchestration(nameOf(end)));
        for (const letter of ['1', '2', '3']) {
          const flowId = `${nameOf(end)}-${letter}`;
          const fields = { recipe, headers: { correlationId: mark }, initiator: mark };
          await start(one.store, [startInput(flowId, fields)]);
          await one.store.audit([
            auditRow({ actor: mark, flowId, orchestrationName: nameOf(end), at: null }),
          ]);
          await rig.age(0);
        }
      }
      await one.store.audit([auditRow({ actor: mark, flowId: null, orchestrationName: null })]);
    });
    const within = (...ends: string[]): readonly string[] => ends.map(nameOf);

    test.each([
      [['a_b'], ['a_b']],
      [['a*'], ['a-b', 'aXb', 'a_b']],
      [['*b'], ['a-b', 'aXb', 'a_b']],
      [
        ['a-b', 'oth*'],
        ['a-b', 'other'],
      ],
      [['A*'], []],
      [[], []],
    ])('%j are %j', async (patterns, ends) => {
      const { readModel } = bench().two;
      const filter: FlowFilter = { initiator: mark, within: within(...patterns) };
      const found = (await readModel.history(filter, 50, null)).items.map(({ item }) => item);
      expect(new Set(found.map((flow) => flow.orchestration.name))).toEqual(
        new Set(ends.map(nameOf)),
      );
      expect(found.length).toBe(3 * ends.length);
      expect(await readModel.count(filter, 100)).toBe(found.length);
      const page = await readModel.historyPage(filter, { page: 0, size: 2, cap: 100 });
      expect(page.total).toBe(found.length);
      expect(page.items.map(({ flowId }) => flowId)).toEqual(
        found.slice(0, 2).map(({ flowId }) => flowId),
      );
      const options = { within: within(...patterns) };
      const { items } = await readModel.orchestrations(mark, 50, null, options);
      expect(items.map(({ item }) => item.orchestration.name).sort()).toEqual(
        ends.map(nameOf).sort(),
      );
    });

    test('beside every other filter, page by page', async () => {
      const { readModel } = bench().one;
      const filters: readonly FlowFilter[] = [
        { correlationId: mark },
        { initiator: mark, statuses: ['IN_PROGRESS'] },
        { initiator: mark, stepName: 'createRealm', stepStatuses: ['IN_PROGRESS'] },
        { initiator: mark, orchestrationName: nameOf('a_b') },
      ];
      for (const one of filters) {
        const filter = { ...one, within: within('a_*', 'other') };
        const all = await readModel.history(filter, 50, null);
        expect(all.items.length).toBe('orchestrationName' in one ? 3 : 6);
        const first = await readModel.history(filter, 2, null);
        const next = await readModel.history(filter, 2, first.items.at(-1)?.cursor ?? null);
        expect([...first.items, ...next.items].map(({ item }) => item.flowId)).toEqual(
          all.items.slice(0, 4).map(({ item }) => item.flowId),
        );
      }
      const outside = { orchestrationName: nameOf('a_b'), within: within('other') };
      expect((await readModel.history(outside, 50, null)).items).toEqual([]);
      const names = [nameOf('a_b'), nameOf('other')];
      const counts = await readModel.counts(names, { within: within('oth*') }, 10);
      expect(names.map((name) => counts.get(name))).toEqual([0, 3]);
    });

    test('what a flow runs is known of those there are', async () => {
      const ids = [`${nameOf('a_b')}-1`, 'there is none', `${nameOf('other')}-2`];
      expect(await bench().two.readModel.orchestrationsOf(ids)).toEqual(
        new Map([
          [ids[0], nameOf('a_b')],
          [ids[2], nameOf('other')],
        ]),
      );
    });

    test('near names are of those within', async () => {
      const { store } = bench().one;
      const wanted = nameOf('a_c');
      expect(await store.similarNames(wanted, 1, within('aX*'))).toEqual([nameOf('aXb')]);
      expect(await store.similarNames(nameOf('other'), 3, within('a-b'))).not.toContain(
        nameOf('other'),
      );
    });

    test('records and rows of the audit are those of what is within', async () => {
      const { one, two, fresh } = bench();
      const topic = fresh('topic');
      const cause = { code: 'UNKNOWN_STEP', message: 'no such step', stepName: null };
      const raw = { key: null, value: Buffer.from('{}'), headers: {} };
      const copy = { topic: 'dlq', key: null, value: null, headers: {}, attemptId: null };
      const flowIds = [`${nameOf('a_b')}-1`, `${nameOf('other')}-1`, null];
      for (const [number, flowId] of flowIds.entries()) {
        const at = position(number + 1, { topic });
        const record = { ...cause, flowId, ...raw, position: at, notice: null };
        const sent = { ...copy, flowId: `!${topic}`, number };
        await one.store.road((tx) => tx.refuse([{ ...record, copy: sent }], [], []));
      }
      const all = { state: 'OPEN', flowId: null } as const;
      const page = await two.readModel.quarantine({ ...all, within: within('oth*') }, 50, null);
      expect(page.items.map(({ item }) => item.flowId)).toEqual([`${nameOf('other')}-1`]);
      const filter = { actor: mark, within: within('oth*') };
      const audit = await two.readModel.audit({ filter, first: 2, after: null });
      expect(audit.hasNextPage).toBe(true);
      const after = audit.items.at(-1)?.cursor ?? null;
      const rest = await two.readModel.audit({ filter, first: 2, after });
      const rows = [...audit.items, ...rest.items].map(({ item }) => item.flowId);
      expect(rows).toEqual(['3', '2', '1'].map((letter) => `${nameOf('other')}-${letter}`));
    });
  });
}
