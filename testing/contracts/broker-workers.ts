/** Workers of one group share what there is; what one did not finish comes again. */
import { describe, expect, test } from '@jest/globals';
import type { WorkerLag, WorkerRecord } from '../../src/engine/ports.js';
import { until } from '../e2e/kit/until.js';
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

    test('how far the workers of a step are behind is seen, and how many read', async () => {
      const bench = await open();
      const gateway = await bench.gateway();
      const orchestrationName = bench.topic().replaceAll(/[^A-Za-z0-9]/g, '-');
      const topic = `orchestrator.${orchestrationName}.work.do`;
      await gateway.ensureTopics([topic]);
      const sees = (records: number, consumers: number): Promise<unknown> => {
        const wanted = { orchestrationName, stepName: 'work', action: 'DO', records, consumers };
        return until(JSON.stringify(wanted), () =>
          gateway
            .workerLag?.()
            .some((one) =>
              Object.entries(wanted).every(([k, v]) => one[k as keyof WorkerLag] === v),
            ),
        );
      };
      await publishAll(
        gateway,
        ['1', '2', '3'].map((text) => row(topic, text)),
      );
      await sees(3, 0);
      const receiver = new WorkerReceiver();
      const worker = await receiver.attach(await bench.worker('group'), [topic]);
      await receiver.receives('1', '2', '3');
      await sees(0, 1);
      await worker.close();
      await publishAll(gateway, [row(topic, '4')]);
      await sees(1, 0);
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
