/** Where a gateway continues to read: at the inbox position, whatever the broker has stored. */
import { describe, expect, test } from '@jest/globals';
import type { InboxPosition, RecordPosition } from '../../src/engine/ports.js';
import type { BrokerBench } from './broker.js';
import { GatewayReceiver, MemoryInbox, textOf } from './broker-builders.js';

const ten = Array.from({ length: 10 }, (_, index) => `reply ${index}`);

async function send(bench: BrokerBench, texts: readonly string[]): Promise<void> {
  const worker = await bench.worker('senders');
  await worker.send(texts.map((value) => ({ topic: bench.replies, key: 'one partition', value })));
  await worker.close();
}

/** Ten replies were sent, and received by a gateway that has stopped. */
async function tenReceived(
  bench: BrokerBench,
): Promise<{ readonly receiver: GatewayReceiver; readonly positions: readonly RecordPosition[] }> {
  const receiver = new GatewayReceiver();
  const gateway = await receiver.attach(await bench.gateway());
  await send(bench, ten);
  await receiver.receives(...ten);
  await gateway.close();
  return { receiver, positions: receiver.received.flatMap(({ position }) => position ?? []) };
}

function behind({ topic, partition, offset, timestamp }: RecordPosition): InboxPosition {
  return { topic, partition, nextOffset: offset + 1n, lastTimestamp: timestamp };
}

export function brokerPlacesContract(open: () => Promise<BrokerBench>): void {
  describe('the place to go on', () => {
    test('a partition the inbox does not know starts at its earliest record', async () => {
      const bench = await open();
      const first = await bench.gateway();
      await new GatewayReceiver().attach(first);
      await send(bench, ten);
      await first.close();
      const receiver = new GatewayReceiver();
      await receiver.attach(await bench.gateway());
      await receiver.receives(...ten);
      expect(receiver.texts).toEqual(ten);
      expect(receiver.inbox.resets).toEqual([]);
    });

    test('after a restart nothing comes twice, and nothing is missed', async () => {
      const bench = await open();
      const { receiver } = await tenReceived(bench);
      const gateway = await bench.gateway();
      const again = new GatewayReceiver(receiver.inbox);
      await again.attach(gateway);
      await send(bench, ['the eleventh']);
      await again.receives('the eleventh');
      expect(again.texts).toEqual(['the eleventh']);
      expect(again.deliveries).toBe(1);
      expect(receiver.inbox.resets).toEqual([]);
    });

    test('an inbox that was set back reads again from there, whatever the group has committed', async () => {
      const bench = await open();
      const { positions } = await tenReceived(bench);
      const inbox = new MemoryInbox();
      const [third] = positions.slice(3);
      if (third !== undefined) inbox.set(behind(third));
      const receiver = new GatewayReceiver(inbox);
      await receiver.attach(await bench.gateway());
      await receiver.receives(...ten.slice(4));
      expect(receiver.texts).toEqual(ten.slice(4));
      expect(inbox.resets).toEqual([]);
    });

    test('a topic that was created again, and is shorter, is read from its beginning, loudly', async () => {
      const bench = await open();
      const { receiver } = await tenReceived(bench);
      await bench.recreate(bench.replies);
      const gateway = await bench.gateway();
      const again = new GatewayReceiver(receiver.inbox);
      await again.attach(gateway);
      await send(bench, ['new 0', 'new 1']);
      await again.receives('new 0', 'new 1');
      expect(again.texts).toEqual(['new 0', 'new 1']);
      expect(receiver.inbox.resets).toMatchObject([{ topic: bench.replies, nextOffset: 0n }]);
      expect(bench.warnings).toContain(
        'this topic is not the one the inbox knows: starting at its beginning',
      );
    });

    test('a topic that was created again, and is longer by now, is recognised by its last admitted record', async () => {
      const bench = await open();
      const { receiver } = await tenReceived(bench);
      await bench.recreate(bench.replies);
      const between = await bench.gateway();
      const fresh = Array.from({ length: 25 }, (_, index) => `new ${index}`);
      await between.ensureTopics([bench.replies]);
      await send(bench, fresh);
      await between.close();
      const again = new GatewayReceiver(receiver.inbox);
      await again.attach(await bench.gateway());
      await again.receives(...fresh);
      expect(again.received.map(textOf)).toEqual(fresh);
      expect(receiver.inbox.resets).toMatchObject([{ topic: bench.replies, nextOffset: 0n }]);
      expect(bench.warnings).toContain(
        'this topic is not the one the inbox knows: starting at its beginning',
      );
    });

    test('it is ready while it reads, and its health has a text', async () => {
      const bench = await open();
      const gateway = await bench.gateway();
      expect(gateway.health().ready).toBe(false);
      expect(gateway.health().detail).not.toBe('');
      await new GatewayReceiver().attach(gateway);
      expect(gateway.health().ready).toBe(true);
      await gateway.stopConsuming();
      expect(gateway.health().ready).toBe(false);
    });

    test('stopping waits for what is under way, and takes no more', async () => {
      const bench = await open();
      const receiver = new GatewayReceiver();
      const gate = Promise.withResolvers<void>();
      const gateway = await receiver.attach(await bench.gateway());
      receiver.gate = gate.promise;
      const taken = new Promise<void>((resolve) => {
        Object.defineProperty(receiver, 'deliveries', { get: () => 0, set: () => resolve() });
      });
      await send(bench, ['under way']);
      await taken;
      const order: string[] = [];
      const stopped = gateway.stopConsuming().then(() => order.push('stopped'));
      receiver.receives('under way').then(() => order.push('recorded'));
      gate.resolve();
      await stopped;
      expect(order).toEqual(['recorded', 'stopped']);
    });
  });
}
