/**
 * What only shows something changes nothing: no topic, no message, no row — on the real Kafka and
 * the real PostgreSQL.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Listener, openBroker, type TestBroker } from './kit/broker.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { newDatabase, type TestDatabase, unique } from './kit/surroundings.js';

const stack = new AsyncDisposableStack();
const registered = `shown-${unique()}`;
const unregistered = `new-${unique()}`;
let database: TestDatabase;
let gateway: Gateway;
let broker: TestBroker;
let receivers: Listener;

beforeAll(async () => {
  database = stack.use(await newDatabase());
  broker = stack.use(await openBroker());
  gateway = stack.use(await startGateway({ database, group: `nothing-sent-${unique()}` }));
  receivers = await broker.listen(
    'orchestrator.registration.status',
    'orchestrator.execution.status',
  );
  await gateway.client.register(documentOf(registered, 'a', 'b'));
  await receivers.receives(`the registration of ${registered}`, ({ key }) => key === registered);
}, 180_000);
afterAll(() => stack.disposeAsync(), 90_000);

test('a simulation, of a document and of a registered orchestration', async () => {
  const before = await everything();
  const query = `query ($input: SimulateInput!) { simulate(input: $input) { trace problems { message } } }`;
  const faults = [
    { stepName: 'b', action: 'DO', kind: 'FAIL' },
    { stepName: 'a', action: 'UNDO', kind: 'TIMEOUT', attempt: 1 },
  ];
  const simulated = (input: object): Promise<unknown> =>
    gateway.client.graphql(query, { input: { ...input, faults } });
  const shown = {
    simulate: {
      trace: 'a+ b- b- [FLOW_TURNED_AROUND b] ~a- ~a+ => UNDONE',
      problems: [],
    },
  };
  expect(await simulated({ document: documentOf(unregistered, 'a', 'b') })).toEqual(shown);
  expect(await simulated({ orchestrationName: registered })).toEqual(shown);
  await nothingSince(before);
});

test('a dry run, of a new document and of a new version', async () => {
  const before = await everything();
  const query = `mutation ($document: String!) { registerOrchestration(input: { document: $document, dryRun: true }) {
    registrations { orchestrationName version changed changes { kind breaking flowsInFlight } } problems { message } } }`;
  const dryRun = (document: string): Promise<unknown> =>
    gateway.client.graphql(query, { document });
  expect(await dryRun(documentOf(unregistered, 'a', 'b'))).toMatchObject({
    registerOrchestration: { registrations: [{ version: 1, changed: true, changes: [] }] },
  });
  expect(await dryRun(documentOf(registered, 'a', 'c'))).toMatchObject({
    registerOrchestration: {
      registrations: [
        {
          version: 2,
          changed: true,
          changes: [
            { kind: 'STEP_REMOVED', breaking: true, flowsInFlight: 0 },
            { kind: 'STEP_ADDED', breaking: true, flowsInFlight: 0 },
          ],
        },
      ],
    },
  });
  await nothingSince(before);
});

function documentOf(name: string, ...steps: readonly string[]): string {
  const listed = steps.map((step, index) => ({ seq: index + 1, name: step }));
  return JSON.stringify({
    orchestrationName: name,
    as: 'initiator',
    type: 'sequential',
    maxRetries: 1,
    steps: listed,
  });
}

interface Everything {
  readonly rows: string;
  readonly topics: readonly string[];
  readonly offsets: string;
}

/**
 * Rows of these names, topics of these names, and where they end. What earlier tests left in topics
 * may arrive meanwhile.
 */
async function everything(): Promise<Everything> {
  const tables = [
    ['orchestration', 'name'],
    ['orchestration_name', 'name'],
    ['orchestration_step', 'orchestration_name'],
    ['orchestration_worker', 'orchestration_name'],
    ['orchestration_run', 'orchestration_name'],
  ];
  const counts = await database.query(
    tables
      .map(
        ([table, column]) =>
          `SELECT '${table}' AS name, count(*)::int AS rows FROM ${table} WHERE ${column} IN ('${registered}', '${unregistered}')`,
      )
      .join(' UNION ALL '),
  );
  const topics = (await broker.admin.listTopics()).filter(
    (topic) => topic.includes(registered) || topic.includes(unregistered),
  );
  const offsets = await Promise.all(
    topics.sort().map(async (topic) => [topic, await broker.admin.fetchTopicOffsets(topic)]),
  );
  return { rows: JSON.stringify(counts), topics, offsets: JSON.stringify(offsets) };
}

/** A real registration behind it is the sign that everything sent before it has been read. */
async function nothingSince(before: Everything): Promise<void> {
  expect(await everything()).toEqual(before);
  const sign = `sign-${unique()}`;
  await gateway.client.register(documentOf(sign, 'a'));
  await receivers.receives(`the registration of ${sign}`, ({ key }) => key === sign);
  const about = (name: string): number =>
    receivers.received.filter(({ key }) => key === name).length;
  expect([about(registered), about(unregistered)]).toEqual([1, 0]);
}
