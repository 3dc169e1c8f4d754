/** The limits of one request are the same by HTTP, by WebSocket and as an event stream. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { LIMITS } from '../../src/limits/limits.js';
import { Running } from './kit/server.js';
import { RawSocket } from './kit/socket.js';
import { until } from './kit/until.js';

let running: Running;
let socket: RawSocket;
beforeAll(async () => {
  running = await Running.start();
  socket = await RawSocket.open(running.socketUrl);
});
afterAll(async () => {
  socket.close();
  await running.close();
});

interface Refusal {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}
type Send = (query: string, variables: object) => Promise<Refusal | null>;
let count = 0;

const TRANSPORTS: Readonly<Record<string, Send>> = {
  HTTP: async (query, variables) => {
    const { body } = await running.graphql(query, variables);
    return (body.errors?.[0] as Refusal | undefined) ?? null;
  },
  WebSocket: async (query, variables) => {
    const id = `q${count++}`;
    socket.subscribe(id, query, variables);
    await until('it is answered', () => socket.errors(id).length + socket.results(id).length > 0);
    const [result] = socket.results(id) as { readonly errors?: readonly Refusal[] }[];
    return (socket.errors(id)[0] as Refusal | undefined) ?? result?.errors?.[0] ?? null;
  },
  'event stream': async (query, variables) => {
    const { text, status } = await running.post('/graphql', JSON.stringify({ query, variables }), {
      accept: 'text/event-stream',
    });
    const json = status === 200 ? (/^data: (.*)$/m.exec(text)?.[1] ?? '') : text;
    return (JSON.parse(json) as { errors?: readonly Refusal[] }).errors?.[0] ?? null;
  },
};

const deep = (levels: number): string => {
  let query = 'flowId';
  for (let level = 0; level < levels; level++)
    query = `history(first: 1) { edges { node { ${query} } } }`;
  return `{ orchestration(name: "a") { ${query} } }`;
};
const times = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => of(index)).join(' ');

const REFUSED: readonly (readonly [string, string, object, string])[] = [
  ['depth', deep(5), {}, 'QUERY_TOO_COMPLEX'],
  [
    'cost',
    'query ($first: Int) { history(first: $first) { edges { node { timeline(first: 1000) { number } } } } }',
    { first: 100 },
    'QUERY_TOO_COMPLEX',
  ],
  [
    'aliases',
    `{ ${times(LIMITS.queryAliases.value + 1, (index) => `a${index}: __typename`)} }`,
    {},
    'QUERY_TOO_COMPLEX',
  ],
  [
    'directives',
    `{ __typename ${times(LIMITS.queryDirectives.value + 1, () => '@include(if: true)')} }`,
    {},
    'QUERY_TOO_COMPLEX',
  ],
  [
    'fields',
    `{ ${times(LIMITS.queryFields.value + 1, () => '__typename')} }`,
    {},
    'QUERY_TOO_COMPLEX',
  ],
  [
    'tokens',
    `{ ${times(LIMITS.queryTokens.value, () => '__typename')} }`,
    {},
    'GRAPHQL_PARSE_FAILED',
  ],
  ['page size', '{ history(first: 101) { edges { cursor } } }', {}, 'BAD_USER_INPUT'],
];

const REFUSALS = Object.keys(TRANSPORTS).flatMap((transport) =>
  REFUSED.map(([what, query, variables, code]) => ({ transport, what, query, variables, code })),
);
test.each(REFUSALS)('$transport refuses $what', async ({ transport, query, variables, code }) => {
  const refusal = await TRANSPORTS[transport]?.(query, variables);
  expect(refusal?.extensions?.code).toBe(code);
});

test.each(Object.keys(TRANSPORTS))('%s answers what is within the limits', async (transport) => {
  expect(
    await TRANSPORTS[transport]?.('{ history(first: 100) { edges { cursor } } }', {}),
  ).toBeNull();
});
