import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
let flows = 0;
/** Of a flow that is not there yet. */
let flowId: string;
let receivedAt: string;
let reply: string;
beforeEach(async () => {
  const { engine } = running;
  engine.clearQuarantine();
  flowId = `flow-${++flows}`;
  reply = JSON.stringify({
    headers: { flowId, stepName: 'createRealm', action: 'DO', status: true },
  });
  await engine.deliver(Buffer.from(reply));
  receivedAt = new Date(engine.database.now).toISOString();
  await engine.deliver(Uint8Array.from([255, 1]));
});
afterAll(() => running.close());

const FIELDS =
  'id topic partition offset receivedAt code message value valueIsBase64 flowId state settledAt settledBy settledReason';
const LIST = `query ($state: QuarantineState, $flowId: ID, $first: Int, $after: String) {
  quarantine(state: $state, flowId: $flowId, first: $first, after: $after) { edges { cursor node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } }`;
const settling = (verb: string) =>
  `mutation ($id: ID!, $reason: String!) { settled: ${verb}(id: $id, reason: $reason) { reply { id state settledBy settledReason } problems { code path message } } }`;
type Settled = {
  settled: { reply: unknown; problems: readonly { code: string; path: string | null }[] };
};

describe('quarantine', () => {
  test('is listed in pages, text as text and bytes as base64', async () => {
    type Listed = {
      quarantine: {
        edges: { node: object }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    };
    const first = await running.data<Listed>(LIST, { first: 1 });
    expect(first.quarantine).toMatchObject({
      edges: [{ node: { id: '2', value: '/wE=', valueIsBase64: true } }],
      pageInfo: { hasNextPage: true },
    });
    const { quarantine } = await running.data<Listed>(LIST, {
      first: 5,
      after: first.quarantine.pageInfo.endCursor,
    });
    expect(quarantine.edges.map(({ node }) => node)).toEqual([
      {
        id: '1',
        topic: 'orchestrator.response.result',
        partition: 0,
        offset: expect.stringMatching(/^11529215046068\d{5}$/),
        receivedAt,
        code: 'UNKNOWN_FLOW',
        message: expect.stringContaining(flowId),
        value: reply,
        valueIsBase64: false,
        flowId,
        state: 'OPEN',
        settledAt: null,
        settledBy: null,
        settledReason: null,
      },
    ]);
  });

  test('is narrowed by state and flow', async () => {
    expect(await running.data(LIST, { flowId })).toMatchObject({
      quarantine: { edges: [{ node: { id: '1' } }] },
    });
    expect(await running.data(LIST, { state: 'REPLAYED' })).toMatchObject({
      quarantine: { edges: [] },
    });
  });

  test.each([
    [{ first: 0 }, 'first must be a whole number from 1 to 100'],
    [{ flowId: 'a\u0000b' }, 'flowId'],
    [{ after: 'nowhere' }, 'cursor'],
  ])('refuses %j', async (variables, message) => {
    const body = JSON.stringify({ query: LIST, variables });
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    const { errors } = (await running.request<{ errors: { message: string }[] }>('/graphql', init))
      .body;
    expect(errors[0]?.message).toContain(message);
  });

  test.each([
    ['replayQuarantined', 'REPLAYED'],
    ['discardQuarantined', 'DISCARDED'],
  ])('%s stores who and why', async (verb, state) => {
    const start = { payload: null, headers: {}, initiator: null, idempotencyKey: null };
    await running.engine.service.execute({
      orchestrationName: 'tenantCreation',
      flowId,
      ...start,
    });
    const { settled } = await running.data<Settled>(settling(verb), {
      id: '1',
      reason: ' looked at it ',
    });
    expect(settled).toEqual({
      reply: { id: '1', state, settledBy: 'anonymous', settledReason: 'looked at it' },
      problems: [],
    });
  });

  test.each([
    [{ id: '1', reason: '  ' }, 'REASON_MISSING', 'reason'],
    [{ id: ' ', reason: 'because' }, 'INVALID_TEXT', 'id'],
    [{ id: '77', reason: 'because' }, 'UNKNOWN_QUARANTINED', 'id'],
  ])('refuses to settle %j', async (variables, code, path) => {
    for (const verb of ['replayQuarantined', 'discardQuarantined']) {
      expect((await running.data<Settled>(settling(verb), variables)).settled).toMatchObject({
        reply: null,
        problems: [{ code, path }],
      });
    }
    const states = (await running.engine.quarantine()).map(({ state }) => state);
    expect(states).toEqual(['OPEN', 'OPEN']);
  });
});
