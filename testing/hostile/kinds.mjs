/** Every kind of input that has hurt a gateway: what is sent, and in a few words what came back. */
import { HURTFUL, parallel } from './documents.mjs';
import { wait } from './gateway.mjs';
import { Sockets } from './sockets.mjs';

const BIG = 900 * 1024;
/** A lawful payload of just under the limit. */
const big = () => ({ text: 'x'.repeat(BIG - 100) });
const times = (count, work) => Promise.all(Array.from({ length: count }, (_, n) => work(n)));

/** Answers by status and code. */
function tally(answers) {
  const counts = {};
  for (const { status, text } of answers) {
    const code = /"code":"(\w+)"/.exec(text ?? '')?.[1];
    const key = code === undefined ? String(status) : `${status} ${code}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return Object.entries(counts)
    .map(([key, count]) => `${count} × ${key}`)
    .join(', ');
}

const outcome = (payloads) =>
  tally(
    payloads.map(({ created, problems }) => ({
      status: created ? 'started' : 'refused',
      text: JSON.stringify(problems),
    })),
  );

async function lawfulBatch(gateway, _luck, ms) {
  await gateway.register(parallel('wide', 200));
  const three = gateway.startAll('wide', [big(), big(), big()], ms);
  const tiny = gateway.startAll('wide', [{ tiny: true }], ms);
  return `three of 900 KB: ${outcome(await three)}; the tiny one: ${outcome(await tiny)}`;
}

async function amplified(gateway, _luck, ms) {
  await gateway.register(parallel('wide', 200));
  const answers = await gateway.startAll('wide', [big()], ms);
  await wait(2000);
  return outcome(answers);
}

async function topics(gateway, _luck, ms) {
  const one = (n) =>
    `- {orchestrationName: t${n}, as: initiator, type: parallel, steps: [${Array.from({ length: 100 }, (_, s) => `{seq: ${s}, name: s${s}}`).join(',')}]}`;
  const document = `orchestrations:\n${Array.from({ length: 20 }, (_, n) => one(n)).join('\n')}`;
  const { body, status, text } = await gateway.register(document, ms);
  const codes = body?.data?.registerOrchestration?.problems.map(({ code }) => code) ?? [];
  return `${Math.round(document.length / 1024)} KiB, ${codes[0] ?? `registered, ${status}`}${status === 200 ? '' : text.slice(0, 80)}`;
}

const EVERYTHING = 'subscription { stepStatusChanged { flowId stepName status } }';

async function fanOut(gateway, _luck, ms) {
  const sockets = new Sockets(gateway);
  const open = await times(50, () => sockets.socket());
  for (const socket of open)
    for (let n = 0; n < 100; n++) sockets.subscribe(socket, `${n}`, EVERYTHING);
  await wait(Math.min(ms, 6000));
  return sockets.end();
}

async function variablesKept(gateway, _luck, ms) {
  const sockets = new Sockets(gateway);
  const variables = { unused: Array.from({ length: 150_000 }, () => ({})) };
  const open = await times(12, () => sockets.socket());
  for (let n = 0; n < 12; n++) {
    for (const socket of open) sockets.subscribe(socket, `${n}`, EVERYTHING, variables);
    await wait(100);
  }
  await wait(Math.min(ms, 2000));
  return sockets.end();
}

async function initKept(gateway, _luck, ms) {
  const sockets = new Sockets(gateway);
  const payload = { kept: Array.from({ length: 150_000 }, () => ({})) };
  for (let n = 0; n < 60; n++) await sockets.socket({ payload });
  await wait(Math.min(ms, 1000));
  return sockets.end();
}

async function idsKept(gateway, _luck, ms) {
  const sockets = new Sockets(gateway);
  const open = await times(5, () => sockets.socket());
  for (let n = 0; n < 80; n++) {
    for (const socket of open)
      sockets.subscribe(socket, `${n}${'x'.repeat(1_000_000)}`, EVERYTHING);
    await wait(20);
  }
  await wait(Math.min(ms, 1000));
  return sockets.end();
}

async function tooDeepMessage(gateway) {
  const sockets = new Sockets(gateway);
  const socket = await sockets.socket();
  sockets.subscribe(socket, 'honest', EVERYTHING);
  if (socket !== null)
    socket.send(
      `{"type":"subscribe","id":"deep","payload":{"query":"{ __typename }","variables":{"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}}}`,
    );
  await wait(500);
  return sockets.end();
}

/** Thirty flows with a large payload, once per gateway. */
async function withHeavyFlows(gateway, ms) {
  if (gateway.heavy) return;
  gateway.heavy = true;
  await gateway.register(parallel('heavy', 1));
  for (let n = 0; n < 15; n++) await gateway.startAll('heavy', [big(), big()], ms);
}

async function cursorsOnly(gateway, _luck, ms) {
  await withHeavyFlows(gateway, ms);
  const started = performance.now();
  const answer = await gateway.graphql(
    '{ history(orchestrationName: "heavy", first: 30) { edges { cursor } } }',
    {},
    ms,
  );
  return `${tally([answer])} after ${Math.round(performance.now() - started)} ms`;
}

async function threeAliases(gateway, _luck, ms) {
  await withHeavyFlows(gateway, ms);
  const part = (name) =>
    `${name}: history(first: 100) { edges { node { input output steps { input output } } } }`;
  const query = `{ ${['a', 'b', 'c'].map(part).join(' ')} }`;
  const answers = await times(4, () => gateway.graphql(query, {}, ms));
  return tally(answers);
}

async function limitInVariable(gateway, _luck, ms) {
  const query =
    'query($n: Int) { orchestrations(first: $n) { edges { node { history(first: $n) { edges { node { timeline(first: $n) { message } } } } } } } }';
  return tally(await times(8, () => gateway.graphql(query, { n: 100 }, ms)));
}

async function equalFields(gateway, _luck, ms) {
  const field = 'details(flowId: "x") { flowId steps { stepName } }';
  const query = `{ ${Array.from({ length: 300 }, () => field).join(' ')} }`;
  return tally(await times(4, () => gateway.graphql(query, {}, ms)));
}

async function fragments(gateway, _luck, ms) {
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

async function readers(gateway, luck, ms) {
  await withHeavyFlows(gateway, ms);
  const query =
    'query($f: FlowFilter) { history(filter: $f, first: 100) { edges { node { flowId steps { input } timeline(first: 50) { details } } } } }';
  const filter = () => ({
    statuses: Array.from({ length: 500 }, () => luck.of(['IN_PROGRESS', 'COMPLETED', 'UNDONE'])),
    errorContains: luck.of(['a', 'zz', '%']),
  });
  const left = Date.now() + Math.min(ms, 8000);
  const answers = [];
  await times(60, async () => {
    while (Date.now() < left) {
      const f = luck.next() < 0.5 ? filter() : {};
      const patience = luck.next() < 0.5 ? 200 : ms;
      answers.push(await gateway.graphql(query, { f }, patience).catch(() => ({ status: 'left' })));
    }
  });
  return tally(answers);
}

async function similarNames(gateway, _luck, ms) {
  const input = { orchestrationName: 'tenantCreatio'.padEnd(190, 'n'), payload: {} };
  const mutation =
    'mutation($i: [ExecuteInput!]!) { executeMany(inputs: $i) { problems { code } } }';
  const i = Array.from({ length: 1000 }, (_, n) => ({ ...input, idempotencyKey: `k${n}` }));
  const started = performance.now();
  const answer = await gateway.graphql(mutation, { i }, ms);
  return `${answer.status} after ${Math.round(performance.now() - started)} ms`;
}

async function unfinishedBodies(gateway, _luck, ms) {
  const sockets = new Sockets(gateway);
  const head =
    'POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n';
  const bytes = Buffer.concat([Buffer.from(head), Buffer.alloc(7_900_000, 32)]);
  await times(120, () => Promise.race([sockets.raw(bytes), wait(3000)]));
  await wait(Math.min(ms, 2000));
  return sockets.end();
}

async function slowHeaders(gateway, _luck, ms) {
  const sockets = new Sockets(gateway);
  for (let n = 0; n < 30; n++)
    await times(100, () =>
      Promise.race([sockets.raw('GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: '), wait(1000)]),
    );
  await wait(Math.min(ms, 1000));
  return sockets.end();
}

async function unreadAnswers(gateway, _luck, ms) {
  await withHeavyFlows(gateway, ms);
  const sockets = new Sockets(gateway);
  const body = JSON.stringify({
    query: '{ history(orchestrationName: "heavy", first: 4) { edges { node { input } } } }',
  });
  const request = `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  for (let n = 0; n < 60; n++) {
    const socket = await Promise.race([sockets.raw(request), wait(1000)]);
    socket?.pause();
  }
  await wait(Math.min(ms, 3000));
  return sockets.end();
}

async function fullBroker(gateway, _luck, ms) {
  await gateway.register(parallel('nobodyReads', 1));
  const answers = [];
  for (let n = 0; n < 40; n++)
    answers.push(...(await gateway.startAll('nobodyReads', [big(), big(), big(), big()], ms)));
  const warned = await gateway.dropped();
  return `${outcome(answers)}; ${warned} times unread records were dropped`;
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

async function strange(gateway) {
  const answers = [];
  for (const [method, path, body] of STRANGE) {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    answers.push(await gateway.request(path, { method, headers, body }));
  }
  for (const head of ['GET /livez HTTP/1.1\r\nHost: \r\n\r\n', 'GET /livez HTTP/1.0\r\n\r\n'])
    answers.push(await gateway.rawAnswer(head));
  return tally(answers);
}

/** Several kinds at once, as chance has them. */
async function mixture(gateway, luck, ms) {
  const kinds = KINDS.filter(({ run }) => run !== mixture && run !== fullBroker);
  const chosen = Array.from({ length: 5 }, () => luck.of(kinds));
  const ends = await Promise.allSettled(chosen.map(({ run }) => run(gateway, luck, ms)));
  const failed = ends.filter(({ status }) => status === 'rejected').length;
  return `${chosen.map(({ name }) => name).join(' + ')}${failed > 0 ? ` (${failed} cut off)` : ''}`;
}

const documents = Object.entries(HURTFUL).map(([name, document]) => ({
  name,
  run: async (gateway, luck, ms) => {
    const { body, status } = await gateway.register(document(luck), ms);
    const { problems = [] } = body?.data?.registerOrchestration ?? {};
    return problems.length > 0
      ? `${problems.length} × ${problems[0].code}`
      : `${status} ${body?.errors?.[0]?.extensions?.code ?? 'registered'}`;
  },
}));

export const KINDS = [
  { name: 'three lawful 900 KB starts on 200 parallel steps', run: lawfulBatch },
  { name: 'one 900 KB start on 200 parallel steps', run: amplified },
  ...documents,
  { name: 'a document of 4,000 topics', run: topics },
  { name: '100 subscriptions × 50 connections', run: fanOut },
  { name: 'variables nobody declared', run: variablesKept },
  { name: 'large connection_init payloads', run: initKept },
  { name: 'subscription ids of 1 MB', run: idsKept },
  { name: 'a message 100,000 deep', run: tooDeepMessage },
  { name: 'cursors of 30 flows of 900 KB', run: cursorsOnly },
  { name: 'payloads under three aliases', run: threeAliases },
  { name: 'a limit in a variable', run: limitInVariable },
  { name: '300 equal fields', run: equalFields },
  { name: 'fragments that double', run: fragments },
  { name: '60 readers that search, half of them hang up', run: readers },
  { name: '1,000 unknown names', run: similarNames },
  { name: '120 unfinished bodies of 8 MB', run: unfinishedBodies },
  { name: '3,000 slow headers', run: slowHeaders },
  { name: '60 clients that do not read', run: unreadAnswers },
  { name: 'strange requests', run: strange },
  { name: 'a mixture', run: mixture },
  { name: 'another mixture', run: mixture },
  // Last: no flow starts any more when it is full.
  { name: '140 MB for a worker that is not there', run: fullBroker },
];
