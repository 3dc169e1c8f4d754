/** Queries and requests that cost more than they look. */
import { tally, times } from './payloads.mjs';
import { EVERYTHING } from './sockets.mjs';

export async function cursorsOnly(gateway, _random, ms) {
  const started = performance.now();
  const answer = await gateway.graphql(
    '{ history(orchestrationName: "heavy", first: 30) { edges { cursor } } }',
    {},
    ms,
  );
  return `${tally([answer])} after ${Math.round(performance.now() - started)} ms`;
}

export async function threeAliases(gateway, _random, ms) {
  const part = (name) =>
    `${name}: history(first: 100) { edges { node { input output steps { input output } } } }`;
  const query = `{ ${['a', 'b', 'c'].map(part).join(' ')} }`;
  const answers = await times(4, () => gateway.graphql(query, {}, ms));
  return tally(answers);
}

export async function limitInVariable(gateway, _random, ms) {
  const query =
    'query($n: Int) { orchestrations(first: $n) { edges { node { history(first: $n) { edges { node { timeline(first: $n) { message } } } } } } } }';
  return tally(await times(8, () => gateway.graphql(query, { n: 100 }, ms)));
}

export async function equalFields(gateway, _random, ms) {
  const field = 'details(flowId: "x") { flowId steps { stepName } }';
  const query = `{ ${Array.from({ length: 300 }, () => field).join(' ')} }`;
  return tally(await times(4, () => gateway.graphql(query, {}, ms)));
}

export async function fragments(gateway, _random, ms) {
  const doubled = Array.from(
    { length: 40 },
    (_, n) => `fragment F${n} on Flow { ...F${n + 1} ...F${n + 1} }`,
  );
  const query = `{ details(flowId: "x") { ...F0 } } ${doubled.join(' ')} fragment F40 on Flow { flowId }`;
  const harmless = `{ details(flowId: "x") { ...A ...A } } fragment A on Flow { flowId steps { stepName } }`;
  const [bomb, good] = [
    await gateway.graphql(query, {}, ms),
    await gateway.graphql(harmless, {}, ms),
  ];
  return `doubled forty times: ${tally([bomb])}; a harmless one: ${tally([good])}`;
}

export async function readers(gateway, random, ms) {
  const query =
    'query($f: FlowFilter) { history(filter: $f, first: 100) { edges { node { flowId steps { input } timeline(first: 50) { details } } } } }';
  const filter = () => ({
    statuses: Array.from({ length: 500 }, () =>
      random.pick(['IN_PROGRESS', 'COMPLETED', 'UNDONE']),
    ),
    errorContains: random.pick(['a', 'zz', '%']),
  });
  const left = Date.now() + Math.min(ms, 8000);
  const answers = [];
  await times(60, async () => {
    while (Date.now() < left) {
      const f = random.next() < 0.5 ? filter() : {};
      const patience = random.next() < 0.5 ? 200 : ms;
      answers.push(await gateway.graphql(query, { f }, patience).catch(() => ({ status: 'left' })));
    }
  });
  return tally(answers);
}

export async function similarNames(gateway, _random, ms) {
  const input = { orchestrationName: 'tenantCreatio'.padEnd(190, 'n'), payload: {} };
  const mutation =
    'mutation($i: [ExecuteInput!]!) { executeMany(inputs: $i) { problems { code } } }';
  const i = Array.from({ length: 1000 }, (_, n) => ({ ...input, idempotencyKey: `k${n}` }));
  const started = performance.now();
  const answer = await gateway.graphql(mutation, { i }, ms);
  return `${answer.status} after ${Math.round(performance.now() - started)} ms`;
}

const STRANGE = [
  ['POST', '/graphql', JSON.stringify({ query: EVERYTHING })],
  [
    'POST',
    '/graphql',
    JSON.stringify({ query: `{ history(after: "WzFlMzAwLCJ4Il0") { edges { cursor } } }` }),
  ],
  [
    'POST',
    '/graphql',
    JSON.stringify({ query: `{ history(after: "WzEsIlx1MDAwMCJd") { edges { cursor } } }` }),
  ],
  [
    'POST',
    '/graphql',
    JSON.stringify({
      query: `mutation { execute(input: { orchestrationName: "x", payload: ${'['.repeat(1900)}${']'.repeat(1900)} }) { created } }`,
    }),
  ],
  ['POST', '/graphql', '{"query":"{ __typename }","variables":"x"}'],
  ['POST', '/graphql', 'null'],
  ['GET', '/api/orchestrations/history?page=-1'],
  ['GET', '/api/orchestrations/details/%00'],
  ['GET', '/%'],
];

export async function strange(gateway) {
  const answers = [];
  for (const [method, path, body] of STRANGE) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    answers.push(await gateway.request(path, { method, headers, body }));
  }
  for (const head of ['GET /livez HTTP/1.1\r\nHost: \r\n\r\n', 'GET /livez HTTP/1.0\r\n\r\n'])
    answers.push(await gateway.rawAnswer(head));
  return tally(answers);
}
