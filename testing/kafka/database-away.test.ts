/** A gateway that is cut off from its database, while another one of its group reaches it. */
import { expect, test } from '@jest/globals';
import type { Broker } from '../../src/engine/ports.js';
import { GatewayReceiver, MemoryInbox, publishAll, row } from '../contracts/broker-builders.js';
import { until } from '../e2e/kit/until.js';
import { memberCount, newName, testCluster } from '../kit/cluster.js';

const kafka = testCluster();

/** Its way to the database, which can be cut. */
class Gateway {
  readonly receiver: GatewayReceiver;
  private cutSince: PromiseWithResolvers<void> | null = null;

  constructor(inbox: MemoryInbox) {
    this.receiver = new GatewayReceiver(inbox);
  }

  async open(replies: string): Promise<Broker> {
    const databaseId = async (): Promise<string> => {
      if (this.cutSince !== null) throw new Error('the database does not answer');
      return 'one';
    };
    const broker = await kafka.open(replies, { databaseId, databaseAwayForMs: 1 });
    return this.receiver.attach(broker);
  }

  cut(): void {
    this.cutSince = Promise.withResolvers();
    this.receiver.gate = this.cutSince.promise;
  }

  mend(): void {
    this.cutSince?.resolve();
    this.cutSince = null;
  }
}

test('what a gateway that is cut off from its database cannot record, another one records', async () => {
  const replies = newName('cut-off');
  const inbox = new MemoryInbox();
  const [one, two] = [new Gateway(inbox), new Gateway(inbox)];
  const first = await one.open(replies);
  const second = await two.open(replies);
  const texts = Array.from({ length: 40 }, (_, index) => `reply ${index}`);
  one.cut();
  await publishAll(
    second,
    texts.map((text) => row(replies, text, { key: text })),
  );
  await two.receiver.receives(...texts);
  expect(one.receiver.received).toEqual([]);
  expect(first.health()).toMatchObject({ ready: false });
  expect(first.health().detail).toMatch(/the database (has not answered|does not answer)/);

  one.mend();
  await until('it is a member again', () => first.health().ready);
  // The consumer that was left does not come back beside it.
  await until('one member for each', async () => (await memberCount(kafka.brokers, replies)) === 2);
  const later = Array.from({ length: 40 }, (_, index) => `later ${index}`);
  await publishAll(
    second,
    later.map((text) => row(replies, text, { key: text })),
  );
  const all = [...texts, ...later];
  const received = (): string[] => [...one.receiver.texts, ...two.receiver.texts];
  await until('all were received', () => received().length >= all.length);
  expect(received().sort()).toEqual(all.sort());
});
