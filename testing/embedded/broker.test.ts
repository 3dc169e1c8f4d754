import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { type EmbeddedBroker, openEmbeddedBroker } from '../../src/embedded/broker.js';
import { silent } from '../../src/observe/log.js';
import { brokerContract, Collected, decodeNothing, MemoryInbox, rowTo } from '../contracts/broker.js';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-broker-'));
  folders.push(folder);
  return folder;
}
function open(folder: string): Promise<EmbeddedBroker> {
  const maxMessageBytes = 2 * 1024 * 1024;
  return openEmbeddedBroker({
    folder,
    intakeTopics: ['in'],
    ownTopics: ['in'],
    maxMessageBytes,
    decode: decodeNothing,
    log: silent('embedded'),
  });
}

brokerContract(
  'the broker in this process',
  async () => {
    const broker = await open(newFolder());
    return { broker, worker: async (group) => broker.worker(group), close: () => broker.close() };
  },
  'in',
);

describe('its log in a folder', () => {
  test('survives a restart, and reading goes on at the position of the inbox', async () => {
    const folder = newFolder();
    const inbox = new MemoryInbox();
    const first = await open(folder);
    await first.publisher.publish([rowTo('in', 'one'), rowTo('in', 'two'), rowTo('in', 'three')]);
    await first.close();
    await inbox.resetInbox('in', 0, 1n);
    const second = await open(folder);
    const collected = new Collected(inbox);
    await second.consume(collected.intake, inbox);
    await collected.until(() => collected.texts.length === 2);
    expect(collected.texts).toEqual(['two', 'three']);
    await second.close();
  });

  test('a line cut short by a crash is cut off, and offsets go on', async () => {
    const folder = newFolder();
    const first = await open(folder);
    await first.publisher.publish([rowTo('in', 'whole')]);
    await first.close();
    appendFileSync(join(folder, 'topics', 'in.log'), '{"o":1,"t":0,"k":nul');
    const second = await open(folder);
    await second.publisher.publish([rowTo('in', 'next')]);
    const collected = new Collected(new MemoryInbox());
    await second.consume(collected.intake, collected.inbox);
    await collected.until(() => collected.texts.length === 2);
    expect(collected.deliveries.map(({ position }) => position?.offset)).toEqual([0n, 1n]);
    await second.close();
  });

  test('a log that is another than the inbox knows is read from its beginning', async () => {
    const broker = await open(newFolder());
    await broker.publisher.publish([rowTo('in', 'new')]);
    const collected = new Collected(new MemoryInbox());
    await collected.inbox.resetInbox('in', 0, 100n);
    await broker.consume(collected.intake, collected.inbox);
    await collected.until(() => collected.texts.length === 1);
    expect(collected.texts).toEqual(['new']);
    await broker.close();
  });

  test('is for one process at a time', async () => {
    const folder = newFolder();
    const broker = await open(folder);
    await expect(open(folder)).rejects.toThrow('in use');
    await broker.close();
    await (await open(folder)).close();
  });
});
