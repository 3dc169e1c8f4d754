import type { CommandsOfStep, WorkerClient } from '../../src/engine/ports.js';
import { openKafkaCommands } from '../../src/kafka/commands.js';
import { openKafkaWorker } from '../../src/kafka/worker-client.js';
import { type BrokerBench, brokerContract, MAX_MESSAGE_BYTES } from '../contracts/broker.js';
import { loudLog } from '../contracts/broker-builders.js';
import {
  cluster,
  createTopics,
  deleteTopic,
  newName,
  onAdmin,
  openGateway,
} from '../kit/cluster.js';

async function bench(brokers: readonly string[]): Promise<BrokerBench> {
  const { log, warnings } = loudLog();
  const name = newName('contract');
  const [opened, workers]: [(() => Promise<void>)[], WorkerClient[]] = [[], []];
  let names = 0;
  return {
    replies: `${name}.replies`,
    warnings,
    topic: () => `${name}.${++names}`,
    gateway: async () => {
      const gateway = await openGateway(brokers, `${name}.replies`, {
        log,
        maxMessageBytes: MAX_MESSAGE_BYTES,
        lagEveryMs: 0,
      });
      opened.push(() => gateway.close());
      return gateway;
    },
    worker: async (groupId) => {
      const worker = await openKafkaWorker({ brokers, groupId: `${name}.${groupId}`, log });
      workers.push(worker);
      return worker;
    },
    commands: async () => {
      const groupIdOf = ({ group }: CommandsOfStep): string => `${name}.workers.${group}`;
      const connection = { brokers, clientId: name, log };
      const commands = openKafkaCommands({ ...connection, groupIdOf, compression: 'none' });
      opened.push(() => commands.close());
      return commands;
    },
    recreate: async (topic) => {
      await deleteTopic(brokers, topic);
      await createTopics(brokers, { topic, numPartitions: 4 });
    },
    topics: () => onAdmin(brokers, (admin) => admin.listTopics()),
    close: async () => {
      await Promise.all([
        ...opened.map((close) => close()),
        ...workers.map((worker) => worker.close()),
      ]);
    },
  };
}

brokerContract('Kafka', async () => {
  const { brokers, close } = await cluster();
  return { bench: () => bench(brokers), close };
});
