/**
 * The end-to-end ring: the built gateway as its users run it, on real Kafka and real PostgreSQL,
 * with workers that know nothing of it. Knows: addresses, commands, what is printed, what is
 * stored. Refuses to know: the inside of the gateway; nothing of src/ is imported. This file: the
 * testing scenarios of the seed, with a Spring worker nobody adapted.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Listener, openBroker, type TestBroker } from './kit/broker.js';
import { type Child, ROOT } from './kit/child.js';
import type { Details } from './kit/client.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { newDatabase, type TestDatabase, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';
import { buildSpringWorker, startSpringWorker } from './kit/workers.js';

const DOCUMENT = `
orchestrationName: "tenantCreation"
as: "initiator"
type: "sequential"
backoff: { initial: 50ms, factor: 2, max: 1s }
steps:
  - seq: 1
    name: "createRealm"
    objectType: "String"
  - seq: 2
    name: "createClient"
    objectType: "String"
  - seq: 3
    name: "createUser"
    objectType: "String"
`;
const STEPS = ['createRealm', 'createClient', 'createUser'];
const STEP_TOPICS = STEPS.flatMap((step) => [
  `orchestrator.tenantCreation.${step}.do`,
  `orchestrator.tenantCreation.${step}.undo`,
]);
const CLASS = 'com.example.tenants.ExecutionMessage';

beforeAll(() => buildSpringWorker(), 320_000);

describe.each([
  { commands: 'without a type header', typeHeaders: false },
  { commands: `typed by COMMAND_TYPE_ID=${CLASS}`, typeHeaders: true },
])('a Spring worker, commands $commands', ({ typeHeaders }) => {
  const stack = new AsyncDisposableStack();
  let database: TestDatabase;
  let gateway: Gateway;
  let broker: TestBroker;
  let receiver: Listener;
  let worker: Child;

  beforeAll(async () => {
    database = stack.use(await newDatabase());
    broker = stack.use(await openBroker());
    const env: Record<string, string> = typeHeaders ? { COMMAND_TYPE_ID: CLASS } : {};
    gateway = stack.use(await startGateway({ database, group: `spring-${unique()}`, env }));
    await gateway.client.register(DOCUMENT);
    receiver = await broker.listen(...STEP_TOPICS);
    worker = stack.use(startSpringWorker({ typeHeaders }));
  }, 180_000);
  afterAll(() => stack.disposeAsync(), 90_000);

  /** Runs one tenant to its end; its name is in everything the worker makes. */
  async function run(
    trouble: object,
  ): Promise<{ readonly tenant: string; readonly flow: Details }> {
    const tenant = `acme-${unique()}`;
    const flowId = await gateway.client.execute('tenantCreation', { tenant, ...trouble });
    return {
      tenant,
      flow: await gateway.client
        .ended(flowId)
        .catch((error: unknown) => worker.complain(String(error))),
    };
  }

  /**
   * What is left of this tenant in the worker's world after its last log line:
   * `realms=[…] clients=[…] users=[…]`.
   */
  function leftOf(tenant: string): string[] {
    const last =
      worker.output
        .trimEnd()
        .split('\n')
        .findLast((line) => line.includes('| realms=')) ?? 'the worker made nothing yet';
    return [...last.matchAll(/(\w+)=\[([^\]]*)\]/g)].flatMap(([, kind, names]) =>
      names?.split(', ').includes(tenant) ? [String(kind)] : [],
    );
  }

  /** The commands of a flow in the order they were sent, as `DO createRealm 1`. */
  async function commandsOf(flowId: string, count: number): Promise<string[]> {
    const own = await until(`${count} commands of ${flowId}`, () => {
      const found = receiver.received.filter(({ headers }) => headers.flowId === flowId);
      return found.length >= count && found;
    });
    for (const { recordHeaders } of own)
      expect(recordHeaders.__TypeId__).toBe(typeHeaders ? CLASS : undefined);
    return own
      .toSorted((a, b) => String(a.headers.timestamp).localeCompare(String(b.headers.timestamp)))
      .map(({ headers }) => `${headers.action} ${headers.stepName} ${headers.attempt}`);
  }

  test('the topics of every step and of the gateway are there to be listed', async () => {
    const topics = await broker.admin.listTopics();
    const own = [
      'response.result',
      'execution.start',
      'execution.status',
      'registration',
      'registration.status',
      'response.result.dlq',
    ];
    expect(topics).toEqual(
      expect.arrayContaining([...STEP_TOPICS, ...own.map((name) => `orchestrator.${name}`)]),
    );
  });

  test('DO success path: each success triggers the next step, and the flow completes', async () => {
    const { tenant, flow } = await run({});
    expect(flow).toMatchObject({ status: 'COMPLETED', orchestrationName: 'tenantCreation' });
    expect(
      flow.steps.map(({ seq, stepName, status, retryCount }) => [
        seq,
        stepName,
        status,
        retryCount,
      ]),
    ).toEqual([
      [1, 'createRealm', 'DO_SUCCESS', 0],
      [2, 'createClient', 'DO_SUCCESS', 0],
      [3, 'createUser', 'DO_SUCCESS', 0],
    ]);
    expect(await commandsOf(flow.flowId, 3)).toEqual([
      'DO createRealm 1',
      'DO createClient 1',
      'DO createUser 1',
    ]);
    expect(leftOf(tenant)).toEqual(['realms', 'clients', 'users']);
  });

  test('DO retry: a failing step is tried again until its retries are exhausted, then what was done is undone', async () => {
    const { tenant, flow } = await run({ failAt: 'createClient' });
    expect(flow.status).toBe('UNDONE');
    expect(flow.steps).toMatchObject([
      { stepName: 'createRealm', status: 'UNDO_SUCCESS', retryCount: 0 },
      {
        stepName: 'createClient',
        status: 'RETRY_EXHAUSTED',
        retryCount: 3,
        maxRetries: 3,
        errorMessage: expect.stringContaining('time 4'),
      },
      { stepName: 'createUser', status: 'PENDING', retryCount: 0 },
    ]);
    const tries = [1, 2, 3, 4].map((attempt) => `DO createClient ${attempt}`);
    expect(await commandsOf(flow.flowId, 6)).toEqual([
      'DO createRealm 1',
      ...tries,
      'UNDO createRealm 1',
    ]);
    expect(leftOf(tenant)).toEqual([]);
  });

  test('DO retry: a step that succeeds before its retries are exhausted lets the flow complete', async () => {
    const { tenant, flow } = await run({ failAt: 'createUser', failTimes: 2 });
    expect(flow.status).toBe('COMPLETED');
    expect(flow.steps.at(2)).toMatchObject({ status: 'DO_SUCCESS', retryCount: 2 });
    expect(leftOf(tenant)).toEqual(['realms', 'clients', 'users']);
  });

  test('UNDO path: when step 3 fails, step 2 is undone, then step 1, and the flow ends UNDONE', async () => {
    const { tenant, flow } = await run({ failAt: 'createUser' });
    expect(flow.status).toBe('UNDONE');
    expect(flow.steps.map(({ status }) => status)).toEqual([
      'UNDO_SUCCESS',
      'UNDO_SUCCESS',
      'RETRY_EXHAUSTED',
    ]);
    const sent = await commandsOf(flow.flowId, 8);
    expect(sent.slice(-2)).toEqual(['UNDO createClient 1', 'UNDO createRealm 1']);
    expect(leftOf(tenant)).toEqual([]);
  });

  test('UNDO path: a failing UNDO is tried again, with a budget of its own', async () => {
    const { tenant, flow } = await run({
      failAt: 'createUser',
      failUndoAt: 'createRealm',
      failUndoTimes: 2,
    });
    expect(flow.status).toBe('UNDONE');
    const query =
      'query ($flowId: ID!) { details(flowId: $flowId) { steps { stepName status retryCount undoRetryCount } } }';
    const { details } = await gateway.client.graphql<{ details: unknown }>(query, {
      flowId: flow.flowId,
    });
    expect(details).toMatchObject({
      steps: [{ status: 'UNDO_SUCCESS', retryCount: 0, undoRetryCount: 2 }, {}, {}],
    });
    expect(leftOf(tenant)).toEqual([]);
  });

  test('the three queries of the seed find the flow, its failed step and the retries', async () => {
    const { flow } = await run({ failAt: 'createClient' });
    const [status, failed, rates] = seedQueries();
    expect(await database.query(String(status).replace('your-flow-id', flow.flowId))).toMatchObject(
      [
        {
          flow_id: flow.flowId,
          step_name: 'createRealm',
          status: 'UNDO_SUCCESS',
          retry_count: 0,
          max_retries: 3,
        },
        {
          step_name: 'createClient',
          status: 'RETRY_EXHAUSTED',
          retry_count: 3,
          max_retries: 3,
          error_message: expect.stringContaining('time 4'),
        },
        { step_name: 'createUser', status: 'PENDING', retry_count: 0, error_message: null },
      ],
    );
    const found = await database.query(String(failed));
    expect(found.filter((row) => row.flow_id === flow.flowId)).toMatchObject([
      { step_name: 'createClient', status: 'RETRY_EXHAUSTED' },
    ]);
    const rate = (await database.query(String(rates))).find(
      (row) => row.step_name === 'createClient',
    );
    expect(Number(rate?.max_retries)).toBe(3);
  });

  test('the history shows the flows, newest first', async () => {
    const first = (await run({})).flow.flowId;
    const second = (await run({})).flow.flowId;
    const { status, body } = await gateway.client.history('tenantCreation');
    expect({ status, body }).toMatchObject({ status: 200, body: { content: expect.any(Array) } });
    expect(body.content.slice(0, 2).map(({ flowId }) => flowId)).toEqual([second, first]);
  });
});

/** Letter for letter as the seed has them. */
function seedQueries(): string[] {
  const text = readFileSync(join(ROOT, 'testing/fixtures/seed-quick-reference.md'), 'utf8');
  return [...text.matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql]) => String(sql));
}
