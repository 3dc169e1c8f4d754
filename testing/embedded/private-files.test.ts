/** The broker's data hold payloads: nobody but their owner reads them. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type EmbeddedBroker, openEmbeddedBroker } from '../../src/embedded/broker.js';
import { silent } from '../../src/observability/log.js';
import { decodeNothing, row, WorkerReceiver } from '../contracts/broker-builders.js';
import { until } from '../e2e/kit/until.js';
import { openToOthers } from '../kit/open-to-others.js';

let parent = '';
let folder = '';
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'backstep-private-'));
  folder = join(parent, 'data', 'broker');
});
afterEach(() => rmSync(parent, { recursive: true, force: true }));

const open = (): Promise<EmbeddedBroker> =>
  openEmbeddedBroker({
    folder,
    intakeTopics: ['in'],
    ownTopics: ['in'],
    maxMessageBytes: 1024 * 1024,
    decode: decodeNothing,
    log: silent('embedded'),
    trimBytes: 1000,
  });

/** Writes a topic, rewrites its file without what was read, and stores the offsets of a worker. */
async function work(broker: EmbeddedBroker): Promise<void> {
  await broker.ensureTopics(['step']);
  const receiver = new WorkerReceiver();
  await receiver.attach(broker.worker('reader'), ['step']);
  const size = (): number => statSync(join(folder, 'topics', 'step.log')).size;
  const before = receiver.received.length;
  for (let sent = 1, largest = 0; size() >= largest; sent++) {
    largest = size();
    const batch = Array.from({ length: 200 }, (_, index) => row('step', `${index} of ${sent}`));
    await broker.publisher.publish(batch);
    await receiver.until((received) => received.length >= before + 200 * sent);
  }
}

test('its folders and files are for their owner alone, rewritten ones too', async () => {
  const broker = await open();
  await work(broker);
  expect(openToOthers(folder)).toEqual([]);
  await until('offsets are stored', () => readdirSync(folder).includes('offsets.json'));
  await broker.close();
  expect(openToOthers(folder)).toEqual([]);
  expect(statSync(join(parent, 'data')).mode & 0o066).toBe(0);
});

test('data of a version that let others read them are closed at the start', async () => {
  await (await open()).close();
  chmodSync(folder, 0o755);
  chmodSync(join(folder, 'topics'), 0o755);
  chmodSync(join(folder, 'topics', 'in.log'), 0o644);
  expect(openToOthers(folder)).not.toEqual([]);
  const broker = await open();
  expect(openToOthers(folder)).toEqual([]);
  await broker.close();
});
