/** Where a gateway goes on reading: where the inbox says, whatever the broker remembers of it. */
import { describe, expect, test } from '@jest/globals';
import type { InboxPosition, RecordPosition } from '../../src/engine/ports.js';
import type { BrokerBench } from './broker.js';
import { GatewayEar, MemoryInbox, textOf } from './broker-builders.js';

const ten = Array.from({ length: 10 }, (_, index) => `reply ${index}`);

async function say(bench: BrokerBench, texts: readonly string[]): Promise<void> {
  const worker = await bench.worker('senders');
  await worker.send(texts.map((value) => ({ topic: bench.replies, key: 'one partition', value })));
  await worker.close();
}

/** Ten replies were said, and heard by a gateway that has gone. */
async function tenHeard(
  bench: BrokerBench,
): Promise<{ readonly ear: GatewayEar; readonly positions: readonly RecordPosition[] }> {
  const ear = new GatewayEar();
  const gateway = await ear.attach(await bench.gateway());
  await say(bench, ten);
  await ear.hears(...ten);
  await gateway.close();
  return { ear, positions: ear.heard.flatMap(({ position }) => position ?? []) };
}

function behind({ topic, partition, offset, timestamp }: RecordPosition): InboxPosition {
  return { topic, partition, nextOffset: offset + 1n, lastTimestamp: timestamp };
}

export function brokerPlacesContract(open: () => Promise<BrokerBench>): void {
  describe('the place to go on', () => {
    test('a partition the inbox does not know starts at its earliest record', async () => {
      const bench = await open();
      const first = await bench.gateway();
      await new GatewayEar().attach(first);
      await say(bench, ten);
      await first.close();
      const ear = new GatewayEar();
      await ear.attach(await bench.gateway());
      await ear.hears(...ten);
      expect(ear.texts).toEqual(ten);
      expect(ear.inbox.resets).toEqual([]);
    });

    test('after a restart nothing comes twice, and nothing is missed', async () => {
      const bench = await open();
      const { ear } = await tenHeard(bench);
      const gateway = await bench.gateway();
      const again = new GatewayEar(ear.inbox);
      await again.attach(gateway);
      await say(bench, ['the eleventh']);
      await again.hears('the eleventh');
      expect(again.texts).toEqual(['the eleventh']);
      expect(again.told).toBe(1);
      expect(ear.inbox.resets).toEqual([]);
    });

    test('an inbox that was set back reads again from there, whatever the group has committed', async () => {
      const bench = await open();
      const { positions } = await tenHeard(bench);
      const inbox = new MemoryInbox();
      const [third] = positions.slice(3);
      if (third !== undefined) inbox.set(behind(third));
      const ear = new GatewayEar(inbox);
      await ear.attach(await bench.gateway());
      await ear.hears(...ten.slice(4));
      expect(ear.texts).toEqual(ten.slice(4));
      expect(inbox.resets).toEqual([]);
    });

    test('a topic made anew, and shorter, is read from its beginning, loudly', async () => {
      const bench = await open();
      const { ear } = await tenHeard(bench);
      await bench.recreate(bench.replies);
      const gateway = await bench.gateway();
      const again = new GatewayEar(ear.inbox);
      await again.attach(gateway);
      await say(bench, ['new 0', 'new 1']);
      await again.hears('new 0', 'new 1');
      expect(again.texts).toEqual(['new 0', 'new 1']);
      expect(ear.inbox.resets).toMatchObject([{ topic: bench.replies, nextOffset: 0n }]);
      expect(bench.warnings).toContain(
        'this topic is not the one the inbox knows: starting at its beginning',
      );
    });

    test('a topic made anew, and longer by now, is told by its last admitted record', async () => {
      const bench = await open();
      const { ear } = await tenHeard(bench);
      await bench.recreate(bench.replies);
      const between = await bench.gateway();
      const fresh = Array.from({ length: 25 }, (_, index) => `new ${index}`);
      await between.ensureTopics([bench.replies]);
      await say(bench, fresh);
      await between.close();
      const again = new GatewayEar(ear.inbox);
      await again.attach(await bench.gateway());
      await again.hears(...fresh);
      expect(again.heard.map(textOf)).toEqual(fresh);
      expect(ear.inbox.resets).toMatchObject([{ topic: bench.replies, nextOffset: 0n }]);
      expect(bench.warnings).toContain(
        'this topic is not the one the inbox knows: starting at its beginning',
      );
    });

    test('it is ready while it reads, and says so in words', async () => {
      const bench = await open();
      const gateway = await bench.gateway();
      expect(gateway.health().ready).toBe(false);
      expect(gateway.health().detail).not.toBe('');
      await new GatewayEar().attach(gateway);
      expect(gateway.health().ready).toBe(true);
      await gateway.stopConsuming();
      expect(gateway.health().ready).toBe(false);
    });

    test('stopping waits for what is under way, and takes no more', async () => {
      const bench = await open();
      const ear = new GatewayEar();
      const gate = Promise.withResolvers<void>();
      const gateway = await ear.attach(await bench.gateway());
      ear.gate = gate.promise;
      const taken = new Promise<void>((resolve) => {
        Object.defineProperty(ear, 'told', { get: () => 0, set: () => resolve() });
      });
      await say(bench, ['under way']);
      await taken;
      const order: string[] = [];
      const stopped = gateway.stopConsuming().then(() => order.push('stopped'));
      ear.hears('under way').then(() => order.push('recorded'));
      gate.resolve();
      await stopped;
      expect(order).toEqual(['recorded', 'stopped']);
    });
  });
}
