/** Versions never change, names differ as Kafka's topics do, and a rollback leaves nothing. */
import { describe, expect, test } from '@jest/globals';
import type { WorkerRow } from '../../src/engine/ports.js';
import type { Bench } from './store.js';
import { orchestration, register, start, startInput, stepDefinition } from './store-builders.js';

const worker = (
  orchestrationName: string,
  stepName: string,
  more: Partial<WorkerRow> = {},
): WorkerRow => ({
  orchestrationName,
  stepName,
  serviceName: 'realms',
  objectType: 'String',
  handlerClass: null,
  doMethod: 'doRealm',
  undoMethod: null,
  ...more,
});

export function storeRegistryContract(bench: () => Bench): void {
  describe('the registry', () => {
    test('a version comes back as it was registered, the newest unless another is named', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('recipe');
      const steps = [
        stepDefinition(1, 'a', {
          payloadSchema: { type: 'object', required: ['x'] },
          nonRetryableErrors: ['E1', 'E"2'],
          undo: 'always',
        }),
        stepDefinition(10, 'b', {
          payloadSchema: false,
          undo: 'none',
          doMethod: 'x',
          undoMethod: 'y',
          handlerClass: 'C',
          handlerMethod: 'm',
          undoHandlerMethod: 'u',
          objectType: null,
        }),
      ];
      const first = orchestration(name, {
        steps,
        deadlineMs: 86_400_000_000,
        labels: { team: 'iam', '"': 'x' },
        description: 'ü',
        type: 'PARALLEL',
      });
      const second = {
        ...first,
        version: 2,
        onRetriesExhausted: 'hold',
        onUndoExhausted: 'continue',
        deadlineMs: null,
      } as const;
      await register(one.store, first, 'portal');
      await register(one.store, second);
      const newest = await two.store.orchestration(name, null);
      expect(newest).toEqual({
        orchestration: second,
        initiator: null,
        paused: false,
        archived: false,
        pausedBy: null,
        archivedBy: null,
        createdAt: newest?.createdAt,
        policies: [],
      });
      expect(newest?.createdAt).toBeGreaterThan(1_700_000_000_000);
      expect(await two.store.orchestration(name, 1)).toMatchObject({
        orchestration: first,
        initiator: 'portal',
      });
      expect([
        await two.store.orchestration(name, 3),
        await two.store.orchestration('nobody', null),
      ]).toEqual([null, null]);
    });

    test('a transaction sees what it registered itself; rolled back, it was never there, and the number is free again', async () => {
      const { one, fresh } = bench();
      const name = fresh('recipe');
      const failed = one.store.registry(async (tx) => {
        await tx.saveVersion(orchestration(name, { description: 'wrong' }), null);
        expect((await tx.current([name])).get(name)?.orchestration.description).toBe('wrong');
        throw new Error('not so');
      });
      await expect(failed).rejects.toThrow('not so');
      expect(await one.store.orchestration(name, null)).toBeNull();
      await register(one.store, orchestration(name, { description: 'right' }));
      expect((await one.store.orchestration(name, 1))?.orchestration.description).toBe('right');
    });

    test('registrations at one moment take turns', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('recipe');
      const next = (store: typeof one.store): Promise<void> =>
        store.registry(async (tx) => {
          await tx.lockRegistry();
          const version = ((await tx.current([name])).get(name)?.orchestration.version ?? 0) + 1;
          await tx.saveVersion(orchestration(name, { version }), null);
        });
      await Promise.all([one, two, one, two].map(({ store }) => next(store)));
      expect((await one.store.orchestration(name, null))?.orchestration.version).toBe(4);
    });

    test('workers are known by orchestration, step and service; the last registration counts', async () => {
      const { one, two, fresh } = bench();
      const name = fresh('recipe');
      const rows = [
        worker(name, 'a'),
        worker(name, 'a', { serviceName: 'other' }),
        worker(name, 'b', { handlerClass: 'C' }),
      ];
      await one.store.registry((tx) => tx.saveWorkers(rows));
      const changed = worker(name, 'a', { doMethod: null, undoMethod: 'u' });
      await one.store.registry((tx) => tx.saveWorkers([changed]));
      const known = await two.store.registry((tx) => tx.workers([name, 'nobody']));
      const byKey = (a: WorkerRow, b: WorkerRow): number =>
        `${a.stepName}/${a.serviceName}` < `${b.stepName}/${b.serviceName}` ? -1 : 1;
      expect([...known].sort(byKey)).toEqual([changed, ...rows.slice(1)].sort(byKey));
      expect(await two.readModel.workersOf([name])).toEqual(
        new Map([
          [`${name}/a`, ['other', 'realms']],
          [`${name}/b`, ['realms']],
        ]),
      );
    });

    test('steps whose topics Kafka takes for equal collide', async () => {
      const { one, fresh } = bench();
      const stem = fresh('n').replace('-', '');
      await register(one.store, orchestration(stem, { steps: [stepDefinition(1, 'b_c')] }));
      await one.store.registry((tx) => tx.saveWorkers([worker(`${stem}_w`, 'x')]));
      const topics = [
        `orchestrator.${stem}_b.c.do`,
        `orchestrator.${stem}.w_x.undo`,
        `orchestrator.${stem}.other.do`,
      ];
      const owners = await one.store.registry((tx) => tx.topicOwners(topics));
      expect([...owners].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual([
        { name: stem, stepName: 'b_c', topic: `orchestrator.${stem}.b_c.do` },
        { name: `${stem}_w`, stepName: 'x', topic: `orchestrator.${stem}_w.x.undo` },
      ]);
    });

    test('flows in flight are counted by orchestration', async () => {
      const { one, fresh } = bench();
      const recipe = await register(one.store, orchestration(fresh('recipe')));
      await start(one.store, [
        startInput(fresh('flow'), { recipe }),
        startInput(fresh('flow'), { recipe }),
      ]);
      expect(await one.store.registry((tx) => tx.flowsInFlight(recipe.name))).toBe(2);
      expect(await one.store.registry((tx) => tx.flowsInFlight('nobody'))).toBe(0);
    });

    test('a misspelt name has suggestions, the nearest first', async () => {
      const { one, fresh } = bench();
      const name = `tenantCreation${fresh('').replace('-', '')}`;
      await register(one.store, orchestration(name));
      await register(one.store, orchestration(`${name}Two`));
      expect(
        await one.store.similarNames(name.toLowerCase().replace('creation', 'cration'), 2),
      ).toEqual([name, `${name}Two`]);
      expect(await one.store.similarNames('zzzzzzzzzzzzzzzzzz', 3)).toEqual([]);
    });

    test('orchestrations are listed by name, in pages', async () => {
      const { one, fresh } = bench();
      const mark = fresh('list');
      for (const letter of ['c', 'a', 'b'])
        await register(one.store, orchestration(`${mark}_${letter}`, { version: 1 }));
      await register(one.store, orchestration(`${mark}_a`, { version: 2 }));
      const first = await one.readModel.orchestrations(mark.toUpperCase(), 2, null);
      expect(
        first.items.map(({ item }) => [item.orchestration.name, item.orchestration.version]),
      ).toEqual([
        [`${mark}_a`, 2],
        [`${mark}_b`, 1],
      ]);
      const next = await one.readModel.orchestrations(mark, 2, first.items.at(-1)?.cursor ?? null);
      expect([
        first.hasNextPage,
        next.hasNextPage,
        next.items.map(({ item }) => item.orchestration.name),
      ]).toEqual([true, false, [`${mark}_c`]]);
    });
  });
}
