/** Commands for the bridge: read from the group's offsets, committed in any order, paused. */
import { describe, expect, test } from '@jest/globals';
import {
  type CommandListener,
  type CommandReader,
  type CommandRecord,
  type Commands,
  partitionKey,
} from '../../src/engine/ports.js';
import type { BrokerBench } from './broker.js';
import { Ear, publishAll, row, textOf } from './broker-builders.js';

/** What the bridge gets of a step. */
class Listener extends Ear<CommandRecord> implements CommandListener {
  readonly partitions = new Set<string>();

  records(records: readonly CommandRecord[]): void {
    this.receive(...records);
  }

  assigned(partitions: ReadonlySet<string>): void {
    this.partitions.clear();
    for (const one of partitions) this.partitions.add(one);
  }

  get texts(): string[] {
    return this.received.map(textOf);
  }

  receives(...texts: readonly string[]): Promise<readonly CommandRecord[]> {
    return this.until(() => texts.every((text) => this.texts.includes(text)));
  }
}

interface Step {
  readonly topics: readonly [string, string];
  publish(...texts: readonly string[]): Promise<void>;
}

async function openStep(bench: BrokerBench): Promise<Step> {
  const gateway = await bench.gateway();
  const topics = [bench.topic(), bench.topic()] as const;
  await gateway.ensureTopics(topics);
  const [topic] = topics;
  const publish = (...texts: readonly string[]) =>
    publishAll(
      gateway,
      // One flow: one partition, in this order.
      texts.map((text) => row(topic, text)),
    );
  return { topics, publish };
}

/** A reader, closed with the test. */
async function withReader<T>(
  commands: Commands,
  { topics }: Step,
  group: string,
  work: (listener: Listener, reader: CommandReader) => Promise<T>,
): Promise<T> {
  const listener = new Listener();
  const step = { group, orchestrationName: 'contract', stepName: 'step', topics };
  const reader = commands.read(step, listener);
  try {
    return await work(listener, reader);
  } finally {
    await reader.close();
  }
}

export function brokerCommandsContract(open: () => Promise<BrokerBench>): void {
  describe('commands', () => {
    test('come from the earliest on, in order, and again until they are committed', async () => {
      const bench = await open();
      const step = await openStep(bench);
      await step.publish('a', 'b', 'c');
      const commands = await bench.commands();
      await withReader(commands, step, 'one', async (listener, reader) => {
        await listener.receives('c');
        await step.publish('d');
        const received = await listener.receives('d');
        expect(listener.texts).toEqual(['a', 'b', 'c', 'd']);
        const { topic, partition, offset } = received[1] as CommandRecord;
        expect([...listener.partitions]).toContain(partitionKey(topic, partition));
        reader.commit(topic, partition, offset + 1n);
      });
      await withReader(commands, step, 'one', async (listener) => {
        await listener.receives('d');
        expect(listener.texts).toEqual(['c', 'd']);
      });
      await withReader(commands, step, 'two', async (listener) => {
        await listener.receives('d');
        expect(listener.texts).toEqual(['a', 'b', 'c', 'd']);
      });
    });

    test('wait while the reader is paused, and none is lost', async () => {
      const bench = await open();
      const step = await openStep(bench);
      const commands = await bench.commands();
      await withReader(commands, step, 'paused', async (listener, reader) => {
        await step.publish('first');
        await listener.receives('first');
        reader.pause();
        await step.publish('second');
        // A fetch that was under way may still pass it; the third one comes after the pause.
        await withReader(commands, step, 'other', (other) => other.receives('second'));
        await step.publish('third');
        await withReader(commands, step, 'third', (other) => other.receives('third'));
        expect(listener.texts).not.toContain('third');
        reader.resume();
        await listener.receives('third');
        expect(listener.texts).toEqual(['first', 'second', 'third']);
      });
    });

    test('are answered by messages that are stored when `send` resolves', async () => {
      const bench = await open();
      const step = await openStep(bench);
      const commands = await bench.commands();
      await commands.send([
        { topic: step.topics[0], key: 'flow-1', value: 'reply one' },
        { topic: step.topics[0], key: 'flow-1', value: 'reply two', headers: { more: 'yes' } },
      ]);
      await withReader(commands, step, 'replies', async (listener) => {
        await listener.receives('reply two');
        expect(listener.texts).toEqual(['reply one', 'reply two']);
      });
    });
  });
}
