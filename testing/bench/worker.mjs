/**
 * Instant workers in a process of their own: every DO and UNDO of the benchmark's orchestrations is
 * answered in batches. The last step fails when the payload has `"fail":true`. It counts what it
 * executed for each flow. Usage: node worker.mjs <brokers> <orchestrations,comma> <steps,comma>
 * <topic of results> <keyed|unkeyed: whether a reply has its flowId as its key>
 */
import { Kafka, logLevel } from 'kafkajs';
import { Executed } from './executed.mjs';

const [
  brokers,
  orchestrations,
  steps,
  resultTopic = 'orchestrator.response.result',
  replies = 'keyed',
] = process.argv.slice(2);
const kafka = new Kafka({
  brokers: brokers.split(','),
  clientId: 'bench-worker',
  logLevel: logLevel.ERROR,
});
const names = steps.split(',');
const failing = names.at(-1);
const topics = orchestrations
  .split(',')
  .flatMap((name) =>
    names.flatMap((step) => ['do', 'undo'].map((one) => `orchestrator.${name}.${step}.${one}`)),
  );
const producer = kafka.producer({ allowAutoTopicCreation: false });
const consumer = kafka.consumer({
  groupId: `bench-worker-${orchestrations.slice(0, 50)}`,
  maxWaitTimeInMs: 100,
  minBytes: 1,
});

const executed = new Executed(names);
await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics, fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => process.send?.({ ready: true }));
await consumer.run({
  partitionsConsumedConcurrently: 16,
  eachBatchAutoResolve: true,
  eachBatch: async ({ batch }) => {
    const messages = batch.messages.map(({ value }) => {
      const { headers, payload } = JSON.parse(value);
      executed.add(headers);
      const status = !(headers.action === 'DO' && headers.stepName === failing && payload?.fail);
      const answer = {
        flowId: headers.flowId,
        stepName: headers.stepName,
        action: headers.action,
        attemptId: headers.attemptId,
        status,
      };
      return {
        key: replies === 'keyed' ? headers.flowId : null,
        value: JSON.stringify({
          headers: status ? answer : { ...answer, errorMessage: 'on request' },
          payload,
        }),
      };
    });
    await producer.send({ topic: resultTopic, messages, acks: -1 });
  },
});
process.on('message', ({ check }) => {
  if (check !== undefined) process.send({ checked: executed.take(check) });
});
process.on('SIGTERM', async () => {
  await consumer.disconnect();
  await producer.disconnect();
  process.exit(0);
});
