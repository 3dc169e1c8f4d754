/**
 * One trace from the caller of `execute` over each command, each worker and each UNDO, in a
 * collector that any team has.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
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
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_BSP_SCHEDULE_DELAY: '100' },
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
