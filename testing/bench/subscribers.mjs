/**
 * `npm run subscribers`: thousands of subscribers over two gateways on one Kafka and one
 * PostgreSQL; how long an event takes to them, what they cost, and what becomes of those that do
 * not read.
 *   --subscribers N   of flows in which nothing happens (default 4000)
 *   --flows N         followed on both gateways (default 600)
 *   --rate N          flows a second (default 20)
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createClient } from 'graphql-ws';
import kafkajs from 'kafkajs';
import { WebSocket } from 'ws';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { openServices, spawnGateway, usageOf } from './around.mjs';

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '4000' },
    flows: { type: 'string', default: '600' },
    rate: { type: 'string', default: '20' },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print('npm run subscribers -- [--subscribers 4000] [--flows 600] [--rate 20]');
  process.exit(0);
}
const [idle, flows, rate] = [values.subscribers, values.flows, values.rate].map(Number);
const STEPS = ['first', 'second', 'third'];
const EVENTS =
  'subscription ($flowId: ID!) { flowEvents(flowId: $flowId) { number type at details } }';
const PER_SOCKET = 100;
/** Subscribers that do not read; the load they meet, in rounds of 500 flows. */
const UNREAD = 20;
const ROUNDS = 2;
const OPEN =
  'query { history(orchestrationName: "moving", filter: { statuses: [IN_PROGRESS] }, first: 1) { edges { cursor } } }';
const BETWEEN_LOOKS_MS = 200;
const EXECUTE =
  'mutation ($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { flow { flowId } problems { code message } } }';

async function startGateway(services, name) {
  const { child, url } = await spawnGateway(services, {
    env: { SUBSCRIPTIONS_PER_ADDRESS: '5000', SOCKETS_PER_ADDRESS: '2000' },
  });
  return { name, child, url, memory: () => usageOf(child.pid).memory / 1024 / 1024 };
}

async function request({ url }, query, variables) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

async function register(gateway, orchestrationName) {
  const steps = STEPS.map((name, index) => ({ seq: index + 1, name }));
  const document = { orchestrationName, as: 'initiator', type: 'sequential', steps };
  const query =
    'mutation ($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';
  await request(gateway, query, { document: JSON.stringify(document) });
}

async function begin(gateway, orchestrationName, count) {
  const inputs = Array.from({ length: count }, () => ({ orchestrationName, payload: {} }));
  const { executeMany } = await request(gateway, EXECUTE, { inputs });
  return executeMany.map(({ flow }) => flow.flowId);
}

/** Subscriptions over as few connections as they may share. */
class Subscribers {
  clients = [];
  open = 0;
  events = 0;

  constructor(gateway) {
    this.gateway = gateway;
  }

  follow(flowId, onEvent = () => undefined) {
    if (this.open % PER_SOCKET === 0)
      this.clients.push(
        createClient({
          url: `${this.gateway.url.replace('http', 'ws')}/graphql`,
          webSocketImpl: WebSocket,
          retryAttempts: 0,
          lazy: false,
        }),
      );
    this.open++;
    const first = Promise.withResolvers();
    const ended = Promise.withResolvers();
    this.clients.at(-1).subscribe(
      { query: EVENTS, variables: { flowId } },
      {
        next: ({ data, errors }) => {
          if (errors !== undefined) return ended.reject(new Error(JSON.stringify(errors)));
          this.events++;
          first.resolve();
          onEvent(data.flowEvents);
        },
        error: (error) => {
          first.reject(error);
          ended.reject(new Error(JSON.stringify(error)));
        },
        complete: () => ended.resolve(),
      },
    );
    ended.promise.catch(() => undefined);
    return { first: first.promise, ended: ended.promise };
  }

  close() {
    for (const client of this.clients) client.dispose();
  }
}

/** Answers every command at once, with the time in the payload. */
async function startWorker(brokers, orchestration) {
  const kafka = new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'subscribers-worker',
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: `worker-${orchestration}`, maxWaitTimeInMs: 20 });
  await producer.connect();
  await consumer.connect();
  const topics = STEPS.map((step) => `orchestrator.${orchestration}.${step}.do`);
  await consumer.subscribe({ topics, fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    eachBatch: async ({ batch }) => {
      const messages = batch.messages.map(({ value }) => {
        const { flowId, stepName, action, attemptId } = JSON.parse(value).headers;
        const headers = { flowId, stepName, action, attemptId, status: true };
        return { key: flowId, value: JSON.stringify({ headers, payload: { sentAt: Date.now() } }) };
      });
      await producer.send({ topic: 'orchestrator.response.result', messages, acks: -1 });
    },
  });
  await joined;
  return { close: () => Promise.all([consumer.disconnect(), producer.disconnect()]) };
}

/**
 * Subscribes to all step changes and reads nothing until `reads`, which resolves with whether it
 * was ended as lagged.
 */
function unread({ url }) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  socket.write(asEvents(`${hostname}:${port}`));
  socket.once('data', () => socket.pause());
  return {
    reads() {
      let tail = '';
      return new Promise((resolve) => {
        socket.on('close', () => resolve(tail.includes('LAGGED')));
        socket.on('data', (chunk) => {
          tail = (tail + chunk).slice(-2000);
          if (tail.includes('event: complete')) resolve(tail.includes('LAGGED'));
        });
        socket.resume();
      });
    },
    destroy: () => socket.destroy(),
  };
}

const BODY = JSON.stringify({
  query:
    'subscription { stepStatusChanged { flowId orchestrationName stepName status previousStatus at } }',
});
const asEvents = (host) =>
  `POST /graphql HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`;

function percentile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

function line(name, times) {
  const sorted = times.toSorted((a, b) => a - b);
  const [p50, p99, most] = [0.5, 0.99, 1].map((part) => percentile(sorted, part).toFixed(0));
  print(`| ${name} | ${sorted.length} | ${p50} | ${p99} | ${most} |`);
}

await readyOrEnd();
const services = await openServices();
const closers = [];
try {
  const gateways = await Promise.all(['one', 'two'].map((name) => startGateway(services, name)));
  for (const { child } of gateways)
    closers.push(async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    });
  const [one] = gateways;
  await register(one, 'waiting');
  await register(one, 'moving');
  const worker = await startWorker(services.brokers, 'moving');
  closers.unshift(() => worker.close());
  const memory = (when) =>
    print(
      `memory ${when}: ${gateways.map((gateway) => `${gateway.name} ${gateway.memory().toFixed(0)} MB`).join(', ')}`,
    );
  memory('before');

  const lists = gateways.map((gateway) => new Subscribers(gateway));
  closers.unshift(async () => lists.forEach((list) => void list.close()));
  const waiting = [];
  for (let left = idle; left > 0; left -= 500)
    waiting.push(...(await begin(one, 'waiting', Math.min(500, left))));
  for (let at = 0; at < waiting.length; at += 200)
    await Promise.all(
      waiting
        .slice(at, at + 200)
        .map((flowId, index) => lists[(at + index) % 2].follow(flowId).first),
    );
  print(
    `${lists.map(({ open }) => open).join(' and ')} subscribers follow flows in which nothing happens`,
  );
  memory('with them');

  const fromReply = [];
  const fromCommit = [];
  const timed = ({ type, at, details }) => {
    if (type !== 'DO_SUCCEEDED') return;
    const now = Date.now();
    fromCommit.push(now - Date.parse(at));
    if (details?.output?.sentAt !== undefined) fromReply.push(now - details.output.sentAt);
  };
  // One for warming up, whose times do not count.
  for (const measured of [false, true]) {
    const ends = [];
    for (let begun = 0; begun < flows; begun++) {
      const next = performance.now() + 1000 / rate;
      const [flowId] = await begin(gateways[begun % 2], 'moving', 1);
      for (const list of lists) ends.push(list.follow(flowId, measured ? timed : undefined).ended);
      await pause(Math.max(0, next - performance.now()));
    }
    await Promise.all(ends);
    memory(measured ? 'after the measured flows' : 'after as many flows for warming up');
  }
  print(
    '\n| event at the subscriber, ms | events | p50 | p99 | most |\n| --- | --- | --- | --- | --- |',
  );
  line('after the transaction of the reply read the clock', fromCommit);
  line('after the worker sent the reply', fromReply);
  const lost = 2 * STEPS.length * flows - fromCommit.length;
  print(`\nlost or doubled: ${lost}`);

  /**
   * So many flows at once, again and again; resolves with how much the gateways have grown when the
   * last has ended, MB.
   */
  const burdened = async () => {
    const before = gateways.map((gateway) => gateway.memory());
    for (let round = 0; round < ROUNDS; round++) await begin(gateways[round % 2], 'moving', 500);
    while ((await request(gateways[0], OPEN, {})).history.edges.length > 0)
      await pause(BETWEEN_LOOKS_MS);
    return gateways.map((gateway, index) => gateway.memory() - before[index]);
  };
  const shown = (grown) => grown.map((one) => `${one.toFixed(0)} MB`).join(' and ');
  await burdened();
  print(`growth under the same load without such readers: ${shown(await burdened())}`);
  const readers = Array.from({ length: UNREAD }, (_, index) => unread(gateways[index % 2]));
  print(
    `growth with ${UNREAD} subscribers of all changes that do not read: ${shown(await burdened())}`,
  );
  const lagged = await Promise.all(readers.map((reader) => reader.reads()));
  print(`of these ${UNREAD}, ${lagged.filter(Boolean).length} were ended as LAGGED`);
  for (const reader of readers) reader.destroy();
  memory('at the end');
  if (lost !== 0 || lagged.includes(false)) process.exitCode = 1;
} finally {
  for (const close of closers) await close();
  await services.close();
}
