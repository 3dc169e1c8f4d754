/** How an initiator learns the end of its flows: from a topic, or by a subscription. */
import { createClient } from 'graphql-ws';
import kafkajs from 'kafkajs';
import { WebSocket } from 'ws';

/** Resolves with the end of a flow, before or after it is known. */
class Ends {
  ended = new Map();
  waiting = new Map();

  record(flowId, status) {
    const resolve = this.waiting.get(flowId);
    if (resolve === undefined) this.ended.set(flowId, status);
    else resolve(status);
    this.waiting.delete(flowId);
  }

  of(flowId) {
    const status = this.ended.get(flowId);
    this.ended.delete(flowId);
    return status === undefined
      ? new Promise((resolve) => this.waiting.set(flowId, resolve))
      : Promise.resolve(status);
  }
}

/** For flows one by one: an initiator that watches its flow, by WebSocket. */
export async function watchEnds(url) {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    lazy: false,
  });
  const query = 'subscription($flowId: ID!) { flowEvents(flowId: $flowId) { flowStatus } }';
  return {
    async of(flowId) {
      let status = null;
      for await (const { data } of client.iterate({ query, variables: { flowId } }))
        status = data.flowEvents.flowStatus;
      return status;
    },
    close: () => client.dispose(),
  };
}

/** For many: ends are read from a topic. */
export async function followEnds(brokers) {
  const kafka = new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'bench-ends',
    logLevel: kafkajs.logLevel.ERROR,
  });
  const consumer = kafka.consumer({
    groupId: `bench-ends-${process.pid}`,
    maxWaitTimeInMs: 100,
    minBytes: 1,
  });
  const ends = new Ends();
  await consumer.connect();
  await consumer.subscribe({ topics: ['orchestrator.execution.status'], fromBeginning: false });
  const joined = new Promise((resolve) => {
    consumer.on(consumer.events.GROUP_JOIN, resolve);
  });
  await consumer.run({
    partitionsConsumedConcurrently: 8,
    eachBatchAutoResolve: true,
    eachBatch: async ({ batch }) => {
      for (const { value } of batch.messages) {
        const { flowId, status } = JSON.parse(value).payload;
        ends.record(flowId, status);
      }
    },
  });
  await joined;
  return Object.assign(ends, { close: () => consumer.disconnect() });
}
