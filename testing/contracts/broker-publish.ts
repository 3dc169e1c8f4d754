/** What is published arrives as it was, in order, and one bad row fails alone. */
import { describe, expect, test } from '@jest/globals';
import { type BrokerBench, MAX_MESSAGE_BYTES } from './broker.js';
import { GatewayReceiver, row, textOf, WorkerReceiver } from './broker-builders.js';

const resultsOf = (
  results: readonly { readonly result: string; readonly errorCode?: string }[],
): string[] =>
  results.map(({ result, errorCode }) =>
    errorCode === undefined ? result : `${result} ${errorCode}`,
  );

/** A topic that a worker reads. */
async function listening(bench: BrokerBench) {
  const gateway = await bench.gateway();
  const topic = bench.topic();
  await gateway.ensureTopics([topic]);
  const receiver = new WorkerReceiver();
  await receiver.attach(await bench.worker('workers'), [topic]);
  return { gateway, topic, receiver };
}

export function brokerPublishContract(open: () => Promise<BrokerBench>): void {
  describe('publishing', () => {
    test('a command reaches a worker, and its answer the gateway, byte by byte', async () => {
      const bench = await open();
      const [receiver, worker] = [new GatewayReceiver(), new WorkerReceiver()];
      const gateway = await receiver.attach(await bench.gateway());
      const topic = bench.topic();
      await gateway.ensureTopics([topic]);
      const client = await worker.attach(await bench.worker('workers'), [topic]);
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      const rows = [
        row(topic, '{"text":"grüß Gott 👋\\u0000"}', { headers: { traceparent: '00-a-b-01' } }),
        row(topic, bytes, { key: bytes.slice(100, 200) }),
        row(topic, null, { key: null }),
        // What it refers to is sent with it.
        row(topic, '{"payload":', { startPayload: `"${'ü'.repeat(3_000)}"` }),
      ];
      expect(resultsOf(await gateway.publisher.publish(rows))).toEqual(['ok', 'ok', 'ok', 'ok']);
      const records = await worker.until((received) => received.length === 4);
      const long = records.find(({ value }) => (value?.length ?? 0) > 6_000);
      expect(JSON.parse(textOf(long ?? { value: null })).payload).toBe('ü'.repeat(3_000));
      const found = (fits: (length: number) => boolean) =>
        records.find(({ value }) => fits(value?.length ?? 0));
      const text = found((length) => length > 0 && length < 256);
      expect(textOf(text ?? { value: null })).toBe('{"text":"grüß Gott 👋\\u0000"}');
      expect(String(text?.headers.traceparent)).toBe('00-a-b-01');
      const binary = found((length) => length === 256);
      expect([Buffer.from(binary?.value ?? []), Buffer.from(binary?.key ?? [])]).toEqual([
        Buffer.from(bytes),
        Buffer.from(bytes.slice(100, 200)),
      ]);
      expect(found((length) => length === 0)).toMatchObject({ key: null, value: null });
      await client.send([
        { topic: bench.replies, key: null, value: '{"ok":1}', headers: { a: 'b' } },
      ]);
      const [delivery] = await receiver.receives('{"ok":1}');
      expect(delivery?.position).toMatchObject({ topic: bench.replies, offset: 0n });
      expect(Math.abs((delivery?.position?.timestamp ?? 0) - Date.now())).toBeLessThan(60_000);
      expect(delivery?.raw?.key).toBeNull();
    });

    test('what has one key arrives in the order it was published', async () => {
      const { gateway, topic, receiver } = await listening(await open());
      for (let batch = 0; batch < 10; batch++) {
        const rows = Array.from({ length: 60 }, (_, index) => {
          const flowId = `flow-${index % 12}`;
          return row(topic, `${flowId} ${batch * 60 + index}`, { key: flowId, flowId });
        });
        await gateway.publisher.publish(rows);
      }
      await receiver.until((received) => received.length === 600);
      const byKey = Map.groupBy(receiver.texts, (text) => text.split(' ')[0]);
      for (const texts of byKey.values()) {
        const numbers = texts.map((text) => Number(text.split(' ')[1]));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      }
      expect(byKey.size).toBe(12);
    });

    test('a topic that is not there does not stop the others', async () => {
      const bench = await open();
      const gateway = await bench.gateway();
      const [topic, missing] = [bench.topic(), bench.topic()];
      await gateway.ensureTopics([topic]);
      const rows = [
        row(topic, 'before'),
        row(missing, 'lost'),
        row(topic, 'after'),
        row(missing, 'lost'),
      ];
      const results = await gateway.publisher.publish(rows);
      expect(resultsOf(results)).toEqual([
        'ok',
        'never UNKNOWN_TOPIC',
        'ok',
        'never UNKNOWN_TOPIC',
      ]);
      expect(results[1]?.errorMessage).toContain(missing);
      expect(results.map((result) => result.row)).toEqual(rows);
      await gateway.ensureTopics([missing]);
      expect(resultsOf(await gateway.publisher.publish([row(missing, 'found')]))).toEqual(['ok']);
    });

    test('a message that is too large does not stop the others', async () => {
      const { gateway, topic, receiver } = await listening(await open());
      const results = await gateway.publisher.publish([
        row(topic, 'before'),
        row(topic, 'x'.repeat(MAX_MESSAGE_BYTES + 1)),
        row(topic, 'after'),
      ]);
      expect(resultsOf(results)).toEqual(['ok', 'never MESSAGE_TOO_LARGE', 'ok']);
      expect(results[1]?.errorMessage).toContain(String(MAX_MESSAGE_BYTES));
      await receiver.receives('before', 'after');
    });

    test('messages that are too large only together all go, in order', async () => {
      const { gateway, topic, receiver } = await listening(await open());
      const texts = Array.from({ length: 8 }, (_, index) =>
        `${index}`.repeat(MAX_MESSAGE_BYTES / 2),
      );
      const results = await gateway.publisher.publish(texts.map((text) => row(topic, text)));
      expect(new Set(resultsOf(results))).toEqual(new Set(['ok']));
      await receiver.until((received) => received.length === 8);
      expect(receiver.texts.map((text) => text[0])).toEqual([
        '0',
        '1',
        '2',
        '3',
        '4',
        '5',
        '6',
        '7',
      ]);
    });

    test('topics are made once, however many callers create them, however often', async () => {
      const bench = await open();
      const gateway = await bench.gateway();
      const names = [bench.topic(), bench.topic(), bench.topic()];
      await Promise.all([
        gateway.ensureTopics(names),
        gateway.ensureTopics([...names].reverse()),
        gateway.ensureTopics(names.slice(1)),
      ]);
      await gateway.publisher.publish([row(names[0] ?? '', 'kept')]);
      await gateway.ensureTopics([...names, ...names]);
      const there = await bench.topics();
      expect(names.map((name) => there.filter((one) => one === name).length)).toEqual([1, 1, 1]);
      const receiver = new WorkerReceiver();
      await receiver.attach(await bench.worker('workers'), names);
      await receiver.receives('kept');
    });
  });
}
