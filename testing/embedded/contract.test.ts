import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedBroker, openEmbeddedBroker } from '../../src/embedded/broker.js';
import { type BrokerBench, brokerContract, MAX_MESSAGE_BYTES } from '../contracts/broker.js';
import { decodeNothing, loudLog } from '../contracts/broker-builders.js';

async function bench(): Promise<BrokerBench> {
  const folder = await mkdtemp(join(tmpdir(), 'backstep-embedded-'));
  const { log, warnings } = loudLog();
  let [names, open]: [number, EmbeddedBroker | null] = [0, null];
  const replies = 'replies';
  return {
    replies,
    warnings,
    topic: () => `topic-${++names}`,
    gateway: async () => {
      const options = {
        folder,
        intakeTopics: [replies],
        ownTopics: [replies],
        maxMessageBytes: MAX_MESSAGE_BYTES,
      };
      open = await openEmbeddedBroker({ ...options, decode: decodeNothing, log });
      return open;
    },
    worker: async (groupId) => {
      if (open === null) throw new Error('workers live with a gateway');
      return open.worker(groupId);
    },
    commands: async () => {
      if (open === null) throw new Error('workers live with a gateway');
      return open.commands();
    },
    recreate: (topic) => rm(join(folder, 'topics', `${topic}.log`)),
    topics: async () =>
      (await readdir(join(folder, 'topics'))).map((file) => file.replace(/\.log$/, '')),
    close: async () => {
      await open?.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

brokerContract('the broker in this process', async () => ({ bench, close: async () => undefined }));
