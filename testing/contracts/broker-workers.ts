/** Workers of one group share what there is; what one did not finish comes again. */
import { describe, expect, test } from '@jest/globals';
import type { WorkerRecord } from '../../src/engine/ports.js';
import type { BrokerBench } from './broker.js';
import { publishAll, row, textOf, WorkerEar } from './broker-builders.js';

async function withTopic(bench: BrokerBench) {
  const gateway = await bench.gateway();
  const topic = bench.topic();
  await gateway.ensureTopics([topic]);
  const publish = async (...texts: readonly string[]): Promise<void> => {
    await publishAll(
      gateway,
      texts.map((text) => row(topic, text, { key: text, flowId: text })),
    );
  };
  return { topic, gateway, publish };
}

const numbered = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${prefix} ${index}`);

export function brokerWorkersContract(open: () => Promise<BrokerBench>): void {
  describe('workers', () => {
    test('of two workers of one group each record reaches one, and when one leaves the other takes over', async () => {
      const bench = await open();
      const { topic, publish } = await withTopic(bench);
      const [one, two] = [new WorkerEar(), new WorkerEar()];
      const leaving = await one.attach(await bench.worker('group'), [topic]);
      await two.attach(await bench.worker('group'), [topic]);
      const together = numbered('together', 40);
      await publish(...together);
      const all = (): Set<string> => new Set([...one.texts, ...two.texts]);
      await Promise.race(
        [one, two].map((ear) => ear.until(() => together.every((text) => all().has(text)))),
      );
      await leaving.close();
      const before = one.heard.length;
      const alone = numbered('alone', 40);
      await publish(...alone);
      await two.hears(...alone);
      expect(one.heard).toHaveLength(before);
    });

    test('workers of two groups each get everything', async () => {
      const bench = await open();
      const { topic, publish } = await withTopic(bench);
      const [one, two] = [new WorkerEar(), new WorkerEar()];
      await one.attach(await bench.worker('group one'), [topic]);
      await publish('first', 'second');
      await two.attach(await bench.worker('group two'), [topic]);
      await one.hears('first', 'second');
      await two.hears('first', 'second');
    });

    test('a record whose callback fails comes again, and then the next one', async () => {
      const bench = await open();
      const { topic, gateway } = await withTopic(bench);
      const ear = new WorkerEar();
      let failures = 0;
      const worker = await bench.worker('group');
      await worker.subscribe([topic], async (record: WorkerRecord) => {
        if (textOf(record) === 'first' && failures++ < 2) throw new Error('not now');
        await ear.onRecord(record);
      });
      await publishAll(gateway, [row(topic, 'first'), row(topic, 'second')]);
      await ear.hears('first', 'second');
      expect(ear.texts).toEqual(['first', 'second']);
      expect(failures).toBe(3);
    });

    test('a worker that comes back goes on after what it has finished', async () => {
      const bench = await open();
      const { topic, publish } = await withTopic(bench);
      const first = new WorkerEar();
      const worker = await first.attach(await bench.worker('group'), [topic]);
      await publish('before');
      await first.hears('before');
      await worker.close();
      await publish('meanwhile');
      const second = new WorkerEar();
      await second.attach(await bench.worker('group'), [topic]);
      await second.hears('meanwhile');
      expect(second.texts).toEqual(['meanwhile']);
    });

    test('sending to a topic that is not there says so', async () => {
      const bench = await open();
      await bench.gateway();
      const worker = await bench.worker('group');
      await expect(worker.send([{ topic: bench.topic(), key: null, value: '{}' }])).rejects.toThrow(
        /topic/,
      );
    });
  });
}
