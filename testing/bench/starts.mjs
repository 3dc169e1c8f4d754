/**
 * The three ways to start flows; each resolves with the ids of so many new flows, or with promises
 * of them.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import kafkajs from 'kafkajs';

const START_TOPIC = 'orchestrator.execution.start';
const EXECUTE =
  'mutation($input: ExecuteInput!) { execute(input: $input) { created flow { flowId } problems { code message } } }';
const EXECUTE_MANY =
  'mutation($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { created flow { flowId } problems { code message } } }';

/** GraphQL over HTTP on connections that stay open, to one gateway after the other. */
export function graphqlClient(urls) {
  let calls = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 256 });
  return {
    send(query, variables) {
      const url = urls[calls++ % urls.length];
      return post(agent, `${url}/graphql`, JSON.stringify({ query, variables }));
    },
    close: () => agent.destroy(),
  };
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

/**
 * `names`: of the orchestrations, which take turns. `group`: so many flows are started together at
 * least.
 */
export async function openStarts({ client, brokers, names }) {
  let begun = 0;
  const next = () => names[begun++ % names.length];
  const input = (payload) => ({ orchestrationName: next(), payload });
  const producer = new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'bench-starts',
    logLevel: kafkajs.logLevel.ERROR,
  }).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const execute = async (payload) => {
    const { data, errors } = await client.send(EXECUTE, { input: input(payload) });
    return started(data?.execute, errors);
  };
  const ways = {
    execute: {
      group: 1,
      begin: async (count, payload) => Array.from({ length: count }, () => execute(payload)),
    },
    executeMany: {
      group: 25,
      async begin(count, payload) {
        const inputs = Array.from({ length: count }, () => input(payload));
        const { data, errors } = await client.send(EXECUTE_MANY, { inputs });
        if (data?.executeMany?.length !== count) throw new Error(JSON.stringify(errors ?? data));
        return data.executeMany.map((one) => started(one, errors));
      },
    },
    topic: {
      group: 1,
      async begin(count, payload) {
        const ids = Array.from({ length: count }, () => randomUUID());
        const messages = ids.map((flowId) => {
          const headers = { orchestrationName: next(), flowId };
          return { key: flowId, value: JSON.stringify({ headers, payload }) };
        });
        await producer.send({ topic: START_TOPIC, acks: -1, messages });
        return ids;
      },
    },
  };
  return { ways, close: () => producer.disconnect() };
}

function started(payload, errors) {
  const flowId = payload?.flow?.flowId;
  if (flowId === undefined) throw new Error(JSON.stringify(errors ?? payload));
  return flowId;
}
