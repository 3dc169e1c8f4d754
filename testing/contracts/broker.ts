/** What the engine relies on from any broker; run over the in-process one and over a real Kafka. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Broker, Delivery, InboxPosition, InboxSource, OutboxRow, WorkerClient } from '../../src/engine/ports.js';

export interface BrokerUnderTest {
  readonly broker: Broker;
  readonly worker: (group: string) => Promise<WorkerClient>;
  /** A second member of the same group, where that exists. */
  readonly another?: () => Promise<Broker>;
  close(): Promise<void>;
}

/** An inbox that remembers, as the store's does. */
export class MemoryInbox implements InboxSource {
  readonly positions = new Map<string, InboxPosition>();

  async inbox(topic: string): Promise<readonly InboxPosition[]> {
    return [...this.positions.values()].filter((one) => one.topic === topic);
  }

  async resetInbox(topic: string, partition: number, nextOffset: bigint): Promise<void> {
    this.positions.set(`${topic}/${partition}`, { topic, partition, nextOffset, lastTimestamp: null });
  }

  admit(deliveries: readonly Delivery[]): void {
    for (const { position } of deliveries) {
      if (position === null) continue;
      const { topic, partition, offset, timestamp } = position;
      this.positions.set(`${topic}/${partition}`, { topic, partition, nextOffset: offset + 1n, lastTimestamp: timestamp });
    }
  }
}

/** Collects what a broker delivers and waits for it. */
export class Collected {
  readonly deliveries: Delivery[] = [];
  private waiting: (() => void)[] = [];

  constructor(readonly inbox: MemoryInbox) {}

  readonly intake = async (deliveries: readonly Delivery[]): Promise<void> => {
    this.deliveries.push(...deliveries);
    this.inbox.admit(deliveries);
    for (const wake of this.waiting.splice(0)) wake();
  };

  get texts(): string[] {
    return this.deliveries.map(({ raw }) => Buffer.from(raw?.value ?? new Uint8Array()).toString());
  }

  /** Resolves when the condition holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.waiting.push(resolve);
      });
    }
  }
}

/** Everything is a reply that nobody understands: what is tested is how it comes, not what it means. */
export const decodeNothing = (): Pick<Delivery, 'input' | 'start' | 'registration' | 'poison'> => ({
  input: null,
  start: null,
  registration: null,
  poison: { code: 'X', message: '', flowId: null, stepName: null },
});

let counter = 0;
export function rowTo(topic: string, value: string | Uint8Array, changes: Partial<OutboxRow> = {}): OutboxRow {
  return { flowId: 'f', number: ++counter, topic, key: 'f', value, headers: { h: 'v' }, attemptId: null, ...changes };
}

/** `intake` is the topic the broker reads. */
export function brokerContract(name: string, open: () => Promise<BrokerUnderTest>, intake: string): void {
  describe(`${name}: what the engine relies on`, () => {
    let under: BrokerUnderTest;
    const inbox = new MemoryInbox();
    const collected = new Collected(inbox);
    const own = `${intake}.commands`;
    beforeAll(async () => {
      under = await open();
      await under.broker.ensureTopics([own]);
      await under.broker.consume(collected.intake, inbox);
    });
    afterAll(() => under.close());

    const publish = async (...rows: OutboxRow[]): Promise<string[]> =>
      (await under.broker.publisher.publish(rows)).map(({ result }) => result);

    test('it is ready once it reads', () => {
      expect(under.broker.health().ready).toBe(true);
    });

    test('what is published comes back with key, bytes, headers and place', async () => {
      const bytes = new Uint8Array([0, 255, 10, 13]);
      expect(await publish(rowTo(intake, bytes, { key: new Uint8Array([7]) }))).toEqual(['ok']);
      await collected.until(() => collected.deliveries.some(({ raw }) => raw?.value?.length === 4));
      const { raw, position } = collected.deliveries.find((one) => one.raw?.value?.length === 4) as Delivery;
      expect([...(raw?.value ?? [])]).toEqual([...bytes]);
      expect([...(raw?.key ?? [])]).toEqual([7]);
      expect(position).toMatchObject({
        topic: intake,
        partition: expect.any(Number),
        offset: expect.any(BigInt),
        timestamp: expect.any(Number),
      });
    });

    test('messages of one key keep their order, over many calls', async () => {
      for (let call = 0; call < 10; call++) {
        await publish(...Array.from({ length: 20 }, (_, index) => rowTo(intake, `order ${call * 20 + index}`)));
      }
      const mine = (): string[] => collected.texts.filter((text) => text.startsWith('order '));
      await collected.until(() => mine().length >= 200);
      expect(mine()).toEqual(Array.from({ length: 200 }, (_, index) => `order ${index}`));
    });

    test('a deleted command topic does not stop the others', async () => {
      const results = await publish(rowTo(intake, 'before gone'), rowTo(`${intake}.no.such`, 'gone'), rowTo(intake, 'after gone'));
      expect(results).toEqual(['ok', 'never', 'ok']);
      await collected.until(() => collected.texts.includes('after gone'));
    });

    test('a record too large does not stop the others', async () => {
      const large = 'x'.repeat(3 * 1024 * 1024);
      expect(await publish(rowTo(intake, 'before large'), rowTo(intake, large), rowTo(intake, 'after large'))).toEqual([
        'ok',
        'never',
        'ok',
      ]);
      await collected.until(() => collected.texts.includes('after large'));
    });

    test('topics may be asked for again and by many at once', async () => {
      const names = [`${intake}.more.a`, `${intake}.more.b`];
      await Promise.all([
        under.broker.ensureTopics(names),
        under.broker.ensureTopics(names),
        under.broker.ensureTopics([...names].reverse()),
      ]);
      expect(await publish(rowTo(`${intake}.more.a`, 'x'), rowTo(`${intake}.more.b`, 'y'))).toEqual(['ok', 'ok']);
    });

    test('a worker reads from the beginning and goes on where it stopped', async () => {
      const topic = `${intake}.worker`;
      await under.broker.ensureTopics([topic]);
      await publish(rowTo(topic, 'one'), rowTo(topic, 'two'));
      const read = async (until: string): Promise<string[]> => {
        const worker = await under.worker(`${intake}-worker`);
        const texts: string[] = [];
        await new Promise<void>((resolve, reject) => {
          const onRecord = async ({ value }: { value: Uint8Array | null }): Promise<void> => {
            texts.push(Buffer.from(value ?? []).toString());
            if (texts.includes(until)) resolve();
          };
          worker.subscribe([topic], onRecord).catch(reject);
        });
        await worker.close();
        return texts;
      };
      expect(await read('two')).toEqual(['one', 'two']);
      await publish(rowTo(topic, 'three'));
      expect(await read('three')).toEqual(['three']);
    });

    test("what a worker sends comes in like anybody's", async () => {
      const worker = await under.worker(`${intake}-sender`);
      await worker.send([{ topic: intake, key: null, value: 'from a worker' }]);
      await collected.until(() => collected.texts.includes('from a worker'));
      await worker.close();
    });
  });
}
