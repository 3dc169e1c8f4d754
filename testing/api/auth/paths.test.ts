/**
 * Every path to an object has a rule, and keeps it: for each root field and route, what may not be
 * seen is answered letter for letter like what is not there. A root field or route without a rule,
 * or without a case below, fails.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type GraphQLNamedType, type GraphQLObjectType, getNamedType, isObjectType } from 'graphql';
import { OBJECT_RULES, SCOPED_TYPES } from '../../../src/api/auth/object-rules.js';
import { FIELD_RULES, ROUTE_RULES } from '../../../src/api/auth/policy.js';
import { createSchema } from '../../../src/api/graphql/schema.js';
import { addSlo } from '../../kit/memory-slo.js';
import { Running, TENANT } from '../kit/server.js';
import { RawSocket } from '../kit/socket.js';
import { bearer, TokenFile } from '../kit/tokens.js';
import { until } from '../kit/until.js';

const schema = createSchema();
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const rootFields = roots.flatMap((type) =>
  Object.keys(type?.getFields() ?? {}).map((field) => `${type?.name}.${field}`),
);

function reachable(type: GraphQLNamedType, seen = new Set<GraphQLObjectType>()) {
  if (!isObjectType(type) || seen.has(type)) return seen;
  seen.add(type);
  for (const field of Object.values(type.getFields())) reachable(getNamedType(field.type), seen);
  return seen;
}

test('every root field has a rule, and no rule is about a field that is gone', () => {
  expect(Object.keys(FIELD_RULES).sort()).toEqual([...rootFields].sort());
});

test('every object that can be reached has a rule, and no rule is about a type that is gone', () => {
  const types = roots.flatMap((root) =>
    Object.values(root?.getFields() ?? {}).flatMap((field) => [
      ...reachable(getNamedType(field.type)),
    ]),
  );
  const names = [...new Set(types.map(({ name }) => name))].sort();
  expect([...Object.keys(SCOPED_TYPES), ...Object.keys(OBJECT_RULES)].sort()).toEqual(names);
});

test.each(Object.entries(SCOPED_TYPES))(
  '%s has the field %s that its scope is read from',
  (...of) => {
    const type = schema.getType(of[0]) as GraphQLObjectType;
    expect(Object.keys(type.getFields())).toContain(of[1]);
  },
);

test('every route has a rule, and no rule is about a route that is gone', async () => {
  await using running = await Running.start();
  const routes = running.api.routes.filter((route) => !route.startsWith('HEAD '));
  expect([...new Set(routes)].sort()).toEqual(Object.keys(ROUTE_RULES).sort());
});

/** What a caller can name; of the hidden kind it exists, of the other it does not. */
interface Named {
  readonly flowId: string;
  readonly name: string;
  readonly recordId: string;
}

const reason = 'reason: "a look"';
const onFlow = ({ flowId }: Named, more = ''): string =>
  `(input: { flowId: "${flowId}", ${reason}${more} }) { flow { flowId input } problems { code message path suggestions } }`;
const onName = ({ name }: Named): string =>
  `(input: { name: "${name}", ${reason} }) { orchestration { name } problems { code message path suggestions } }`;
const onMany = ({ name }: Named): string =>
  `(input: { orchestrationName: "${name}", filter: {}, ${reason}, dryRun: true }) { matched done refused endCursor problems { message } }`;
const onRecord = ({ recordId }: Named): string =>
  `(id: "${recordId}", ${reason}) { reply { id value } problems { code message path } }`;
const STEP = ', stepName: "createRealm"';
const start = ({ name }: Named): string => `orchestrationName: "${name}", payload: {}`;
const PROBLEMS = 'problems { code message path line suggestions }';

/** As a gateway gives it; callers can make one. */
function leaseOf(flowId: string, name: string): string {
  const parts = [1, 'nonce', 'workers', name, flowId, 'createRealm', 'DO', 0, 1];
  return Buffer.from(JSON.stringify(parts)).toString('base64url');
}

/** For each root field, how a caller would get at an object with it. */
const CASES: Readonly<Record<string, (of: Named) => string>> = {
  'Query.history': ({ name }) =>
    `{ history(orchestrationName: "${name}") { totalCount hasMore edges { cursor node { flowId input steps { output } } } } }`,
  'Query.details': ({ flowId }) =>
    `{ details(flowId: "${flowId}") { flowId orchestrationName input timeline { message details } availableActions { name } steps { input } } }`,
  'Query.diagnose': ({ flowId }) =>
    `{ diagnose(flowId: "${flowId}") { verdict summary facts { value } } }`,
  'Query.undoPlan': ({ flowId }) => `{ undoPlan(flowId: "${flowId}") { hash steps { payload } } }`,
  'Query.orchestrations': ({ name }) =>
    `{ orchestrations(nameContains: "${name}") { edges { cursor node { name history { totalCount } } } } }`,
  'Query.orchestration': ({ name }) =>
    `{ orchestration(name: "${name}") { name steps { name workers } policies { reason } history { edges { node { flowId } } } } }`,
  'Query.simulate': ({ name }) =>
    `{ simulate(input: { orchestrationName: "${name}", faults: [] }) { trace ${PROBLEMS} } }`,
  'Query.slo': ({ name }) =>
    `{ slo(orchestrationName: "${name}") { flows doSuccessRate stuckSteps lines { value met } trend { flows } } }`,
  'Query.quarantine': ({ flowId }) =>
    `{ quarantine(flowId: "${flowId}") { edges { cursor node { id value message } } } }`,
  'Query.audit': ({ flowId }) =>
    `{ audit(filter: { flowId: "${flowId}" }) { edges { cursor node { actor action reason } } } }`,
  'Mutation.execute': (of) =>
    `mutation { execute(input: { ${start(of)} }) { created flow { flowId } ${PROBLEMS} } }`,
  'Mutation.executeMany': (of) =>
    `mutation { executeMany(inputs: [{ ${start(of)} }, { ${start(of)} }]) { created flow { flowId } ${PROBLEMS} } }`,
  'Mutation.registerOrchestration': ({ name }) =>
    `mutation { registerOrchestration(input: { document: ${JSON.stringify(TENANT.replace('tenantCreation', name))} }) { registrations { version changes { description } } ${PROBLEMS} } }`,
  'Mutation.retryStep': (of) => `mutation { retryStep${onFlow(of, STEP)} }`,
  'Mutation.resendCommand': (of) => `mutation { resendCommand${onFlow(of, STEP)} }`,
  'Mutation.skipStep': (of) => `mutation { skipStep${onFlow(of, STEP)} }`,
  'Mutation.cancelFlow': (of) => `mutation { cancelFlow${onFlow(of)} }`,
  'Mutation.undoFlow': (of) => `mutation { undoFlow${onFlow(of)} }`,
  'Mutation.pauseFlow': (of) => `mutation { pauseFlow${onFlow(of)} }`,
  'Mutation.resumeFlow': (of) => `mutation { resumeFlow${onFlow(of)} }`,
  'Mutation.retryFlows': (of) => `mutation { retryFlows${onMany(of)} }`,
  'Mutation.undoFlows': (of) => `mutation { undoFlows${onMany(of)} }`,
  'Mutation.cancelFlows': (of) => `mutation { cancelFlows${onMany(of)} }`,
  'Mutation.pauseOrchestration': (of) => `mutation { pauseOrchestration${onName(of)} }`,
  'Mutation.resumeOrchestration': (of) => `mutation { resumeOrchestration${onName(of)} }`,
  'Mutation.archiveOrchestration': (of) => `mutation { archiveOrchestration${onName(of)} }`,
  'Mutation.setPolicy': ({ name }) =>
    `mutation { setPolicy(input: { orchestrationName: "${name}", maxRetries: 1, ${reason} }) { orchestration { name } ${PROBLEMS} } }`,
  'Query.logLevels': () => '{ logLevels { instance levels { component level } } }',
  'Mutation.setLogLevel': () =>
    `mutation { setLogLevel(input: { component: relay, level: DEBUG, ${reason} }) { ${PROBLEMS} } }`,
  'Mutation.reencryptPayloads': () =>
    `mutation { reencryptPayloads(input: { ${reason} }) { examined rewritten } }`,
  'Mutation.replayQuarantined': (of) => `mutation { replayQuarantined${onRecord(of)} }`,
  'Mutation.discardQuarantined': (of) => `mutation { discardQuarantined${onRecord(of)} }`,
  'Mutation.reply': ({ flowId, name }) =>
    `mutation { reply(input: { leaseId: "${leaseOf(flowId, name)}", progress: 0.5 }) { accepted leaseUntil ${PROBLEMS} } }`,
  'Subscription.commands': ({ name }) =>
    `subscription { commands(orchestrationName: "${name}", group: "look") { flowId payload } }`,
  'Subscription.flowEvents': ({ flowId }) =>
    `subscription { flowEvents(flowId: "${flowId}") { number message details } }`,
  'Subscription.stepStatusChanged': ({ flowId }) =>
    `subscription { stepStatusChanged(flowId: "${flowId}") { stepName status } }`,
};

const REST: Readonly<Record<string, (of: Named) => readonly [path: string, body?: object]>> = {
  'POST /api/orchestrations/execute': ({ name }) => [
    '/api/orchestrations/execute',
    { orchestrationName: name, payload: {} },
  ],
  'POST /api/orchestrations/simulate': ({ name }) => [
    '/api/orchestrations/simulate',
    { orchestrationName: name },
  ],
  'GET /api/orchestrations/history': ({ name }) => [`/api/orchestrations/history?orchName=${name}`],
  'GET /api/orchestrations/details/:flowId': ({ flowId }) => [
    `/api/orchestrations/details/${flowId}`,
  ],
  'GET /api/orchestrations/diagnose/:flowId': ({ flowId }) => [
    `/api/orchestrations/diagnose/${flowId}`,
  ],
  'GET /api/orchestrations/:name/asyncapi.yaml': ({ name }) => [
    `/api/orchestrations/${name}/asyncapi.yaml`,
  ],
  'GET /api/audit': ({ flowId }) => [`/api/audit?flowId=${flowId}`],
  'POST /api/worker/poll': ({ name }) => [
    '/api/worker/poll',
    { orchestrationName: name, group: 'polls', waitMs: 0 },
  ],
  'POST /api/worker/reply': ({ flowId, name }) => [
    '/api/worker/reply',
    { leaseId: leaseOf(flowId, name), progress: 0.5 },
  ],
};

const file = new TokenFile();
let running: Running;
let all: string;
let scoped: string;
let hidden: Named;
const none: Named = { flowId: 'there-is-none', name: 'tenantCreations', recordId: '987654' };
beforeAll(async () => {
  all = file.add('all', { roles: ['admin'] });
  // Near the hidden name and the one that is not there: suggestions have this one and no other.
  scoped = file.add('scoped', { roles: ['admin'], scopes: ['tenantCreating', 'visible*'] });
  running = await file.api();
  for (const name of ['tenantCreating', 'visibleOne'])
    await as(all, CASES['Mutation.registerOrchestration']?.({ ...none, name }) ?? '');
});
beforeEach(async () => {
  // What another test has done with it.
  await as(all, CASES['Mutation.resumeOrchestration']?.({ ...none, name: 'tenantCreation' }) ?? '');
  hidden = await hiddenObjects();
});
afterAll(async () => {
  await running.close();
  file[Symbol.dispose]();
});

async function hiddenObjects(): Promise<Named> {
  const { now, tables } = running.engine.database;
  addSlo(tables, [
    { orchestrationName: 'tenantCreation', minute: now - (now % 60_000), counts: [5] },
  ]);
  const flowId = await running.engine.startFlow();
  const headers = { flowId, stepName: 'no such step', action: 'DO', status: true };
  await running.engine.deliver(Buffer.from(JSON.stringify({ headers })));
  const recordId = (await running.engine.quarantine()).at(-1)?.id ?? '';
  await as(all, CASES['Mutation.pauseFlow']?.({ ...none, flowId }) ?? '');
  return { flowId, name: 'tenantCreation', recordId };
}

async function as(token: string, query: string): Promise<string> {
  return (await running.graphql(query, {}, bearer(token))).text;
}

/** The answer with what was named taken out of it. */
function neutral(text: string, { flowId, name, recordId }: Named): string {
  return text
    .replaceAll(flowId, '<flow>')
    .replaceAll(new RegExp(`\\b${name}\\b`, 'g'), '<name>')
    .replaceAll(`the id ${recordId};`, 'the id <record>;');
}

describe('what may not be seen does not exist', () => {
  const fields = rootFields.filter((path) => !path.startsWith('Subscription.'));
  test.each(fields)('%s', async (path) => {
    const query = CASES[path];
    if (query === undefined) throw new Error(`${path} has no case in this test`);
    const before = running.engine.actions.length;
    const shown = neutral(await as(scoped, query(hidden)), hidden);
    expect(shown).toBe(neutral(await as(scoped, query(none)), none));
    expect(running.engine.actions.length).toBe(before);
    // The case would notice: for a caller who may see it, it is there.
    expect(neutral(await as(all, query(hidden)), hidden)).not.toBe(shown);
  });

  test.each([
    ['Subscription.flowEvents', 'UNKNOWN_FLOW'],
    ['Subscription.commands', 'UNKNOWN_ORCHESTRATION'],
  ])('%s', async (path, code) => {
    const answers: unknown[] = [];
    for (const one of [hidden, none]) {
      const socket = await RawSocket.open(running.socketUrl, bearer(scoped));
      socket.subscribe('1', CASES[path]?.(one) ?? '', {});
      await until('it is answered', () => socket.results('1').length === 1);
      answers.push(neutral(JSON.stringify(socket.results('1')), one));
      socket.close();
    }
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0]).toContain(code);
  });

  test('Subscription.stepStatusChanged, event by event', async () => {
    const socket = await RawSocket.open(running.socketUrl, bearer(scoped));
    const flowId = await running.engine.startFlow();
    const wide = 'subscription { stepStatusChanged { orchestrationName stepName status } }';
    const named = `subscription { stepStatusChanged(orchestrationName: "tenantCreation") { stepName } }`;
    socket.subscribe('all', wide, {});
    socket.subscribe('named', named, {});
    socket.subscribe(
      'flow',
      CASES['Subscription.stepStatusChanged']?.({ ...none, flowId }) ?? '',
      {},
    );
    await socket.answered('{ __typename }');
    await running.engine.answers(flowId, 'createRealm');
    const visible = JSON.parse(
      await as(
        scoped,
        'mutation { execute(input: { orchestrationName: "visibleOne" }) { flow { flowId } } }',
      ),
    ) as { data: { execute: { flow: { flowId: string } } } };
    await running.engine.answers(visible.data.execute.flow.flowId, 'createRealm');
    await until('the visible flow has moved', () => socket.values('all').length >= 2);
    const names = socket.values('all').map((one) => JSON.stringify(one));
    expect(names.filter((one) => !one.includes('visibleOne'))).toEqual([]);
    expect([socket.values('named'), socket.values('flow')]).toEqual([[], []]);
    socket.close();
  });

  test.each(
    Object.keys(ROUTE_RULES).filter(
      (route) => ROUTE_RULES[route] !== 'open' && !/\/graphql$|\/metrics$/.test(route),
    ),
  )('%s', async (route) => {
    const given = REST[route];
    if (given === undefined) throw new Error(`${route} has no case in this test`);
    const answer = async (token: string, of: Named): Promise<string> => {
      const [path, body] = given(of);
      const headers = { ...bearer(token), 'content-type': 'application/json' };
      const init =
        body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
      const { status, text } = await running.request(path, init);
      return neutral(`${status} ${text}`, of);
    };
    const shown = await answer(scoped, hidden);
    expect(shown).toBe(await answer(scoped, none));
    expect(await answer(all, hidden)).not.toBe(shown);
  });

  test('suggestions have only names that may be seen', async () => {
    const query = CASES['Query.simulate']?.(none) ?? '';
    expect(await as(scoped, query)).toContain('"suggestions":["tenantCreating"]');
    expect(await as(all, query)).toContain('"tenantCreation"');
  });
});

test('lists have pages and counts of what may be seen', async () => {
  const started: string[] = [];
  for (const name of [
    'visibleOne',
    'tenantCreation',
    'visibleOne',
    'tenantCreation',
    'visibleOne',
  ]) {
    const { data } = JSON.parse(
      await as(
        all,
        `mutation { execute(input: { orchestrationName: "${name}", initiator: "pages" }) { flow { flowId } } }`,
      ),
    ) as { data: { execute: { flow: { flowId: string } } } };
    if (name === 'visibleOne') started.unshift(data.execute.flow.flowId);
  }
  const found: string[] = [];
  const counts: number[] = [];
  for (let after: string | null = null, more = true; more; ) {
    const query: string = `{ history(first: 2, after: ${JSON.stringify(after)}, filter: { initiator: "pages" }) { totalCount edges { node { flowId } } pageInfo { hasNextPage endCursor } } }`;
    const { data } = JSON.parse(await as(scoped, query)) as { data: { history: Page } };
    found.push(...data.history.edges.map(({ node }) => node.flowId));
    counts.push(data.history.totalCount);
    ({ hasNextPage: more, endCursor: after } = data.history.pageInfo);
  }
  expect(found).toEqual(started);
  expect(counts).toEqual([3, 3]);
  const names = await as(scoped, '{ orchestrations { edges { node { name } } } }');
  expect(names).not.toMatch(/"tenantCreation"/);
  expect(names).toMatch(/tenantCreating.*visibleOne/);
});

interface Page {
  readonly totalCount: number;
  readonly edges: readonly { readonly node: { readonly flowId: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

test('actions that the caller has no right for are not available', async () => {
  using viewers = new TokenFile();
  const viewer = viewers.add('viewer', { roles: ['viewer'] });
  await using api = await viewers.api();
  const flowId = await api.engine.startFlow();
  const query = `{ details(flowId: "${flowId}") { availableActions { name allowed reason } } }`;
  const { details } = await api.data<{
    details: { availableActions: readonly { name: string; allowed: boolean; reason: string }[] };
  }>(query, {}, bearer(viewer));
  expect(details.availableActions.map(({ allowed }) => allowed)).not.toContain(true);
  expect(details.availableActions[0]?.reason).toMatch(/^this needs the right flow:operate/);
});

test('a resolver that forgets the scope gives nothing away', async () => {
  using files = new TokenFile();
  const token = files.add('scoped', { roles: ['admin'], scopes: ['visible*'] });
  await using api = await files.api();
  const flowId = await api.engine.startFlow();
  const [flow] = [...api.engine.flows.values()];
  // As if the guarded engine let it through.
  api.engine.readOverrides = {
    orchestrationsOf: async () => new Map([[flowId, 'visibleOne']]),
    flows: async () => new Map(flow === undefined ? [] : [[flowId, flow.flow]]),
  };
  const query = `{ details(flowId: "${flowId}") { orchestrationName } }`;
  const { body } = await api.graphql(query, {}, bearer(token));
  expect(body).toMatchObject({
    data: { details: null },
    errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
  });
  expect(api.lines.map(({ message }) => message)).toContain('a GraphQL request failed');
});
