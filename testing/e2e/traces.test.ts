/**
 * What is seen of flows from outside, over one built gateway on a real Kafka and PostgreSQL: one
 * trace from the caller of `execute` over each command, each worker and each UNDO; the time of
 * workers apart from the gateway's; and log lines that can be followed and repeat no payload.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kafka, logLevel } from 'kafkajs';
import { silent } from '../../src/observability/log.js';
import { openTraces, type Traces } from '../../src/observability/traces.js';
import { type Collector, openCollector, treeOf } from '../kit/collector.js';
import { openScriptedWorker, type WorkerCommand } from '../kit/scripted-worker.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { newDatabase, testBrokers, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const stack = new AsyncDisposableStack();
const name = `traced-${unique()}`;
let gateway: Gateway;
let collector: Collector;
let ofWorker: Traces;

const document = `
orchestrationName: ${name}
as: initiator
type: sequential
steps:
  - { seq: 1, name: createRealm, maxRetries: 0 }
  - { seq: 2, name: createUser, maxRetries: 1, backoff: { initial: 1ms } }
`;

/**
 * What a worker's own instrumentation does: its work is a span below the command's, by the record's
 * header.
 */
function work({ topic, recordHeaders }: WorkerCommand): void {
  const [, traceId = '', spanId = '', flags] = String(recordHeaders.traceparent).split('-');
  const now = Date.now();
  ofWorker.trace([
    {
      traceId,
      spanId: [...Array(16)].map(() => Math.floor(Math.random() * 16).toString(16)).join(''),
      parent: { spanId, sampled: flags === '01' },
      name: `work on ${topic.split('.').slice(2).join('.')}`,
      kind: 'consumer',
      startedAt: now,
      endedAt: now,
      attributes: {},
      error: null,
    },
  ]);
}

beforeAll(async () => {
  const database = stack.use(await newDatabase());
  collector = stack.use(await openCollector());
  process.env.OTEL_EXPORTER_OTLP_ENDPOINT = collector.url;
  const sampling = {
    sampler: 'parentbased_always_on',
    ratio: 1,
    delayMs: 100,
    queue: 100,
  } as const;
  ofWorker = openTraces({
    serviceName: 'worker',
    version: '1',
    instanceId: '1',
    ...sampling,
    log: silent('traces'),
  });
  stack.defer(() => ofWorker.close());
  gateway = stack.use(
    await startGateway({
      database,
      group: `traced-${unique()}`,
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '100',
        LOG_LEVEL: 'debug',
        LOG_FORMAT: 'json',
      },
    }),
  );
  await gateway.client.register(document);
  const steps = ['createRealm', 'createUser'];
  const worker = await openScriptedWorker({
    brokers: testBrokers().split(','),
    groupId: `worker-${name}`,
    topics: steps.flatMap((step) => [
      `orchestrator.${name}.${step}.do`,
      `orchestrator.${name}.${step}.undo`,
    ]),
    onCommand: (command) => {
      work(command);
      const isRefused = command.topic.endsWith('createUser.do');
      return command.answer(isRefused ? { status: false, errorCode: 'NAME_TAKEN' } : {});
    },
  });
  stack.defer(() => worker.close());
}, 180_000);
afterAll(() => stack.disposeAsync(), 90_000);

const EXECUTE = `mutation ($input: ExecuteInput!) { execute(input: $input) { flow { flowId } problems { code } } }`;

test('a flow that fails and is undone is one trace, below the span of its caller', async () => {
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const caller = 'b7ad6b7169203331';
  const answer = await fetch(`${gateway.address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${caller}-01` },
    body: JSON.stringify({
      query: EXECUTE,
      variables: { input: { orchestrationName: name, payload: {} } },
    }),
  });
  const { data } = (await answer.json()) as { data: { execute: { flow: { flowId: string } } } };
  const { flowId } = data.execute.flow;
  await gateway.client.ended(flowId);
  const ofTrace = () => collector.spans.filter((span) => span.traceId === traceId);
  await until('the last span has come', () => ofTrace().length >= TREE.split('\n').length);
  expect(treeOf(ofTrace(), caller).join('\n').replaceAll(name, 'NAME')).toBe(TREE);
  for (const { attributes, service } of ofTrace())
    if (service === 'backstep') expect(attributes['backstep.flow_id']).toBe(flowId);
});

const TREE = `
backstep: execute NAME
  backstep: run NAME
  backstep: send orchestrator.NAME.createRealm.do
    backstep: process orchestrator.response.result
    worker: work on createRealm.do
  backstep: send orchestrator.NAME.createUser.do ✗ NAME_TAKEN
    backstep: process orchestrator.response.result
    worker: work on createUser.do
  backstep: send orchestrator.NAME.createUser.do ✗ NAME_TAKEN
    backstep: process orchestrator.response.result
    worker: work on createUser.do
  backstep: send orchestrator.NAME.createRealm.undo
    backstep: process orchestrator.response.result
    worker: work on createRealm.undo
`.trim();

test('a caller that does not export its trace is not overruled', async () => {
  const traceId = '11111111111111111111111111111111';
  const { body } = await gateway.client.post<{ flowId: string }>('/api/orchestrations/execute', {
    orchestrationName: name,
    payload: {},
    headers: { traceparent: `00-${traceId}-2222222222222222-00` },
  });
  const { flowId } = body;
  await gateway.client.ended(flowId);
  const next = await gateway.client.execute(name, {});
  await gateway.client.ended(next);
  const ended = (id: string) =>
    collector.spans.some(
      (span) => span.name === `run ${name}` && span.attributes['backstep.flow_id'] === id,
    );
  await until('the span of the flow after it has come', () => ended(next));
  expect(collector.spans.filter((span) => span.traceId === traceId)).toEqual([]);
});

test('the time that a worker takes is apart from the time that the gateway takes', async () => {
  const slow = `slow-${unique()}`;
  await gateway.client.register(
    `{ orchestrationName: ${slow}, as: initiator, type: sequential, steps: [{ seq: 1, name: work }] }`,
  );
  const worker = await openScriptedWorker({
    brokers: testBrokers().split(','),
    groupId: `worker-${slow}`,
    topics: [`orchestrator.${slow}.work.do`],
    onCommand: async (command) => {
      await pause(WORK_MS);
      await command.answer();
    },
  });
  try {
    await gateway.client.ended(await gateway.client.execute(slow, {}));
    const query = `{ slo(orchestrationName: "${slow}") { workerTimeP50Ms engineTimeP50Ms responseTimeP50Ms } }`;
    const { slo } = await until('it is counted', async () => {
      const answer = await gateway.client.graphql<{ slo: Times }>(query);
      return answer.slo.workerTimeP50Ms !== null && answer;
    });
    const [work, engine] = [slo.workerTimeP50Ms ?? 0, slo.engineTimeP50Ms ?? Number.NaN];
    expect(work).toBeGreaterThanOrEqual(WORK_MS);
    expect(engine).toBeLessThan(work / 2);
  } finally {
    await worker.close();
  }
});

/** So long that a slow machine takes less for its own part. */
const WORK_MS = 2_000;

interface Times {
  readonly workerTimeP50Ms: number | null;
  readonly engineTimeP50Ms: number | null;
}

/** In payloads, in a header of the initiator, in the text of a worker, in what cannot be read. */
const SEEN_AT_DEBUG = ['canary-note', 'canary-worker'];
const NEVER_SEEN = ['4111-canary-card', 'canary-header', 'canary-poison', 'canary-unknown'];

const LOGGED = (logged: string): string => `
orchestrationName: ${logged}
as: initiator
type: sequential
sensitive: [payload.card, headers.x-authority]
steps:
  - { seq: 1, name: reserve }
  - { seq: 2, name: pay, maxRetries: 1, backoff: { initial: 1ms } }
`;

test('each line of the log can be read, a line of a flow has both its ids, none repeats a payload', async () => {
  const logged = `logged-${unique()}`;
  await gateway.client.register(LOGGED(logged));
  const worker = await openScriptedWorker({
    brokers: testBrokers().split(','),
    groupId: `worker-${logged}`,
    topics: ['reserve.do', 'reserve.undo', 'pay.do', 'pay.undo'].map(
      (end) => `orchestrator.${logged}.${end}`,
    ),
    onCommand: (command) =>
      command.topic.endsWith('pay.do')
        ? command.answer({ status: false, errorMessage: 'canary-worker 4111-canary-card' })
        : command.answer({}, command.payload),
  });
  const flowIds = new Set<string>();
  try {
    for (const _ of [1, 2]) flowIds.add(await startOf(logged));
    for (const flowId of flowIds)
      expect((await gateway.client.ended(flowId)).status).toBe('UNDONE');
    await sendUnusable([...flowIds]);
  } finally {
    await worker.close();
  }
  const lines = linesOf(gateway.child.output);
  const ofFlows = lines.filter(({ flowId }) => flowIds.has(String(flowId)));
  expect(new Set(ofFlows.map(({ component }) => component))).toEqual(
    new Set(['do', 'undo', 'flow', 'kafka', 'relay']),
  );
  // Whoever sent it copied no header of a command: its trace is not known.
  const traced = ofFlows.filter(({ headers }) => !isUntraced(headers));
  expect(traced.filter(({ traceId }) => !/^[0-9a-f]{32}$/.test(String(traceId)))).toEqual([]);
  expect(new Set(traced.map(({ traceId }) => traceId)).size).toBe(flowIds.size);
  const loud = lines.filter(({ level }) => level !== 'debug').map((line) => JSON.stringify(line));
  const found = (texts: readonly string[], words: readonly string[]): string[] =>
    texts.filter((text) => words.some((word) => text.includes(word)));
  expect(found(loud, [...SEEN_AT_DEBUG, ...NEVER_SEEN])).toEqual([]);
  expect(found(gateway.child.output.split('\n'), NEVER_SEEN)).toEqual([]);
  // The text was there to be repeated.
  expect(found(gateway.child.output.split('\n'), ['canary-worker'])).not.toEqual([]);
});

async function startOf(orchestrationName: string): Promise<string> {
  const { body } = await gateway.client.post<{ flowId: string }>('/api/orchestrations/execute', {
    orchestrationName,
    payload: { card: '4111-canary-card', note: 'canary-note' },
    headers: { 'x-authority': 'canary-header', 'x-other': 'canary-header' },
  });
  return body.flowId;
}

/** Records that cannot be read, or are of no flow, or too late; in quarantine or on a timeline. */
async function sendUnusable([flowId = '']: readonly string[]): Promise<void> {
  const kafka = new Kafka({ brokers: testBrokers().split(','), logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  const places: string[] = [];
  const send = async (topic: string, value: string): Promise<void> => {
    const written = await producer.send({ topic, messages: [{ value }] });
    for (const { partition, baseOffset } of written)
      places.push(placeOf({ topic, partition, offset: String(baseOffset) }));
  };
  try {
    const late = { flowId, stepName: 'pay', action: 'DO', status: 'perhaps' };
    const unknown = { flowId: 'none', stepName: 's' };
    const replies = 'orchestrator.response.result';
    await send(replies, '{"payload": "canary-poison');
    await send(replies, JSON.stringify({ headers: unknown, payload: 'canary-unknown' }));
    await send(replies, JSON.stringify({ headers: late, payload: 'canary-poison' }));
    const start = { headers: { orchestrationName: 'none' }, payload: 'canary-poison' };
    await send('orchestrator.execution.start', JSON.stringify(start));
  } finally {
    await producer.disconnect();
  }
  // Other tests have left records there: the gateway has read those, too.
  const query = '{ quarantine(first: 100) { edges { node { topic partition offset } } } }';
  await until('all are in quarantine', async () => {
    const { quarantine } = await gateway.client.graphql<Quarantined>(query);
    const found = new Set(quarantine.edges.map(({ node }) => placeOf(node)));
    return places.every((place) => found.has(place));
  });
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}
interface Quarantined {
  readonly quarantine: { readonly edges: readonly { readonly node: Place }[] };
}
const placeOf = ({ topic, partition, offset }: Place): string => `${topic}/${partition}/${offset}`;

type LogLine = Readonly<Record<string, unknown>>;

function linesOf(output: string): LogLine[] {
  const texts = output.split('\n').filter((text) => text !== '');
  // The last one may be under way.
  return texts.slice(0, -1).map((text) => {
    const line = JSON.parse(text) as LogLine;
    for (const name of ['time', 'level', 'component', 'msg'])
      if (typeof line[name] !== 'string') throw new Error(`a line without ${name}: ${text}`);
    return line;
  });
}

function isUntraced(headers: unknown): boolean {
  return typeof headers === 'object' && headers !== null && !('traceparent' in headers);
}

test('a component is made quiet while the gateway runs, and the audit has who did it', async () => {
  const input = { component: 'kafka', level: 'ERROR', minutes: 5, reason: 'seen enough' };
  const set = `mutation ($input: SetLogLevelInput!) { setLogLevel(input: $input) { logLevels { instance } problems { code } } }`;
  const { setLogLevel } = await gateway.client.graphql<{
    setLogLevel: { logLevels: { instance: string } };
  }>(set, { input });
  expect(setLogLevel.logLevels.instance).toContain(String(gateway.child.pid));
  const ofKafka = () => linesOf(gateway.child.output).filter((one) => one.component === 'kafka');
  const before = ofKafka().length;
  await gateway.client.ended(await gateway.client.execute(name, {}));
  expect(ofKafka().length).toBe(before);
  const audit = '{ audit(filter: { action: "setLogLevel" }) { edges { node { reason } } } }';
  expect(await gateway.client.graphql(audit)).toEqual({
    audit: { edges: [{ node: { reason: 'seen enough' } }] },
  });
});
