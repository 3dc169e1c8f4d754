/** Workers over the broker of this process: the same reading as over Kafka. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type EmbeddedBroker, openEmbeddedBroker } from '../../src/embedded/broker.js';
import { stepTopic, TOPICS } from '../../src/wire/topics.js';
import { Handling } from '../../src/worker/handling.js';
import { worker } from '../../src/worker/index.js';
import { transportOf } from '../../src/worker/kafka-transport.js';
import type { Transport } from '../../src/worker/transport.js';
import { decodeNothing, loudLog, WorkerReceiver } from '../contracts/broker-builders.js';
import { commandText, completeStore, keptLog } from './commands.js';

const [DO, UNDO] = (['DO', 'UNDO'] as const).map((action) =>
  stepTopic('tenantCreation', 'createRealm', action),
) as [string, string];
const NAMED = { orchestration: 'tenantCreation', group: 'realms' };

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function broker(): Promise<EmbeddedBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-worker-'));
  closing.push(async () => rmSync(folder, { recursive: true, force: true }));
  const topics = [TOPICS.replies, TOPICS.registrations];
  const { log } = loudLog();
  const most = { maxMessageBytes: 2 * 1024 * 1024, decode: decodeNothing };
  const open = await openEmbeddedBroker({
    ...{ folder, log, ...most },
    ...{ intakeTopics: topics, ownTopics: [...topics, DO, UNDO] },
  });
  closing.push(() => open.close());
  return open;
}

interface Working {
  readonly transport: Transport;
  readonly handling: Handling;
  readonly log: ReturnType<typeof keptLog>;
}

type Work = (flowId: string, signal: AbortSignal) => unknown;

async function working(place: EmbeddedBroker, work: Work, concurrency = 10): Promise<Working> {
  const log = keptLog();
  const transport = transportOf(place.commands(), NAMED, log);
  const store = completeStore();
  const handling = new Handling({ store, owner: 'a', leaseMs: 60_000, log });
  const listening = (['DO', 'UNDO'] as const).map((action) => ({
    ...{ stepName: 'createRealm', action, concurrency },
  }));
  await transport.open(listening, (received, way) =>
    handling.handle(received, ({ flowId }, { signal }) => work(flowId, signal), way),
  );
  return { transport, handling, log };
}

async function stopped({ transport, handling }: Working): Promise<void> {
  const drained = transport.drain();
  handling.stop();
  await drained;
  await transport.close();
}

async function send(place: EmbeddedBroker, topic: string, ...values: string[]): Promise<void> {
  const sender = place.worker('sender');
  await sender.send(values.map((value) => ({ topic, key: 'f', value })));
  await sender.close();
}

async function replies(place: EmbeddedBroker, topic: string = TOPICS.replies) {
  const receiver = new WorkerReceiver();
  const client = await receiver.attach(place.worker('replies'), [topic]);
  closing.push(() => client.close());
  return receiver;
}

const flowIds = (texts: readonly string[]): string[] =>
  texts.map((text) => (JSON.parse(text) as { headers: { flowId: string } }).headers.flowId);

describe('a worker over a broker', () => {
  test('registers its steps, and answers each command', async () => {
    const place = await broker();
    const registered = await replies(place, TOPICS.registrations);
    const answered = await replies(place);
    const one = await working(place, () => ({ realmId: 7 }));
    closing.push(() => stopped(one));
    await registered.until(() => registered.texts.length === 1);
    expect(JSON.parse(registered.texts[0] ?? '')).toEqual({
      payload: {
        orchestrationName: 'tenantCreation',
        as: 'worker',
        steps: [{ name: 'createRealm' }],
      },
      headers: { serviceName: 'realms' },
    });
    await send(place, DO, commandText());
    await send(place, UNDO, commandText({ action: 'UNDO' }));
    await answered.until(() => answered.texts.length === 2);
    expect(answered.texts.map((text) => JSON.parse(text).headers.status)).toEqual([true, true]);
  });

  test('passes over what is no command, with the reason', async () => {
    const place = await broker();
    const answered = await replies(place);
    const one = await working(place, () => null);
    closing.push(() => stopped(one));
    await send(place, DO, 'no JSON', '{"headers":{"flowId":"f1"}}', commandText());
    await answered.until(() => answered.texts.length === 1);
    const reasons = one.log.lines.filter(({ level }) => level === 'warn');
    expect(reasons.map(({ fields }) => fields.reason)).toEqual([
      expect.stringContaining('is not JSON'),
      'it has no header stepName, action',
    ]);
  });

  test('works on as many commands at a time as it may, and a slow one holds up no other', async () => {
    const place = await broker();
    const answered = await replies(place);
    const slow = Promise.withResolvers<void>();
    let most = 0;
    let now = 0;
    const one = await working(
      place,
      async (flowId) => {
        most = Math.max(most, ++now);
        if (flowId === 'f0') await slow.promise;
        await new Promise((resolve) => setImmediate(resolve));
        now--;
      },
      3,
    );
    closing.push(() => stopped(one));
    const values = Array.from({ length: 40 }, (_, at) => commandText({ flowId: `f${at}` }));
    await send(place, DO, ...values);
    await answered.until(() => answered.texts.length === 39);
    expect(flowIds(answered.texts)).not.toContain('f0');
    slow.resolve();
    await answered.until(() => answered.texts.length === 40);
    expect(most).toBe(3);
  });

  test('gets again what it had not answered when it stopped, and nothing else', async () => {
    const place = await broker();
    const answered = await replies(place);
    const begun = Promise.withResolvers<void>();
    const first = await working(place, async (flowId, signal) => {
      if (flowId !== 'f1') return;
      begun.resolve();
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason)),
      );
    });
    closing.push(async () => first.handling.stop());
    await send(place, DO, commandText({ flowId: 'f0' }), commandText({ flowId: 'f1' }));
    await begun.promise;
    await answered.until(() => answered.texts.length === 1);
    // Without waiting for its handler, as if its process was killed.
    void first.transport.drain();
    await first.transport.close();
    const second = await working(place, () => null);
    closing.push(() => stopped(second));
    await answered.until(() => answered.texts.length === 2);
    expect(flowIds(answered.texts)).toEqual(['f0', 'f1']);
  });
});

/** As `backstep codegen` writes it. */
type Steps = {
  createRealm: { input: { tenant: string }; output: { realmId: number } };
};

describe('what a worker is made of', () => {
  const brokers = ['localhost:1'];

  test('has the types of its steps', () => {
    const typed = worker<Steps>({ orchestration: 'trip', brokers });
    typed.on('createRealm', {
      do: ({ payload }) => ({ realmId: payload.tenant.length }),
      undo: ({ payload }) => ('realmId' in payload ? payload.realmId : payload.tenant),
    });
    // @ts-expect-error there is no such step
    expect(typed.on('createUser', { do: () => null })).toBe(typed);
    // @ts-expect-error its result is another
    const wrong: Parameters<typeof typed.on>[1] = { do: () => ({ realm: 7 }) };
    expect(wrong.do).toBeDefined();
  });

  test.each([
    [{ orchestration: 'a b', brokers }, 'it becomes part of a topic name'],
    [{ orchestration: 'trip' }, 'give either brokers'],
    [{ orchestration: 'trip', brokers, url: 'http://localhost:1' }, 'give either brokers'],
  ])('is checked: %j', (options, message) => {
    expect(() => worker(options as never)).toThrow(message);
  });

  test('is checked step by step', async () => {
    const made = worker({ orchestration: 'trip', brokers });
    await expect(made.start()).rejects.toThrow('no step of trip has a handler');
    const nothing = { do: () => null };
    expect(() => made.on('a.b', nothing)).toThrow('it becomes part of a topic name');
    expect(() => made.on('a', {} as never)).toThrow("on('a', { do, undo })");
    expect(() => made.on('a', nothing, { concurrency: 0 })).toThrow('whole number from 1');
    expect(() => made.on('a', nothing).on('a', nothing)).toThrow('has its handlers already');
  });
});
