/** The raw limits in a process of their own: `echo` stores nothing, `limit` one batch at a time. */
import { once } from 'node:events';
import kafkajs from 'kafkajs';
import { usageOf } from './around.mjs';
import { endChild, readyChild } from './children.mjs';

/** Name of their orchestration, in topics and tables. */
export const LIMIT = 'limit';
export const LIMIT_REPLIES = 'limit.response';

async function makeTopics(brokers, steps, partitions) {
  const admin = new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'bench',
    logLevel: kafkajs.logLevel.ERROR,
  }).admin();
  await admin.connect();
  const names = steps.flatMap((step) =>
    ['do', 'undo'].map((action) => `orchestrator.${LIMIT}.${step}.${action}`),
  );
  await admin.createTopics({
    topics: [LIMIT_REPLIES, ...names].map((topic) => ({ topic, numPartitions: partitions })),
    waitForLeaders: true,
  });
  await admin.disconnect();
}

export async function startLimits({ services, steps, partitions }) {
  await makeTopics(services.brokers, steps, partitions);
  const { brokers, databaseUrl } = services;
  const child = await readyChild('limit.mjs', brokers, LIMIT, steps.join(','), databaseUrl);
  const run = async ({ count, inFlight, fail }, stored) => {
    child.send({ start: count, fail, inFlight, stored });
    const [message] = await once(child, 'message');
    if (message.error !== undefined) throw new Error(`the limit: ${message.error}`);
    return message;
  };
  const system = (name, stored) => ({
    name,
    usage: () => usageOf(child.pid),
    run: (load) => run(load, stored),
  });
  return {
    echo: system('echo', false),
    limit: system('limit', true),
    close: () => endChild(child),
  };
}
