/**
 * A member of a gateway's group that takes its partitions and does nothing with them. Prints when
 * it has some. Usage: member.mjs <brokers> <group and topic>
 */
import { Kafka, logLevel } from 'kafkajs';

const [brokers, name] = process.argv.slice(2);
const consumer = new Kafka({
  brokers: brokers.split(','),
  clientId: 'member',
  logLevel: logLevel.NOTHING,
}).consumer({
  groupId: name,
  sessionTimeout: 6000,
  heartbeatInterval: 500,
  maxWaitTimeInMs: 100,
});
consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  if (Object.values(payload.memberAssignment).some((partitions) => partitions.length > 0))
    process.stdout.write('seated\n');
});
await consumer.connect();
await consumer.subscribe({ topics: [name] });
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  eachBatch: () => new Promise(() => undefined),
});
