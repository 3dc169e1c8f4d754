/** The gateway under load: the built one, in its own process, driven over HTTP. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import kafkajs from 'kafkajs';
import { WebSocket } from 'ws';
import { ROOT } from '../steps.mjs';
import { spawnGateway, usageOf } from './around.mjs';

const REGISTER =
  'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';
const EXECUTE =
  'mutation($input: ExecuteInput!) { execute(input: $input) { created flow { flowId } problems { code message } } }';

/** `dist` = the build to run; `profile` = a folder for its CPU profile, or null. */
export async function startGateway(
  services,
  orchestration,
  steps,
  { name = 'backstep', dist = join(ROOT, 'dist'), profile = null } = {},
) {
  const flags = profile === null ? [] : ['--cpu-prof', '--cpu-prof-dir', profile];
  const { child, url } = await spawnGateway(services, { dist, flags });
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  const request = (query, variables) =>
    post(agent, `${url}/graphql`, JSON.stringify({ query, variables }));
  const document = {
    orchestrationName: orchestration,
    as: 'initiator',
    type: 'sequential',
    maxRetries: 2,
    backoff: { initial: 0 },
    steps: steps.map((name, index) => ({ seq: index + 1, name })),
  };
  const registered = await request(REGISTER, { document: JSON.stringify(document) });
  if (registered.errors || registered.data.registerOrchestration.problems.length > 0)
    throw new Error(JSON.stringify(registered));
  const byTopic = await followEnds(services.brokers);
  return {
    name,
    usage: () => usageOf(child.pid),
    /**
     * `count` flows with `inFlight` of them at a time; resolves with the time of all and of each,
     * ms, until their initiator knows the end.
     */
    async run({ count, inFlight, fail, payload = {} }) {
      const ends = inFlight === 1 ? await watchEnds(url) : byTopic;
      try {
        return await load({ count, inFlight, payload: { ...payload, fail }, ends });
      } finally {
        if (ends !== byTopic) await ends.close();
      }
    },
    async close() {
      if (child.exitCode !== null || child.killed) return;
      agent.destroy();
      await byTopic.close();
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };

  async function load({ count, inFlight, payload, ends }) {
    const started = performance.now();
    const times = [];
    let begun = 0;
    const one = async () => {
      while (begun < count) {
        begun++;
        const from = performance.now();
        const { data, errors } = await request(EXECUTE, {
          input: { orchestrationName: orchestration, payload },
        });
        const flowId = data?.execute.flow?.flowId;
        if (flowId === undefined) throw new Error(JSON.stringify(errors ?? data));
        const status = await ends.of(flowId);
        if (status !== (payload.fail ? 'UNDONE' : 'COMPLETED'))
          throw new Error(`${flowId} ended ${status}`);
        times.push(performance.now() - from);
      }
    };
    await Promise.all(Array.from({ length: inFlight }, one));
    return { ms: performance.now() - started, times };
  }
}

function post(agent, url, body) {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

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
async function watchEnds(url) {
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
async function followEnds(brokers) {
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
