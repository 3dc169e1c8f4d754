/**
 * How many SQL statements a GraphQL request costs on the real PostgreSQL: those of a list are those
 * of one of its items.
 */
import { createRequire } from 'node:module';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Api, openApi } from '../../src/api/server.js';
import type { EngineService } from '../../src/engine/service.js';
import { silent } from '../../src/observability/log.js';
import { orchestration, register, start, startInput } from '../contracts/store-builders.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';
import { testTopics } from '../kit/topics.js';

const NAMES = ['alpha', 'beta', 'gamma'];
let database: TestDatabase;
let api: Api;
const statements: string[] = [];

type Query = (this: unknown, ...all: unknown[]) => unknown;
/** The driver that MikroORM uses. */
const { Client } = createRequire(import.meta.url)('pg') as {
  readonly Client: { readonly prototype: { query: Query } };
};
const { query } = Client.prototype;

beforeAll(async () => {
  database = await testDatabase();
  const { store, readModel: read } = database.open();
  for (const name of NAMES) {
    const recipe = await register(store, orchestration(name, { labels: { team: name } }));
    for (let count = 0; count < 4; count++)
      await start(store, [
        startInput(`${name}-${count}`, {
          recipe,
          payload: '{"n":1}',
          headers: { correlationId: `c-${name}` },
        }),
      ]);
  }
  const engine = {
    read,
    orchestration: (name: string, version: number | null) => store.orchestration(name, version),
  } as EngineService;
  api = await openApi({
    engine,
    readRegistration: () => Promise.reject(new Error('not here')),
    stepTopics: testTopics,
    payloadLimit: 900_000,
    log: silent('api'),
    host: '127.0.0.1',
    port: 0,
    portTries: 1,
    introspection: true,
    production: false,
    allowedOrigins: [],
  });
  Client.prototype.query = function counted(...all) {
    const [first] = all as [string | { readonly text: string }];
    statements.push(typeof first === 'string' ? first : first.text);
    return query.apply(this, all);
  };
});
afterAll(async () => {
  Client.prototype.query = query;
  await api.close();
  await database.close();
});
beforeEach(() => {
  statements.length = 0;
});

interface Answer {
  readonly data: Record<string, unknown> | null;
  readonly errors?: readonly unknown[];
}

async function run(text: string): Promise<Answer> {
  const response = await fetch(`${api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: text }),
  });
  return (await response.json()) as Answer;
}

/** Definitions are read once per process: every shape is read once before it is counted. */
async function costs(text: string): Promise<number> {
  expect(await run(text)).not.toHaveProperty('errors');
  statements.length = 0;
  await run(text);
  return statements.length;
}

const FLOW = 'flowId status steps { stepName status retryCount }';
const TIMELINE = 'timeline { number type }';
const EDGES = (fields: string): string => `{ edges { node { ${fields} } } pageInfo { endCursor } }`;

test.each([
  ['one flow with its steps', `{ details(flowId: "alpha-1") { ${FLOW} } }`, 1],
  ['one flow with payloads', '{ details(flowId: "alpha-1") { input steps { output } } }', 2],
  ['one flow with its timeline', `{ details(flowId: "alpha-1") { ${FLOW} ${TIMELINE} } }`, 2],
  ['a page of flows with their steps', `{ history ${EDGES(FLOW)} }`, 1],
  [
    'a page of flows with their payloads',
    `{ history ${EDGES(`${FLOW} input steps { input }`)} }`,
    3,
  ],
  ['a page of flows with their timelines', `{ history ${EDGES(`${FLOW} ${TIMELINE}`)} }`, 2],
  ['a counted page', `{ history { totalCount hasMore edges { node { ${FLOW} } } } }`, 2],
  [
    'a page by label, error and correlation',
    `{ history(filter: {labels: {team: "alpha"}, errorContains: "x", correlationId: "c-alpha"}) ${EDGES(FLOW)} }`,
    1,
  ],
  [
    'one orchestration with workers',
    '{ orchestration(name: "alpha") { status steps { name workers } } }',
    2,
  ],
  [
    'a list of orchestrations with workers',
    '{ orchestrations { edges { node { status steps { workers } } } } }',
    2,
  ],
  [
    'one orchestration with its flows',
    `{ orchestration(name: "alpha") { history(first: 2) ${EDGES(`${FLOW} ${TIMELINE}`)} } }`,
    3,
  ],
  [
    'a list of orchestrations with their flows, timelines and counts',
    `{ orchestrations { edges { node { name history(first: 2) { totalCount edges { node { ${FLOW} ${TIMELINE} } } } } } } }`,
    5,
  ],
])('%s', async (_shape, text, most) => {
  expect([await costs(text), statements]).toEqual([most, statements]);
});

test('a list has the flows of each orchestration, newest first, with their own timelines', async () => {
  const { data } = await run(
    `{ orchestrations { edges { node { name history(first: 2, filter: {statuses: [IN_PROGRESS]}) {
      totalCount pageInfo { hasNextPage } edges { node { flowId timeline(first: 1) { flowId type } } } } } } } }`,
  );
  const page = (name: string): object => ({
    node: {
      name,
      history: {
        totalCount: 4,
        pageInfo: { hasNextPage: true },
        edges: [3, 2].map((count) => ({
          node: {
            flowId: `${name}-${count}`,
            timeline: [{ flowId: `${name}-${count}`, type: 'FLOW_STARTED' }],
          },
        })),
      },
    },
  });
  expect(data).toEqual({ orchestrations: { edges: NAMES.map(page) } });
});
