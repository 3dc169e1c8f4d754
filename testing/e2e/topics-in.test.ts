/** Registering and starting by topic: an initiator that never uses HTTP. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Listener, openBroker, type TestBroker } from './kit/broker.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { type ModelWorker, startModelWorker } from './kit/model-worker.js';
import { newDatabase, unique } from './kit/surroundings.js';

const STARTS = 'orchestrator.execution.start';
const REGISTRATIONS = 'orchestrator.registration';

describe('an initiator that only speaks by topics', () => {
  const stack = new AsyncDisposableStack();
  const name = `order-${unique()}`;
  let gateway: Gateway;
  let broker: TestBroker;
  let answers: Listener;
  let ends: Listener;
  let dead: Listener;
  let worker: ModelWorker;

  beforeAll(async () => {
    const database = stack.use(await newDatabase());
    broker = stack.use(await openBroker());
    gateway = stack.use(await startGateway({ database, group: `topics-${unique()}` }));
    answers = await broker.listen('orchestrator.registration.status');
    ends = await broker.listen('orchestrator.execution.status');
    dead = await broker.listen('orchestrator.response.result.dlq');
    await broker.send(REGISTRATIONS, { serviceName: 'shop' }, documentOf(name));
    await answers.receives(`an answer for ${name}`, ({ payload }) => isAbout(payload, name));
    worker = stack.use(
      await startModelWorker({
        orchestrationName: name,
        stepNames: ['reserve', 'charge'],
        group: `worker-${name}`,
        decide: ({ headers, payload }) =>
          headers.stepName === 'charge' && headers.action === 'DO' && isPoor(payload)
            ? { errorMessage: 'no money' }
            : { payload },
      }),
    );
  }, 180_000);
  afterAll(() => stack.disposeAsync(), 90_000);

  test('gets the result of its registration', async () => {
    const { key, payload } = await answers.receives(`an answer for ${name}`, (record) =>
      isAbout(record.payload, name),
    );
    expect(key).toBe(name);
    expect(payload).toMatchObject({
      eventType: 'REGISTRATION_STATUS',
      orchName: name,
      as: 'initiator',
      serviceName: 'shop',
      status: 'PENDING',
      failureReason: null,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  test('gets SUCCESS when a worker has registered every step', async () => {
    const steps = [{ name: 'reserve' }, { name: 'charge' }];
    await broker.send(
      REGISTRATIONS,
      { serviceName: 'stock' },
      { orchestrationName: name, as: 'worker', steps },
    );
    const of = (payload: unknown): boolean =>
      isAbout(payload, name) && field(payload, 'as') === 'worker';
    const { payload } = await answers.receives(`an answer for the worker of ${name}`, (record) =>
      of(record.payload),
    );
    expect(payload).toMatchObject({ status: 'SUCCESS', serviceName: 'stock' });
  });

  test('gets the reason why a registration failed, and nothing of it is stored', async () => {
    const wrong = `wrong-${unique()}`;
    const serviceName = `shop-${wrong}`;
    await broker.send(REGISTRATIONS, { serviceName }, { ...documentOf(wrong), type: 'zigzag' });
    const { payload } = await answers.receives(
      `an answer for ${serviceName}`,
      (record) => field(record.payload, 'serviceName') === serviceName,
    );
    expect(payload).toMatchObject({
      status: 'FAILED',
      failureReason: expect.stringContaining('type'),
    });
    const query = 'query ($name: String!) { orchestration(name: $name) { name } }';
    expect(await gateway.client.graphql(query, { name: wrong })).toEqual({ orchestration: null });
  });

  test('starts a flow under its own id; its headers travel on every command and come back with the end', async () => {
    const flowId = `shop-${unique()}`;
    const own = { correlationId: `c-${flowId}`, tenant: 'acme' };
    await broker.send(STARTS, { orchestrationName: name, flowId, ...own }, { amount: 5 });
    const end = await ends.receives(
      `the end of ${flowId}`,
      ({ headers }) => headers.flowId === flowId,
    );
    expect(end.key).toBe(flowId);
    expect(end.headers).toMatchObject(own);
    expect(end.payload).toEqual({
      flowId,
      orchestrationName: name,
      status: 'COMPLETED',
      output: { amount: 5 },
      failureReason: null,
    });
    const commands = worker.commands.filter(({ headers }) => headers.flowId === flowId);
    expect(commands.map(({ headers }) => `${headers.action} ${headers.stepName}`)).toEqual([
      'DO reserve',
      'DO charge',
    ]);
    for (const { headers } of commands)
      expect(headers).toMatchObject({ ...own, status: true, orchestrationName: name });
  });

  test('gets the end of a flow that was undone, and why', async () => {
    const flowId = `shop-${unique()}`;
    await broker.send(
      STARTS,
      { orchestrationName: name, flowId, correlationId: 'c-2' },
      { amount: 5, poor: true },
    );
    const end = await ends.receives(
      `the end of ${flowId}`,
      ({ headers }) => headers.flowId === flowId,
    );
    expect(end.headers).toMatchObject({ correlationId: 'c-2' });
    expect(end.payload).toMatchObject({
      status: 'UNDONE',
      output: null,
      failureReason: expect.stringContaining('no money'),
    });
  });

  test('a start sent twice starts one flow', async () => {
    const flowId = `shop-${unique()}`;
    await broker.send(STARTS, { orchestrationName: name, flowId }, { amount: 1 });
    await broker.send(STARTS, { orchestrationName: name, flowId }, { amount: 1 });
    await ends.receives(`the end of ${flowId}`, ({ headers }) => headers.flowId === flowId);
    await passed();
    expect(worker.commands.filter(({ headers }) => headers.flowId === flowId)).toHaveLength(2);
    expect(ends.received.filter(({ headers }) => headers.flowId === flowId)).toHaveLength(1);
  });

  test('a start of an unknown orchestration is quarantined with its cause, and holds nothing up', async () => {
    const unknown = `nobody-${unique()}`;
    await broker.send(STARTS, { orchestrationName: unknown }, {});
    const copy = await dead.receives(`the start of ${unknown}`, ({ text }) =>
      text.includes(unknown),
    );
    expect(copy.recordHeaders).toMatchObject({
      'cause-code': 'UNKNOWN_ORCHESTRATION',
      'cause-message': expect.stringContaining(unknown),
      'original-topic': STARTS,
      'original-partition': expect.stringMatching(/^\d+$/),
      'original-offset': expect.stringMatching(/^\d+$/),
    });
    await passed();
  });

  test('gets the refusal of its start, with its own headers and id', async () => {
    const flowId = `refused-${unique()}`;
    const own = { correlationId: `c-${flowId}` };
    const unknown = `nobody-${unique()}`;
    await broker.send(STARTS, { orchestrationName: unknown, flowId, ...own }, {});
    const { key, headers, payload } = await ends.receives(
      `the refusal of ${flowId}`,
      (record) => record.headers.flowId === flowId,
    );
    expect(key).toBe(flowId);
    expect(headers).toEqual({ ...own, flowId, orchestrationName: unknown });
    expect(payload).toEqual({
      flowId,
      orchestrationName: unknown,
      status: 'REFUSED',
      code: 'UNKNOWN_ORCHESTRATION',
      output: null,
      failureReason: expect.stringContaining(unknown),
    });
  });

  test('a record that is no message is quarantined with its bytes as they came', async () => {
    const text = `{"headers": not json ${unique()}`;
    await broker.sendText(STARTS, text);
    const copy = await dead.receives('the broken record', (record) => record.text === text);
    expect(copy.recordHeaders).toMatchObject({
      'cause-code': 'NOT_JSON',
      'original-topic': STARTS,
    });
    await passed();
  });

  /**
   * Starts a flow on each partition and waits for their ends: every earlier record has been read by
   * then.
   */
  async function passed(): Promise<void> {
    const flowIds = Array.from({ length: 24 }, () => `shop-${unique()}`);
    for (const flowId of flowIds)
      await broker.send(STARTS, { orchestrationName: name, flowId }, { amount: 1 });
    for (const flowId of flowIds)
      await ends.receives(`the end of ${flowId}`, ({ headers }) => headers.flowId === flowId);
  }
});

function documentOf(orchestrationName: string): object {
  const backoff = { initial: '20ms', factor: 1, max: '20ms' };
  const steps = [
    { seq: 1, name: 'reserve', objectType: 'String' },
    { seq: 2, name: 'charge', objectType: 'String' },
  ];
  return { orchestrationName, as: 'initiator', type: 'sequential', maxRetries: 1, backoff, steps };
}

function field(payload: unknown, name: string): unknown {
  return typeof payload === 'object' && payload !== null
    ? (payload as Record<string, unknown>)[name]
    : undefined;
}

function isAbout(payload: unknown, orchestrationName: string): boolean {
  return field(payload, 'orchName') === orchestrationName;
}

function isPoor(payload: unknown): boolean {
  return field(payload, 'poor') === true;
}
