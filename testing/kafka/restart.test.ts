/**
 * Kafka goes away and comes back; nobody has to do anything. A broker of its own, to be stopped at
 * will.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Broker, WorkerClient } from '../../src/engine/ports.js';
import { openKafkaWorker } from '../../src/kafka/worker-client.js';
import {
  GatewayReceiver,
  loudLog,
  publishAll,
  row,
  WorkerReceiver,
} from '../contracts/broker-builders.js';
import { newName, openGateway } from '../kit/cluster.js';
import { startKafka, type TestKafka } from '../kit/kafka.mjs';

let kafka: TestKafka;
beforeAll(async () => {
  kafka = await startKafka();
});
afterAll(() => kafka.stop());

interface Road {
  readonly gateway: Broker;
  readonly receiver: GatewayReceiver;
  readonly worker: WorkerClient;
  readonly hand: WorkerReceiver;
  readonly replies: string;
  readonly step: string;
}

async function road(): Promise<Road> {
  const [replies, step] = [newName('replies'), newName('step')];
  const [receiver, hand] = [new GatewayReceiver(), new WorkerReceiver()];
  const gateway = await receiver.attach(await openGateway([kafka.brokers], replies));
  await gateway.ensureTopics([step]);
  const worker = await openKafkaWorker({
    brokers: [kafka.brokers],
    groupId: step,
    log: loudLog().log,
  });
  await hand.attach(worker, [step]);
  return { gateway, receiver, worker, hand, replies, step };
}

/** A command out, its answer back in. */
async function walk(
  { gateway, receiver, worker, hand, replies, step }: Road,
  text: string,
): Promise<void> {
  await publishAll(gateway, [row(step, text)]);
  await hand.receives(text);
  for (let sent = false; !sent; ) {
    sent = await worker.send([{ topic: replies, key: null, value: text }]).then(
      () => true,
      () => false,
    );
  }
  await receiver.receives(text);
}

test.each([
  ['stopped', () => kafka.pause()],
  ['killed', () => kafka.kill()],
])(
  'a broker that is %s and started again: commands and replies go on',
  async (_how, end) => {
    const one = await road();
    await walk(one, 'before');
    await end();
    const started = performance.now();
    const [result] = await one.gateway.publisher.publish([row(one.step, 'lost or late')]);
    expect(result?.result).toBe('later');
    expect(result?.errorMessage).not.toBe('');
    expect(performance.now() - started).toBeLessThan(60_000);
    await expect(one.gateway.ensureTopics([newName('any')])).rejects.toMatchObject({
      code: 'BROKER_UNAVAILABLE',
    });
    await kafka.restart();
    await walk(one, 'after');
    expect(one.gateway.health().ready).toBe(true);
    await one.gateway.close();
    await one.worker.close();
  },
  120_000,
);

test('a gateway that starts before Kafka reports what it waits for, and reads once Kafka is there', async () => {
  await kafka.pause();
  const replies = newName('early');
  const { log, warnings } = loudLog();
  const gateway = await openGateway([kafka.brokers], replies, { log });
  const receiver = new GatewayReceiver();
  const attached = receiver.attach(gateway);
  await expect(gateway.ensureTopics([replies])).rejects.toMatchObject({
    code: 'BROKER_UNAVAILABLE',
  });
  expect(gateway.health()).toMatchObject({
    ready: false,
    detail: expect.stringContaining(kafka.brokers),
  });
  await kafka.restart();
  await attached;
  expect(warnings).toContain('Kafka is not ready; trying again');
  await publishAll(gateway, [row(replies, 'at last')]);
  await receiver.receives('at last');
  expect(gateway.health().ready).toBe(true);
  await gateway.close();
}, 120_000);

test('a gateway that is stopped while it waits for Kafka stops', async () => {
  await kafka.pause();
  const receiver = new GatewayReceiver();
  const gateway = await openGateway([kafka.brokers], newName('never'));
  const attached = receiver.attach(gateway);
  await gateway.publisher.publish([row('any', 'x')]);
  await gateway.close();
  await attached;
  expect(gateway.health()).toEqual({ ready: false, detail: 'stopped' });
});
