/**
 * JSON is carried as it came (rules.md#json-text): in by GraphQL, REST and topic, through a real
 * PostgreSQL and a real Kafka, out by every way.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonSource, spaced } from '../json/json-source.js';
import { type Listener, openBroker, type TestBroker } from './kit/broker.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { newDatabase, unique } from './kit/surroundings.js';

const NUMBERS =
  '[1.0,1000.0,-0.0,-0,0.12345678901234567890,9007199254740993,1E3,12345678901234.123456789]';
/** One of everything, and what chance brings. */
const [payload = ''] = fc.sample(
  fc.array(jsonSource, { minLength: 150, maxLength: 150 }).map((parts) => {
    return `{"numbers":${NUMBERS},"10":1,"2":{"b":1,"1":2.50},"parts":[${parts.join(',')}]}`;
  }),
  { numRuns: 1, seed: 19 },
);
const OWN = '"count":9007199254740993,"rate":1.0,"list":[-0,{"10":1,"2":1.10}]';

const stack = new AsyncDisposableStack();
const name = `letter-${unique()}`;
let gateway: Gateway;
let broker: TestBroker;
let commands: Listener;
let ends: Listener;

beforeAll(async () => {
  const database = stack.use(await newDatabase());
  broker = stack.use(await openBroker());
  gateway = stack.use(await startGateway({ database, group: name }));
  await gateway.client.register(`
orchestrationName: ${name}
as: initiator
type: sequential
backoff: { initial: 10ms, factor: 1, max: 10ms }
steps: [{ seq: 1, name: a }, { seq: 2, name: b, maxRetries: 1 }]
`);
  commands = await broker.listen(
    ...['a', 'b'].flatMap((step) =>
      ['do', 'undo'].map((action) => `orchestrator.${name}.${step}.${action}`),
    ),
  );
  ends = await broker.listen('orchestrator.execution.status');
}, 180_000);
afterAll(() => stack.disposeAsync(), 90_000);

async function post(path: string, body: string | Uint8Array): Promise<[number, string]> {
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${gateway.address}${path}`, { method: 'POST', headers, body });
  return [response.status, await response.text()];
}

const idIn = (answer: string): string => String(/"flowId":"([^"]+)"/.exec(answer)?.[1]);

async function answer(id: string, step: string, more: string, attempt = 1): Promise<void> {
  await commands.receives(
    `DO ${step} ${attempt} of ${id}`,
    ({ headers }) => headers.attemptId === `${id}:${step}:DO:0:${attempt}`,
  );
  const text = `{"headers":{"flowId":"${id}","stepName":"${step}",${more}}`;
  await broker.sendText('orchestrator.response.result', text);
}

const startBy = {
  'a GraphQL variable': async () => {
    const query =
      'mutation ($i: ExecuteInput!) { execute(input: $i) { flow { flowId input headers } problems { code } } }';
    const input = `{"orchestrationName":"${name}","payload":${spaced(payload)},"headers":{${OWN}}}`;
    const [, text] = await post(
      '/graphql',
      `{"query":${JSON.stringify(query)},"variables":{"i":${input}}}`,
    );
    expect(text).toContain(`"input":${payload}`);
    return idIn(text);
  },
  REST: async () => {
    const body = `{"orchestrationName":"${name}","payload":${spaced(payload)},"headers":{${OWN}}}`;
    const [status, text] = await post('/api/orchestrations/execute', body);
    expect(status).toBe(202);
    return idIn(text);
  },
  'the start topic': async () => {
    const id = `letter-${unique()}`;
    const headers = `{"orchestrationName":"${name}","flowId":"${id}",${OWN}}`;
    await broker.sendText(
      'orchestrator.execution.start',
      `{"headers":${headers},"payload":${spaced(payload)}}`,
    );
    return id;
  },
};

test.each(Object.entries(startBy))(
  'a flow started by %s',
  async (_, begin) => {
    const id = await begin();
    await answer(id, 'a', `"status":true},"payload":{"answer":${spaced(payload)}}`);
    const output = `{"answer":${payload}}`;
    await answer(id, 'b', '"status":false}');
    await answer(id, 'b', '"status":true}', 2);
    const end = await ends.receives(`the end of ${id}`, ({ headers }) => headers.flowId === id);
    expect(end.text).toContain(`"output":${output}`);
    const own = commands.received.filter(({ headers }) => headers.flowId === id);
    expect(own.map(({ headers }) => `${headers.stepName} ${headers.attempt}`)).toEqual(
      expect.arrayContaining(['a 1', 'b 1', 'b 2']),
    );
    for (const { text, headers } of [...own, end]) {
      expect(text).toContain(OWN);
      if ('attempt' in headers)
        expect(text).toContain(`"payload":${headers.stepName === 'a' ? payload : output}`);
    }
    const details = await (
      await fetch(`${gateway.address}/api/orchestrations/details/${id}`)
    ).text();
    expect(details).toContain(`"input":${payload}`);
    expect(details).toContain(`"output":${output}`);
    expect(details).toContain(OWN);
    const query = `{ details(flowId: "${id}") { input output headers steps { output } timeline { type details } } }`;
    const [, text] = await post('/graphql', JSON.stringify({ query }));
    expect(text).toContain(`"input":${payload}`);
    expect(text.split(`"output":${output}`).length).toBeGreaterThanOrEqual(4);
  },
  90_000,
);

test('an UNDO carries the answer of its step as it came', async () => {
  const id = await startBy.REST();
  await answer(id, 'a', `"status":true},"payload":${NUMBERS}`);
  await answer(id, 'b', '"status":false,"retryable":false}');
  const undo = await commands.receives(
    `UNDO a of ${id}`,
    ({ headers }) => headers.flowId === id && headers.action === 'UNDO',
  );
  expect(undo.text).toContain(`"payload":${NUMBERS}`);
  expect(undo.text).toContain(OWN);
});

test('a literal in a GraphQL document keeps its numbers, and an id that is a number is its digits', async () => {
  const query = `mutation { execute(input: { orchestrationName: "${name}", payload: { a: 1.0, b: -0, c: 1E3 } }) { flow { input } } }`;
  const [, text] = await post('/graphql', JSON.stringify({ query }));
  expect(text).toContain('"input":{"a":1.0,"b":-0,"c":1E3}');
  const mutation =
    'query ($id: ID!, $n: Int!) { details(flowId: $id) { flowId } orchestrations(first: $n) { edges { cursor } } }';
  const variables = '{"id":90071992547409930001,"n":1.0}';
  const [, none] = await post(
    '/graphql',
    `{"query":${JSON.stringify(mutation)},"variables":${variables}}`,
  );
  expect(JSON.parse(none)).toMatchObject({ data: { details: null } });
});

test('a doubled field and invalid UTF-8 are errors', async () => {
  const doubled = `{"orchestrationName":"${name}","payload":{"a":1,"a":2}}`;
  const [status, text] = await post('/api/orchestrations/execute', doubled);
  expect([status, text]).toEqual([400, expect.stringContaining('has the field \\"a\\" twice')]);
  const broken = Buffer.from(`{"orchestrationName":"${name}","payload":"\xff"}`, 'latin1');
  const [code, why] = await post('/api/orchestrations/execute', broken);
  expect([code, why]).toEqual([400, expect.stringContaining('not UTF-8')]);
});
