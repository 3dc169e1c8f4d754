import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
beforeEach(() => {
  const record = (id: string, value: Uint8Array, flowId: string | null) => ({
    id,
    topic: 'orchestrator.response.result',
    partition: 1,
    offset: 2n ** 60n,
    receivedAt: Date.parse('2026-11-24T10:00:00.000Z'),
    code: 'NOT_JSON',
    message: 'the value is no JSON',
    flowId,
    stepName: null,
    key: null,
    value,
    headers: {},
    state: 'OPEN' as const,
    settled: null,
  });
  running.engine.quarantine.splice(
    0,
    10,
    record('2', Uint8Array.from([255, 1]), null),
    record('1', Buffer.from('{"a'), 'flow-1'),
  );
});
afterAll(() => running.api.close());

const FIELDS =
  'id topic partition offset receivedAt code message value valueIsBase64 flowId state settledAt settledBy settledReason';
const LIST = `query ($state: QuarantineState, $flowId: ID, $first: Int, $after: String) {
  quarantine(state: $state, flowId: $flowId, first: $first, after: $after) { edges { cursor node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } }`;
const settling = (verb: string) =>
  `mutation ($id: ID!, $reason: String!) { said: ${verb}(id: $id, reason: $reason) { reply { id state settledBy settledReason } problems { code path message } } }`;
type Said = {
  said: { reply: unknown; problems: readonly { code: string; path: string | null }[] };
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
        partition: 1,
        offset: '1152921504606846976',
        receivedAt: '2026-11-24T10:00:00.000Z',
        code: 'NOT_JSON',
        message: 'the value is no JSON',
        value: '{"a',
        valueIsBase64: false,
        flowId: 'flow-1',
        state: 'OPEN',
        settledAt: null,
        settledBy: null,
        settledReason: null,
      },
    ]);
  });

  test('is narrowed by state and flow', async () => {
    expect(await running.data(LIST, { flowId: 'flow-1' })).toMatchObject({
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
  ])('says what is wrong with %j', async (variables, message) => {
    const body = JSON.stringify({ query: LIST, variables });
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    const { errors } = (await running.ask<{ errors: { message: string }[] }>('/graphql', init))
      .body;
    expect(errors[0]?.message).toContain(message);
  });

  test.each([
    ['replayQuarantined', 'REPLAYED'],
    ['discardQuarantined', 'DISCARDED'],
  ])('%s stores who and why', async (verb, state) => {
    const { said } = await running.data<Said>(settling(verb), {
      id: '1',
      reason: ' looked at it ',
    });
    expect(said).toEqual({
      reply: { id: '1', state, settledBy: 'anonymous', settledReason: 'looked at it' },
      problems: [],
    });
  });

  test.each([
    [{ id: '1', reason: '  ' }, 'REASON_MISSING', 'reason'],
    [{ id: ' ', reason: 'because' }, 'INVALID_TEXT', 'id'],
    [{ id: '77', reason: 'because' }, 'UNKNOWN_QUARANTINED', 'id'],
  ])('what can not be settled is said: %j', async (variables, code, path) => {
    for (const verb of ['replayQuarantined', 'discardQuarantined']) {
      expect((await running.data<Said>(settling(verb), variables)).said).toMatchObject({
        reply: null,
        problems: [{ code, path }],
      });
    }
    expect(running.engine.quarantine.map(({ state }) => state)).toEqual(['OPEN', 'OPEN']);
  });
});
