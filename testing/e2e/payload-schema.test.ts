/**
 * What a document promises about payloads, on the real Kafka and the real PostgreSQL: every way in,
 * and every way a reply goes.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Listener, openBroker, type TestBroker } from './kit/broker.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { type ModelWorker, startModelWorker } from './kit/model-worker.js';
import { newDatabase, unique } from './kit/surroundings.js';

const stack = new AsyncDisposableStack();
const name = `typed-${unique()}`;
let gateway: Gateway;
let broker: TestBroker;
let receivers: Listener;
let worker: ModelWorker;

const document = `
orchestrationName: ${name}
as: initiator
type: sequential
payloadSchema: { type: object, required: [tenant], properties: { tenant: { type: string, pattern: "^[a-z]+$" } } }
steps:
  - { seq: 1, name: createRealm, payloadSchema: { type: object, required: [realm] } }
  - { seq: 2, name: createUser }
`;

beforeAll(async () => {
  const database = stack.use(await newDatabase());
  broker = stack.use(await openBroker());
  gateway = stack.use(await startGateway({ database, group: `typed-${unique()}` }));
  receivers = await broker.listen(
    'orchestrator.execution.status',
    'orchestrator.response.result.dlq',
  );
  await gateway.client.register(document);
  worker = stack.use(
    await startModelWorker({
      orchestrationName: name,
      stepNames: ['createRealm', 'createUser'],
      group: `worker-${name}`,
      decide: ({ payload }) => ({
        payload: JSON.stringify(payload).includes('odd') ? { id: 7 } : { realm: 'r' },
      }),
    }),
  );
}, 180_000);
afterAll(() => stack.disposeAsync(), 90_000);

const EXECUTE = `mutation ($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { created problems { code path message } } }`;

test('a start that does not match is refused with path and reason, by GraphQL, REST and topic', async () => {
  const inputs = [{ tenant: 'acme' }, { tenant: 'Acme' }, {}].map((payload) => ({
    orchestrationName: name,
    payload,
  }));
  expect(await gateway.client.graphql(EXECUTE, { inputs })).toEqual({
    executeMany: [
      { created: true, problems: [] },
      {
        created: false,
        problems: [
          {
            code: 'PAYLOAD_INVALID',
            path: 'payload.tenant',
            message: expect.stringContaining('payload.tenant must match pattern'),
          },
        ],
      },
      {
        created: false,
        problems: [
          {
            code: 'PAYLOAD_INVALID',
            path: 'payload.tenant',
            message: expect.stringContaining('payload.tenant is missing'),
          },
        ],
      },
    ],
  });
  const rest = await gateway.client.post('/api/orchestrations/execute', {
    orchestrationName: name,
    payload: [],
  });
  expect(rest).toMatchObject({
    status: 400,
    body: { code: 'PAYLOAD_INVALID', errors: [{ field: 'payload' }] },
  });
  const correlationId = `c-${unique()}`;
  await broker.send('orchestrator.execution.start', { orchestrationName: name, correlationId }, {});
  const refused = await receivers.receives(
    'the refusal of the start',
    ({ topic, headers }) =>
      topic === 'orchestrator.execution.status' && headers.correlationId === correlationId,
  );
  expect(refused.payload).toMatchObject({ status: 'REFUSED', code: 'PAYLOAD_INVALID' });
});

test('a success that does not match is a final failure: the step is undone with its input, the reply is kept', async () => {
  const flowId = await gateway.client.execute(name, { tenant: 'odd' });
  const ended = await gateway.client.ended(flowId);
  expect(ended).toMatchObject({
    status: 'UNDONE',
    steps: [
      {
        stepName: 'createRealm',
        status: 'UNDO_SUCCESS',
        retryCount: 0,
      },
      { stepName: 'createUser', status: 'PENDING' },
    ],
  });
  const query = `query ($flowId: ID!) { details(flowId: $flowId) { timeline { type message } } }`;
  expect(await gateway.client.graphql(query, { flowId })).toMatchObject({
    details: {
      timeline: expect.arrayContaining([
        { type: 'DO_FAILED', message: expect.stringContaining('payload.realm is missing') },
      ]),
    },
  });
  const undo = worker.commands.find(
    ({ headers }) => headers.flowId === flowId && headers.action === 'UNDO',
  );
  expect(undo?.payload).toEqual({ tenant: 'odd' });
  const copy = await receivers.receives(
    'the reply',
    ({ topic, text }) => topic.endsWith('.dlq') && text.includes(flowId),
  );
  expect(copy.recordHeaders['cause-code']).toBe('PAYLOAD_INVALID');
});

test('a schema that cannot be enforced is refused with its line, by GraphQL and by topic', async () => {
  const bad = document.replace('type: string,', 'type: strng,');
  const query = `mutation ($document: String!) { registerOrchestration(input: { document: $document }) { problems { code path line message } } }`;
  expect(await gateway.client.graphql(query, { document: bad })).toMatchObject({
    registerOrchestration: {
      problems: [{ code: 'PAYLOAD_SCHEMA_INVALID', path: 'payloadSchema', line: 5 }],
    },
  });
  const statuses = await broker.listen('orchestrator.registration.status');
  const serviceName = `shop-${unique()}`;
  const payload = {
    orchestrationName: `${name}-2`,
    as: 'initiator',
    type: 'sequential',
    steps: [{ seq: 1, name: 'a', payloadSchema: { $ref: 'http://169.254.169.254/' } }],
  };
  await broker.send('orchestrator.registration', { serviceName }, payload);
  const { payload: status } = await statuses.receives('the answer', ({ text }) =>
    text.includes(serviceName),
  );
  expect(status).toMatchObject({
    status: 'FAILED',
    failureReason: expect.stringContaining('nothing is fetched'),
  });
});
