/** Lists are newest first and page by key; a timeline gives back every event. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { BadCursor, type FlowFilter } from '../../src/engine/ports.js';
import type { EventBody } from '../../src/saga/event.js';
import type { Bench } from './store.js';
import {
  change,
  changeRecord,
  firstStepDone,
  orchestration,
  register,
  start,
  startInput,
} from './store-builders.js';

/** Five flows of two orchestrations, oldest first: c is of `other`, d has failed, e is done. */
async function fiveFlows({ rig, one, fresh }: Bench): Promise<{ readonly [name: string]: string }> {
  const mark = fresh('read');
  const recipe = await register(
    one.store,
    orchestration(mark, { labels: { team: mark, tier: 'one' } }),
  );
  const other = await register(
    one.store,
    orchestration(`${mark}-other`, { labels: { team: mark } }),
  );
  const ids: Record<string, string> = { mark };
  for (const letter of ['a', 'b', 'c', 'd', 'e']) {
    const flowId = `${mark}-${letter}`;
    const wish = {
      recipe: letter === 'c' ? other : recipe,
      initiator: `${mark}-by-${letter}`,
      headers: { correlationId: `${mark}-c-${letter}` },
      idempotencyKey: `${mark}-k-${letter}`,
    };
    await start(one.store, [startInput(flowId, wish)]);
    ids[letter] = flowId;
    await rig.age(0);
  }
  await change(one.store, `${mark}-d`, (flow) =>
    changeRecord(
      flow,
      {
        flow: { status: 'FAILED', endedAt: flow.now, failureReason: 'no' },
        steps: {
          createRealm: { status: 'UNDO_FAIL', errorMessage: `100% of ${mark}_Boom`, open: null },
        },
      },
      [{ type: 'FLOW_FAILED', failureReason: 'no' }],
    ),
  );
  await change(one.store, `${mark}-e`, (flow) =>
    changeRecord(flow, { flow: { status: 'COMPLETED', endedAt: flow.now, output: '1' } }, [
      { type: 'FLOW_COMPLETED', output: '1' },
    ]),
  );
  return ids;
}

export function storeReadingContract(bench: () => Bench): void {
  describe('reading', () => {
    let ids: { readonly [name: string]: string } = {};
    beforeAll(async () => {
      ids = await fiveFlows(bench());
    });
    const found = async (filter: FlowFilter): Promise<string> =>
      (await bench().two.readModel.history(filter, 50, null)).items
        .map(({ item }) => item.flowId.slice(-1))
        .join('');
    const mark = (): string => ids.mark ?? '';

    test('history is newest first, and every filter narrows it', async () => {
      const name = mark();
      const times = (
        await bench().one.readModel.history({ orchestrationName: name }, 10, null)
      ).items.map(({ item }) => item.startedAt);
      const since = (times[1] ?? 0) - 1;
      expect(await found({ orchestrationName: name })).toBe('edba');
      expect(await found({ orchestrationName: `${name}-other` })).toBe('c');
      expect(await found({ orchestrationName: name, statuses: ['FAILED', 'IN_PROGRESS'] })).toBe(
        'dba',
      );
      expect(await found({ orchestrationName: name, statuses: [] })).toBe('');
      expect(await found({ labels: { team: name } })).toBe('edcba');
      expect(await found({ labels: { team: name, tier: 'one' }, statuses: ['IN_PROGRESS'] })).toBe(
        'ba',
      );
      expect(await found({ labels: { team: 'nobody' } })).toBe('');
      expect(await found({ initiator: `${name}-by-b` })).toBe('b');
      expect(await found({ correlationId: `${name}-c-c` })).toBe('c');
      expect(await found({ idempotencyKey: `${name}-k-a` })).toBe('a');
      expect(
        await found({
          orchestrationName: name,
          stepName: 'createRealm',
          stepStatuses: ['UNDO_FAIL'],
        }),
      ).toBe('d');
      expect(
        await found({
          orchestrationName: name,
          stepName: 'createClient',
          stepStatuses: ['UNDO_FAIL'],
        }),
      ).toBe('');
      expect(
        await found({ orchestrationName: name, stepStatuses: ['UNDO_FAIL', 'IN_PROGRESS'] }),
      ).toBe('edba');
      expect(await found({ orchestrationName: name, stepName: 'nobody' })).toBe('');
      expect(await found({ errorContains: `0% of ${name}_b` })).toBe('d');
      expect(await found({ errorContains: `0_ of ${name}` })).toBe('');
      expect(await found({ orchestrationName: name, startedAfter: since })).toMatch(/^ed/);
      expect(await found({ orchestrationName: name, startedBefore: (times.at(-1) ?? 0) + 0 })).toBe(
        '',
      );
    });

    test('several orchestrations and timelines are read as each by itself', async () => {
      const { readModel } = bench().two;
      const names = [mark(), `${mark()}-other`, `${mark()}-nobody`];
      for (const filter of [{}, { statuses: ['IN_PROGRESS'] }, { errorContains: 'boom' }] as const)
        for (const first of [1, 50]) {
          const pages = await readModel.histories(names, filter, { first, after: null });
          const totals = await readModel.counts(names, filter, 2);
          for (const orchestrationName of names) {
            const own = { ...filter, orchestrationName };
            expect(pages.get(orchestrationName)).toEqual(await readModel.history(own, first, null));
            expect(totals.get(orchestrationName)).toBe(await readModel.count(own, 2));
          }
        }
      const after = (await readModel.history({ orchestrationName: mark() }, 1, null)).items[0]
        ?.cursor;
      const second = await readModel.histories(names, {}, { first: 1, after: after ?? null });
      expect(second.get(mark())?.items[0]?.item.flowId).toBe(ids.d);
      const places = [
        { flowId: ids.d ?? '', after: 0, first: 1 },
        { flowId: 'nobody', after: 0, first: 9 },
        { flowId: ids.e ?? '', after: 2, first: 50 },
        { flowId: ids.e ?? '', after: Number.MAX_SAFE_INTEGER, first: 50 },
      ];
      for (const bodies of [true, false])
        expect(await readModel.timelines(places, { bodies })).toEqual(
          await Promise.all(
            places.map(
              async ({ flowId, after: number, first }) =>
                (await readModel.timeline(flowId, number, first, { bodies })) ?? [],
            ),
          ),
        );
    });

    test('pages follow each other without a gap or an echo, also when flows started in one moment', async () => {
      const { one, fresh } = bench();
      const recipe = await register(one.store, orchestration(fresh('recipe')));
      await start(
        one.store,
        Array.from({ length: 7 }, () => startInput(fresh('flow'), { recipe })),
      );
      const seen: string[] = [];
      let after: string | null = null;
      let more = true;
      while (more) {
        const page = await one.readModel.history({ orchestrationName: recipe.name }, 3, after);
        seen.push(...page.items.map(({ item }) => item.flowId));
        after = page.items.at(-1)?.cursor ?? null;
        more = page.hasNextPage;
      }
      expect(seen).toHaveLength(7);
      expect(new Set(seen).size).toBe(7);
      const byStatus = await one.readModel.history(
        { statuses: ['IN_PROGRESS', 'FAILED'] },
        3,
        after,
      );
      expect(byStatus.items.every(({ item }) => !seen.includes(item.flowId))).toBe(true);
    });

    test('of flows in trouble each comes once, however many of its steps are, page after page; counted likewise', async () => {
      const { one, fresh } = bench();
      const initiator = fresh('portal');
      const error = fresh('declined');
      const ids = Array.from({ length: 5 }, () => fresh('flow'));
      for (const flowId of ids) {
        await start(one.store, [startInput(flowId, { initiator })]);
        const steps = {
          createRealm: { status: 'UNDO_FAIL', errorMessage: `${error} here`, open: null },
          createClient: { status: 'RETRY_EXHAUSTED', errorMessage: `${error} there` },
        } as const;
        await change(one.store, flowId, (flow) =>
          changeRecord(flow, { flow: { status: 'UNDOING' }, steps }, [{ type: 'FLOW_RELEASED' }]),
        );
      }
      const troubles = ['UNDO_FAIL', 'RETRY_EXHAUSTED'] as const;
      const filters = [
        { stepStatuses: troubles, initiator },
        { errorContains: error },
        { errorContains: error, stepStatuses: troubles },
      ];
      const narrower = [
        { ...filters[0], statuses: ['UNDOING'] as const },
        { ...filters[1], stepName: 'createClient', orchestrationName: 'accounts' },
      ];
      for (const filter of [...filters, ...narrower]) {
        const seen: string[] = [];
        for (let after: string | null = null; ; ) {
          const page = await one.readModel.history(filter, 2, after);
          seen.push(...page.items.map(({ item }) => item.flowId));
          after = page.items.at(-1)?.cursor ?? null;
          if (!page.hasNextPage) break;
        }
        expect([filter, [...seen].sort()]).toEqual([filter, [...ids].sort()]);
        expect(await one.readModel.historyPage(filter, { page: 0, size: 2, cap: 3 })).toMatchObject(
          {
            total: 3,
            capped: true,
          },
        );
      }
      expect(
        (
          await one.readModel.history(
            { stepStatuses: troubles, initiator, statuses: ['FAILED'] },
            5,
            null,
          )
        ).items,
      ).toEqual([]);
      expect(
        (
          await one.readModel.history(
            { stepStatuses: ['UNDO_FAIL'], stepName: 'createClient', initiator },
            5,
            null,
          )
        ).items,
      ).toEqual([]);
    });

    test('a cursor of another list, or of nobody, is refused', async () => {
      const { readModel } = bench().one;
      const [name] = (await readModel.orchestrations(null, 1, null)).items;
      for (const cursor of [
        'nonsense',
        '',
        name?.cursor ?? '',
        Buffer.from('{"a":1}').toString('base64url'),
        '%00',
      ])
        await expect(readModel.history({}, 1, cursor)).rejects.toThrow(BadCursor);
      const [flow] = (await readModel.history({}, 1, null)).items;
      await expect(readModel.orchestrations(null, 1, flow?.cursor ?? '')).rejects.toThrow(
        BadCursor,
      );
    });

    test('flows are counted up to a cap, with and without a numbered page', async () => {
      const { readModel } = bench().one;
      const filter = { orchestrationName: mark() };
      const second = await readModel.historyPage(filter, { page: 1, size: 3, cap: 100 });
      expect(second.items.map(({ flowId }) => flowId)).toEqual([ids.a]);
      expect([second.total, second.capped]).toEqual([4, false]);
      expect(await readModel.count(filter, 4)).toBe(4);
      expect(await readModel.count(filter, 2)).toBe(3);
      expect(await readModel.count({ ...filter, statuses: ['FAILED'] }, 4)).toBe(1);
      const capped = await readModel.historyPage(filter, { page: 0, size: 1, cap: 3 });
      expect([capped.total, capped.capped]).toEqual([3, true]);
      const failed = (
        await readModel.historyPage(
          { ...filter, statuses: ['FAILED'] },
          { page: 0, size: 5, cap: 100 },
        )
      ).items;
      expect(failed).toMatchObject([
        {
          flowId: ids.d,
          orchestrationName: mark(),
          orchestrationVersion: 1,
          status: 'FAILED',
          failureReason: 'no',
        },
      ]);
    });

    test('a timeline gives back every event, bodies too, from any number on', async () => {
      const { one, two, fresh } = bench();
      const flowId = fresh('flow');
      const [started] = await start(one.store, [startInput(flowId)]);
      const done = await change(one.store, flowId, (flow) => firstStepDone(flow, '{"realm":1.50}'));
      const completed = await change(two.store, flowId, (flow) =>
        changeRecord(
          flow,
          {
            flow: { status: 'COMPLETED', output: '[1]', endedAt: flow.now },
            steps: { createClient: { status: 'DO_SUCCESS', output: null } },
          },
          [
            {
              type: 'DO_SUCCEEDED',
              stepName: 'createClient',
              attempt: 1,
              late: false,
              assumed: false,
              output: null,
            },
            { type: 'FLOW_COMPLETED', output: '[1]' },
          ],
        ),
      );
      const all = [...(started?.events ?? []), ...done.events, ...completed.events];
      const { readModel } = two;
      expect(await readModel.timeline(flowId, 0, 100)).toEqual(all);
      expect(await readModel.timeline(flowId, 1, 3)).toEqual(all.slice(1, 4));
      expect(await readModel.timeline(flowId, 4, 100)).toEqual(all.slice(4));
      expect(await readModel.timeline(flowId, 6, 100)).toEqual([]);
      expect(await readModel.timeline('nobody', 0, 100)).toBeNull();
    });

    test('events of one step keep apart: the newest output is never shown for an older event', async () => {
      const { one, fresh } = bench();
      const flowId = fresh('flow');
      await start(one.store, [startInput(flowId)]);
      const succeed = (output: string | null): EventBody => ({
        type: 'DO_SUCCEEDED',
        stepName: 'createRealm',
        attempt: 1,
        late: true,
        assumed: false,
        output,
      });
      await change(one.store, flowId, (flow) =>
        changeRecord(flow, { steps: { createRealm: { output: '"old"' } } }, [succeed('"old"')]),
      );
      await change(one.store, flowId, (flow) =>
        changeRecord(flow, { steps: { createRealm: { progress: 1 } } }, [
          { type: 'FLOW_RELEASED' },
        ]),
      );
      await change(one.store, flowId, (flow) =>
        changeRecord(flow, { steps: { createRealm: { output: '"new"' } } }, [succeed('"new"')]),
      );
      const events = (await one.readModel.timeline(flowId, 0, 100)) ?? [];
      const outputs = events.flatMap((event) =>
        event.type === 'DO_SUCCEEDED' ? [event.output] : [],
      );
      expect(outputs.at(-1)).toBe('"new"');
      expect(['"old"', null]).toContain(outputs[0]);
    });

    test('flows are read by id, those that are not there are left out', async () => {
      const flows = await bench().one.readModel.flows([ids.a ?? '', 'nobody', ids.e ?? '']);
      expect([...flows.keys()].sort()).toEqual([ids.a, ids.e]);
      expect(flows.get(ids.e ?? '')).toMatchObject({
        status: 'COMPLETED',
        output: '1',
        orchestration: { name: mark() },
      });
    });
  });
}
