/**
 * A document that Apollo Server has accepted is executed directly from the second time on: the
 * answer has the same bytes and headers, whoever gave it.
 */
import { ApolloServer } from '@apollo/server';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import type { Answer } from './kit/server.js';
import { Running } from './kit/server.js';
import { bearer, TokenFile } from './kit/tokens.js';

/** Requests that Apollo Server has answered since the last look. */
let byApollo = 0;
const { executeHTTPGraphQLRequest } = ApolloServer.prototype;
ApolloServer.prototype.executeHTTPGraphQLRequest = function (...given) {
  byApollo++;
  return executeHTTPGraphQLRequest.apply(this, given);
};
function answeredByApollo(): number {
  const count = byApollo;
  byApollo = 0;
  return count;
}
beforeEach(() => void answeredByApollo());
afterAll(() => {
  ApolloServer.prototype.executeHTTPGraphQLRequest = executeHTTPGraphQLRequest;
});

interface Sent {
  readonly query: string;
  readonly variables?: unknown;
  readonly operationName?: unknown;
  readonly extensions?: unknown;
}

/** The body as it came, the status, and all headers but those of the moment. */
function shown({ status, text, headers }: Answer<unknown>): unknown {
  const kept = [...headers].filter(([name]) => name !== 'date');
  return { status, text, headers: kept };
}

/** Stands for a number that JavaScript does not hold. */
const DIGITS = 'digits';
const EXECUTE = `mutation ($input: ExecuteInput!) {
  execute(input: $input) { created flow { flowId status input } problems { code message path } }
}`;
const NAMES = '{ orchestrations(first: 5) { edges { node { name labels steps { name } } } } }';
const FLOW = 'query ($flowId: ID!) { details(flowId: $flowId) { flowId status input } }';
const start = (more: object = {}) => ({
  input: {
    orchestrationName: 'tenantCreation',
    idempotencyKey: 'known',
    payload: [DIGITS, 'é\u2028'],
    ...more,
  },
});

/** [what, what is sent, whether it is executed directly from the second time on] */
const ANSWERED: readonly (readonly [string, Sent, boolean])[] = [
  ['a query', { query: NAMES }, true],
  ['a query with operationName null', { query: NAMES, operationName: null }, true],
  ['a named operation', { query: `query a ${NAMES} query b ${NAMES}`, operationName: 'b' }, true],
  ['variables null', { query: NAMES, variables: null }, true],
  ['an extension that means nothing here', { query: NAMES, extensions: { a: 1 } }, true],
  ['a flow that is not there', { query: FLOW, variables: { flowId: 'none' } }, true],
  ['a start that exists already, with its payload', { query: EXECUTE, variables: start() }, true],
  [
    'a start of what is not registered',
    { query: EXECUTE, variables: start({ orchestrationName: 'tenantCreatio' }) },
    true,
  ],
  [
    'a resolver that refuses',
    { query: '{ orchestrations(first: -1) { edges { cursor } } }' },
    true,
  ],
  ['variables that do not fit', { query: EXECUTE, variables: { input: { flowId: 1 } } }, false],
  ['no variables where they are required', { query: FLOW }, false],
  ['no operation of this name', { query: `query a ${NAMES}`, operationName: 'c' }, false],
  ['a document that is not valid', { query: '{ nothing }' }, false],
  ['a document that cannot be parsed', { query: '{ nothing' }, false],
  [
    'a persisted query',
    { query: NAMES, extensions: { persistedQuery: { version: 1, sha256Hash: 'a' } } },
    false,
  ],
];

const bodyOf = (sent: Sent): string =>
  JSON.stringify(sent).replace(`"${DIGITS}"`, '9007199254740993');

async function twice(running: Running, sent: Sent, headers: Record<string, string> = {}) {
  const body = bodyOf(sent);
  const send = () => running.post('/graphql', body, { 'x-request-id': 'r-1', ...headers });
  const first = await send();
  const once = answeredByApollo();
  const second = await send();
  return { first, second, once, again: answeredByApollo() };
}

test.each(ANSWERED)('%s: the second answer is the first', async (_what, sent, direct) => {
  await using running = await Running.start();
  const query = EXECUTE.replace('created', 'was: created');
  const { text } = await running.post('/graphql', bodyOf({ query, variables: start() }));
  expect(text).toContain('"was":true');
  answeredByApollo();
  const { first, second, once, again } = await twice(running, sent);
  expect(shown(second)).toEqual(shown(first));
  expect({ once, again }).toEqual({ once: 1, again: direct ? 0 : 1 });
});

test('faults and what nobody expects: the same masked errors, in the log as well', async () => {
  await using running = await Running.start();
  await running.graphql(NAMES);
  running.engine.failure = new Error('secret host 10.0.0.1');
  answeredByApollo();
  const direct = await running.graphql(NAMES);
  expect(answeredByApollo()).toBe(0);
  const slow = await running.graphql(NAMES, {}, { accept: 'application/json, */*' });
  expect(answeredByApollo()).toBe(1);
  expect(direct.text).toBe(slow.text);
  expect(direct.status).toBe(slow.status);
  expect(direct.text).not.toContain('secret');
  expect(direct.body.errors?.[0]?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR' });
  const logged = running.lines.filter(({ message }) => message === 'a GraphQL request failed');
  expect(logged).toHaveLength(2);
});

test('a right is checked for each caller, also in a document that others may execute', async () => {
  using file = new TokenFile();
  const [operator, viewer] = [
    file.add('ann', { roles: ['admin'] }),
    file.add('bob', { roles: ['viewer'] }),
  ];
  await using running = await file.api();
  const sent = { query: EXECUTE, variables: start() };
  await twice(running, sent, bearer(operator));
  answeredByApollo();
  const refused = await running.graphql(EXECUTE, start(), bearer(viewer));
  expect(answeredByApollo()).toBe(0);
  const headers = { ...bearer(viewer), accept: 'application/json, */*' };
  const slow = await running.graphql(EXECUTE, start(), headers);
  expect(answeredByApollo()).toBe(1);
  expect([refused.status, refused.text]).toEqual([slow.status, slow.text]);
  expect(refused.body.errors?.[0]?.extensions).toEqual({ code: 'FORBIDDEN' });
  const actions = running.engine.refusals.map(({ actor, action, code }) => ({
    ...{ actor, action, code },
  }));
  expect(actions).toHaveLength(2);
  expect(actions[0]).toEqual(actions[1]);
});

test('bounds of a document hold each time: they count what its variables request', async () => {
  await using running = await Running.start();
  const query =
    'query ($first: Int) { history(first: $first) { edges { node { timeline(first: 1000) { number } } } } }';
  await running.data(query, { first: 1 });
  await running.data(query, { first: 1 });
  answeredByApollo();
  const { status, body } = await running.graphql(query, { first: 100 });
  expect(status).toBe(400);
  expect(body.errors?.[0]?.extensions).toEqual({ code: 'QUERY_TOO_COMPLEX' });
  expect(answeredByApollo()).toBe(0);
});

test('the type of the answer goes by the Accept header of each request', async () => {
  await using running = await Running.start();
  const accepts = ['*/*', 'application/graphql-response+json', 'text/html'];
  const types = async (): Promise<unknown[]> => {
    const found: unknown[] = [];
    for (const accept of accepts) {
      const { status, headers } = await running.graphql(NAMES, {}, { accept });
      found.push([status, headers.get('content-type')]);
    }
    return found;
  };
  const first = await types();
  expect(first[1]).toEqual([200, 'application/graphql-response+json; charset=utf-8']);
  expect(first[2]).toEqual([406, expect.anything()]);
  answeredByApollo();
  expect(await types()).toEqual(first);
  // What is not accepted is refused by Apollo Server each time.
  expect(answeredByApollo()).toBe(1);
});

test('a request that a form of a foreign page could send is refused, known document or not', async () => {
  await using running = await Running.start();
  await twice(running, { query: NAMES });
  const path = `/graphql?query=${encodeURIComponent(NAMES)}`;
  const get = await running.get(path);
  expect(get.status).toBe(400);
  const body = JSON.stringify({ query: NAMES });
  const post = await running.post('/graphql', body, { 'content-type': 'text/plain' });
  expect(post.status).toBe(415);
});
