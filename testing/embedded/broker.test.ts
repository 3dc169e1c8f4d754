import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type EmbeddedBroker, openEmbeddedBroker } from '../../src/embedded/broker.js';
import {
  decodeNothing,
  GatewayReceiver,
  loudLog,
  row,
  WorkerReceiver,
} from '../contracts/broker-builders.js';
import { until } from '../e2e/kit/until.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-broker-'));
  folders.push(folder);
  return folder;
}
function open(
  folder: string,
  log = loudLog().log,
  trimBytes?: number,
  unreadBytes?: number,
): Promise<EmbeddedBroker> {
  const options = {
    folder,
    intakeTopics: ['in'],
    ownTopics: ['in', 'own'],
    maxMessageBytes: 2 * 1024 * 1024,
    decode: decodeNothing,
    log,
    unreadBytes,
  };
  return openEmbeddedBroker({ ...options, ...(trimBytes !== undefined && { trimBytes }) });
}
const logOf = (folder: string, topic = 'in'): string => join(folder, 'topics', `${topic}.log`);

describe('its log in a folder', () => {
  test('a line cut short by a crash is cut off, and offsets go on', async () => {
    const folder = newFolder();
    const first = await open(folder);
    await first.publisher.publish([row('in', 'whole')]);
    await first.close();
    appendFileSync(logOf(folder), '{"o":1,"t":0,"k":nul');
    const second = await open(folder);
    await second.publisher.publish([row('in', 'next')]);
    const receiver = new GatewayReceiver();
    await receiver.attach(second);
    await receiver.receives('whole', 'next');
    expect(receiver.received.map(({ position }) => position?.offset)).toEqual([0n, 1n]);
    await second.close();
    expect(readFileSync(logOf(folder), 'utf8').trim().split('\n')).toHaveLength(2);
  });

  test('is for one process at a time', async () => {
    const folder = newFolder();
    const broker = await open(folder);
    await expect(open(folder)).rejects.toThrow('in use');
    await broker.close();
    await (await open(folder)).close();
  });

  test('what cannot be written waits, is read by nobody, and goes when it can be', async () => {
    const folder = newFolder();
    const broker = await open(folder);
    const receiver = new GatewayReceiver();
    await receiver.attach(broker);
    rmSync(logOf(folder));
    const [result] = await broker.publisher.publish([row('in', 'not now')]);
    expect(result).toMatchObject({
      result: 'later',
      errorCode: 'BROKER_UNAVAILABLE',
      errorMessage: expect.stringContaining('in'),
    });
    writeFileSync(logOf(folder), '');
    expect((await broker.publisher.publish([row('in', 'now')]))[0]?.result).toBe('ok');
    await receiver.receives('now');
    expect(receiver.received.map(({ position }) => position?.offset)).toEqual([0n]);
    expect(receiver.texts).toEqual(['now']);
    await broker.close();
  });

  test('a large file loses what all its readers have read, and offsets go on over a restart', async () => {
    const folder = newFolder();
    const receiver = new GatewayReceiver();
    const broker = await receiver.attach(await open(folder, loudLog().log, 100_000));
    for (let batch = 0; batch < 30; batch++) {
      await broker.publisher.publish(
        Array.from({ length: 100 }, (_, index) =>
          row('in', `${batch * 100 + index} ${'x'.repeat(100)}`),
        ),
      );
      await receiver.until((received) => received.length >= (batch + 1) * 100);
    }
    await broker.close();
    expect(statSync(logOf(folder)).size).toBeLessThan(400_000);
    const again = await open(folder);
    const second = await new GatewayReceiver(receiver.inbox);
    await second.attach(again);
    await again.publisher.publish([row('in', 'the last')]);
    await second.receives('the last');
    expect(second.received.map(({ position }) => position?.offset)).toEqual([3000n]);
    expect(receiver.inbox.resets).toEqual([]);
    await again.close();
  });

  test('what nobody has read is kept for ever: first new flows are refused, then messages wait', async () => {
    const folder = newFolder();
    const { log, warnings } = loudLog();
    const broker = await open(folder, log, 10_000, 100_000);
    await broker.ensureTopics(['step']);
    const publish = (texts: readonly string[]) =>
      broker.publisher.publish(texts.map((text) => row('step', `${text} ${'x'.repeat(100)}`)));
    const all = Array.from({ length: 800 }, (_, index) => String(index));
    expect(broker.full?.()).toBeNull();
    await publish(all);
    expect(broker.full?.()).toMatch(
      /no worker has read, at most 100000 are kept; start the workers/,
    );
    await publish(all.map((text) => `${text} again`));
    let [more, taken] = [0, 2 * all.length];
    for (; more < 100_000; more++) {
      const [result] = await publish([`more ${more}`]);
      if (result?.result === 'later') break;
      taken++;
    }
    expect(more).toBeLessThan(100_000);
    const receiver = new WorkerReceiver();
    await receiver.attach(broker.worker('late'), ['step']);
    await receiver.until((received) => received.length === taken);
    expect(receiver.texts.slice(0, 3).map((text) => text.split(' ')[0])).toEqual(['0', '1', '2']);
    await until('it is not full any more', () => broker.full?.() === null);
    expect((await publish(['goes again']))[0]?.result).toBe('ok');
    expect(warnings).toEqual([]);
    await broker.close();
  });

  test('what nobody ever reads here is not waited for', async () => {
    const broker = await open(newFolder(), loudLog().log, 10_000, 50_000);
    await broker.ensureTopics(['own']);
    for (let batch = 0; batch < 20; batch++)
      await broker.publisher.publish(
        Array.from({ length: 100 }, () => row('own', 'x'.repeat(100))),
      );
    expect(broker.full?.()).toBeNull();
    await broker.close();
  });
});

test('where its workers were is forgotten when it cannot be read: they start at the earliest records again', async () => {
  const folder = newFolder();
  const first = await open(folder);
  await first.ensureTopics(['step']);
  await first.publisher.publish([row('step', 'once')]);
  const receiver = new WorkerReceiver();
  await receiver.attach(first.worker('group'), ['step']);
  await receiver.receives('once');
  await first.close();
  writeFileSync(join(folder, 'offsets.json'), '{"group":');
  const { log, warnings } = loudLog();
  const second = await open(folder, log);
  const again = new WorkerReceiver();
  await again.attach(second.worker('group'), ['step']);
  await again.receives('once');
  expect(warnings).toHaveLength(1);
  await second.close();
});

test('records of one key are worked on one after the other, of others meanwhile', async () => {
  const broker = await open(newFolder());
  await broker.ensureTopics(['step']);
  const rows = ['slow 1', 'slow 2', 'quick 1'].map((text) =>
    row('step', text, { key: text.split(' ')[0] ?? '' }),
  );
  await broker.publisher.publish(rows);
  const gate = Promise.withResolvers<void>();
  const [begun, receiver] = [new Set<string>(), new WorkerReceiver()];
  await broker.worker('group').subscribe(['step'], async (record) => {
    const text = Buffer.from(record.value ?? []).toString();
    begun.add(text);
    if (text === 'slow 1') await gate.promise;
    await receiver.onRecord(record);
  });
  await receiver.receives('quick 1');
  expect([...begun]).toEqual(['slow 1', 'quick 1']);
  gate.resolve();
  await receiver.receives('slow 2');
  await broker.close();
});

test('a name that no Kafka would take is no topic here', async () => {
  const broker = await open(newFolder());
  await expect(broker.ensureTopics(['../outside'])).rejects.toThrow('../outside');
  await broker.close();
});

describe('what it knows of a command', () => {
  test('whether there is a topic, where the command lies, and who has read how far', async () => {
    const broker = await open(newFolder());
    const place = { topic: 'steps', key: 'f1', since: Date.now(), aheadMs: 0 };
    expect(await broker.inspect(place)).toEqual({ kind: 'no-topic' });
    await broker.ensureTopics(['steps']);
    await broker.publisher.publish([row('steps', 'one'), row('steps', 'two')]);
    const topic = { kind: 'topic', partitions: 1, partition: 0, earliest: 0n, end: 2n };
    expect(await broker.inspect(place)).toEqual({ ...topic, from: 0n, to: 2n, groups: [] });
    const later = { ...place, since: place.since + 60_000 };
    expect(await broker.inspect(later)).toMatchObject({ from: 2n, to: 2n });
    const receiver = new WorkerReceiver();
    const worker = broker.worker('realms');
    await worker.subscribe(['steps'], receiver.onRecord);
    await receiver.until((received) => received.length === 2);
    const group = { groupId: 'realms', state: 'Stable', members: 1, hosts: ['in this process'] };
    await until('both are committed', async () => {
      const seen = await broker.inspect(place);
      return seen.kind === 'topic' && seen.groups[0]?.committed === 2n;
    });
    expect(await broker.inspect(place)).toMatchObject({ groups: [group] });
    await worker.close();
    expect(await broker.inspect(place)).toMatchObject({
      groups: [{ members: 0, state: 'Empty', committed: 2n }],
    });
    await broker.close();
  });
});
