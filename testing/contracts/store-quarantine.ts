/** What the quarantine promises: listed newest first, settled once, with who and why. */
import { describe, expect, test } from '@jest/globals';
import type { QuarantineFilter, RecordPosition } from '../../src/engine/ports.js';
import { auditRow } from '../kit/audit.js';
import type { Bench, Gateway } from './store.js';
import { position } from './store-builders.js';

const ALL: QuarantineFilter = { state: null, flowId: null };
const cause = { code: 'NOT_JSON', message: 'no JSON', stepName: null };

export function storeQuarantineContract(bench: () => Bench): void {
  /** Puts a record away and answers its id. */
  async function kept(
    one: Gateway,
    flowId: string,
    at: RecordPosition = position(7),
  ): Promise<string> {
    const copy = {
      topic: 'dlq',
      key: null,
      value: null,
      headers: {},
      flowId: `!${flowId}`,
      number: Number(at.offset),
      attemptId: null,
    };
    const raw = {
      key: null,
      value: Buffer.from('{"a'),
      headers: { traceparent: '00-1', bytes: Buffer.from('b') },
    };
    await one.store.road((tx) =>
      tx.refuse([{ ...cause, flowId, ...raw, position: at, copy, notice: null }], [], []),
    );
    const { items } = await one.readModel.quarantine({ state: null, flowId }, 1, null);
    return items[0]?.item.id ?? 'none';
  }
  const replay = (id: string) => ({ id, actor: 'ann', reason: 'the flow exists now' });

  describe('the quarantine', () => {
    test('lists what it has, newest first, in pages, by state and by flow', async () => {
      const { one, fresh } = bench();
      const flowId = fresh('flow');
      const topic = fresh('topic');
      const ids = [];
      for (const offset of [1, 2, 3])
        ids.push(await kept(one, flowId, position(offset, { topic })));
      const first = await one.readModel.quarantine({ state: 'OPEN', flowId }, 2, null);
      expect(first.items.map(({ item }) => item.id)).toEqual([ids[2], ids[1]]);
      expect(first.hasNextPage).toBe(true);
      const next = await one.readModel.quarantine(
        { state: 'OPEN', flowId },
        2,
        first.items.at(-1)?.cursor ?? null,
      );
      expect(next.items.map(({ item }) => [item.id, item.topic, item.offset, item.state])).toEqual([
        [ids[0], topic, 1n, 'OPEN'],
      ]);
      expect(next.hasNextPage).toBe(false);
      expect(
        (await one.readModel.quarantine({ state: 'DISCARDED', flowId }, 2, null)).items,
      ).toEqual([]);
      expect((await one.readModel.quarantine(ALL, 1, null)).items[0]?.item.id).toBe(ids[2]);
    });

    test('keeps the record whole, its headers as text', async () => {
      const { one, fresh } = bench();
      const flowId = fresh('flow');
      const record = await one.readModel.quarantined(await kept(one, flowId));
      expect(record).toMatchObject({
        ...cause,
        flowId,
        partition: 0,
        state: 'OPEN',
        settled: null,
      });
      expect(Buffer.from(record?.value ?? []).toString()).toBe('{"a');
      expect(
        Object.entries(record?.headers ?? {}).map(([name, value]) => `${name}=${value}`),
      ).toEqual(['traceparent=00-1', 'bytes=b']);
    });

    test('of two who replay a record the second finds it settled', async () => {
      const { one, two, fresh } = bench();
      const id = await kept(one, fresh('flow'));
      const open = ({ store }: Gateway) =>
        store.road(async (tx) => {
          const { open: found } = await tx.admit([], [], [id]);
          if (found.has(id)) await tx.refuse([], [], [replay(id)]);
          return found.has(id);
        });
      expect((await Promise.all([open(one), open(two)])).toSorted()).toEqual([false, true]);
      expect(await one.readModel.quarantined(id)).toMatchObject({
        state: 'REPLAYED',
        settled: { actor: 'ann', reason: 'the flow exists now' },
      });
      expect(await one.store.settleQuarantined(replay(id), 'DISCARDED', auditRow())).toBe(false);
    });

    test('is settled alone as well, once', async () => {
      const { one, two, fresh } = bench();
      const id = await kept(one, fresh('flow'));
      expect(await one.store.settleQuarantined(replay(id), 'DISCARDED', auditRow())).toBe(true);
      expect(await two.store.settleQuarantined(replay(id), 'DISCARDED', auditRow())).toBe(false);
      expect((await two.readModel.quarantined(id))?.state).toBe('DISCARDED');
    });

    test.each(['0', '-1', 'x', '99999999999999999999', '900000000000000000'])(
      'has nothing under the id %p',
      async (id) => {
        const { one } = bench();
        expect(await one.readModel.quarantined(id)).toBeNull();
        expect(await one.store.settleQuarantined(replay(id), 'DISCARDED', auditRow())).toBe(false);
      },
    );
  });
}
