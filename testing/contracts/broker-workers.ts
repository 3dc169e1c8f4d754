/** Workers of one group share what there is; what one did not finish comes again. */
import { describe, expect, test } from '@jest/globals';
import type { WorkerRecord } from '../../src/engine/ports.js';
import type { BrokerBench } from './broker.js';
import { publishAll, row, textOf, WorkerReceiver } from './broker-builders.js';

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
      const [one, two] = [new WorkerReceiver(), new WorkerReceiver()];
      const leaving = await one.attach(await bench.worker('group'), [topic]);
      await two.attach(await bench.worker('group'), [topic]);
      const together = numbered('together', 40);
      await publish(...together);
      const all = (): Set<string> => new Set([...one.texts, ...two.texts]);
      await Promise.race(
        [one, two].map((receiver) =>
          receiver.until(() => together.every((text) => all().has(text))),
        ),
      );
      await leaving.close();
      const before = one.received.length;
      const alone = numbered('alone', 40);
      await publish(...alone);
      await two.receives(...alone);
      expect(one.received).toHaveLength(before);
    });

    test('workers of two groups each get everything', async () => {
      const bench = await open();
      const { topic, publish } = await withTopic(bench);
      const [one, two] = [new WorkerReceiver(), new WorkerReceiver()];
      await one.attach(await bench.worker('group one'), [topic]);
      await publish('first', 'second');
      await two.attach(await bench.worker('group two'), [topic]);
      await one.receives('first', 'second');
      await two.receives('first', 'second');
    });

    test('a record whose callback fails comes again, and then the next one', async () => {
      const bench = await open();
      const { topic, gateway } = await withTopic(bench);
      const receiver = new WorkerReceiver();
      let failures = 0;
      const worker = await bench.worker('group');
      await worker.subscribe([topic], async (record: WorkerRecord) => {
        if (textOf(record) === 'first' && failures++ < 2) throw new Error('not now');
        await receiver.onRecord(record);
      });
      await publishAll(gateway, [row(topic, 'first'), row(topic, 'second')]);
      await receiver.receives('first', 'second');
      expect(receiver.texts).toEqual(['first', 'second']);
      expect(failures).toBe(3);
    });

    test('a worker that comes back goes on after what it has finished', async () => {
      const bench = await open();
      const { topic, publish } = await withTopic(bench);
      const first = new WorkerReceiver();
      const worker = await first.attach(await bench.worker('group'), [topic]);
      await publish('before');
      await first.receives('before');
      await worker.close();
      await publish('meanwhile');
      const second = new WorkerReceiver();
      await second.attach(await bench.worker('group'), [topic]);
      await second.receives('meanwhile');
      expect(second.texts).toEqual(['meanwhile']);
    });

    test('sending to a topic that does not exist is an error', async () => {
      const bench = await open();
      await bench.gateway();
      const worker = await bench.worker('group');
      await expect(worker.send([{ topic: bench.topic(), key: null, value: '{}' }])).rejects.toThrow(
        /topic/,
      );
    });
  });
}
