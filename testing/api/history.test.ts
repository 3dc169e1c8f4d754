import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
  for (let count = 0; count < 3; count++) {
    await running.data(
      'mutation { execute(input: { orchestrationName: "tenantCreation" }) { created } }',
    );
  }
});
afterAll(() => running.close());

describe('history', () => {
  test('pages by cursor, newest first; counted over all pages', async () => {
    const query = `query ($after: String) { history(orchestrationName: "tenantCreation", first: 2, after: $after) {
      edges { cursor node { flowId } } pageInfo { hasNextPage endCursor } totalCount } }`;
    type Page = {
      history: {
        edges: { node: { flowId: string } }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
        totalCount: number | null;
      };
    };
    const { history: page } = await running.data<Page>(query);
    const { history: rest } = await running.data<Page>(query, { after: page.pageInfo.endCursor });
    expect([...page.edges, ...rest.edges].map(({ node }) => node.flowId)).toEqual(
      [...running.engine.flows.keys()].reverse(),
    );
    expect([page.pageInfo.hasNextPage, rest.pageInfo.hasNextPage]).toEqual([true, false]);
    expect([page.totalCount, rest.totalCount]).toEqual([3, 3]);
  });

  test('counts exactly to 10,000, and beyond that reports that there are more', async () => {
    const query = '{ history { totalCount hasMore } }';
    const counted = async (flows: number): Promise<unknown> => {
      running.engine.readOverrides = { count: async (_, cap) => Math.min(flows, cap + 1) };
      return (await running.data<{ history: unknown }>(query)).history;
    };
    expect(await counted(9_999)).toEqual({ totalCount: 9_999, hasMore: false });
    expect(await counted(10_000)).toEqual({ totalCount: 10_000, hasMore: false });
    expect(await counted(10_001)).toEqual({ totalCount: null, hasMore: true });
    running.engine.readOverrides = {};
  });

  test('counts once for both fields, and not at all for who does not want to know', async () => {
    const counts = async (fields: string): Promise<number> => {
      const before = running.engine.calls.length;
      await running.data(`{ history { edges { cursor } ${fields} } }`);
      return running.engine.calls.slice(before).filter((name) => name === 'count').length;
    };
    expect(await counts('totalCount hasMore')).toBe(1);
    expect(await counts('')).toBe(0);
  });

  test('hands every part of the filter to the engine', async () => {
    const filter = {
      statuses: ['IN_PROGRESS'],
      stepName: 'createUser',
      stepStatuses: ['DO_FAIL'],
      errorContains: 'quota',
      startedAfter: '2026-11-23T13:00:00+01:00',
      startedBefore: '2026-11-24T00:00:00Z',
      idempotencyKey: 'k-1',
      initiator: 'shop',
      correlationId: 'c-1',
      labels: { team: 'tenants' },
    };
    await running.data(
      'query ($filter: FlowFilter) { history(filter: $filter) { edges { cursor } } }',
      { filter },
    );
    expect(running.engine.filter).toEqual({
      ...filter,
      startedAfter: Date.parse('2026-11-23T12:00:00Z'),
      startedBefore: Date.parse('2026-11-24T00:00:00Z'),
    });
  });

  const long = 'x'.repeat(1001);
  test.each([
    ['first: 0', 'first must be a whole number from 1 to 100, not 0'],
    ['first: 101', 'first must be a whole number from 1 to 100, not 101'],
    ['first: -1', 'first must be a whole number from 1 to 100, not -1'],
    ['orchestrationName: "a\\u0000"', 'orchestrationName has a NUL character'],
    [
      `filter: { stepName: "${long}" }`,
      'filter.stepName has 1001 characters, at most 1000 are allowed',
    ],
    [
      `filter: { errorContains: "${long}" }`,
      'filter.errorContains has 1001 characters, at most 1000 are allowed',
    ],
    ['filter: { idempotencyKey: "\\u0000" }', 'filter.idempotencyKey has a NUL character'],
    ['filter: { initiator: "\\u0000" }', 'filter.initiator has a NUL character'],
    ['filter: { correlationId: "\\u0000" }', 'filter.correlationId has a NUL character'],
    ['filter: { labels: "team" }', 'filter.labels must be an object'],
    ['filter: { labels: { team: 1 } }', 'filter.labels must be an object'],
    ['filter: { labels: {} }', 'filter.labels must be an object'],
  ])('refuses %s, naming the field, and reads nothing', async (wrong, message) => {
    running.engine.calls.length = 0;
    const error = await running.error(`{ history(${wrong}) { edges { cursor } } }`);
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringContaining(message),
    });
    expect(running.engine.calls).toEqual([]);
  });

  test.each([
    'yesterday',
    '2026-13-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01',
    '2026-01-01T00:00:00',
    5,
  ])(
    'takes %p for no DateTime, inline or as variable, and names the expected form',
    async (moment) => {
      const message = expect.stringMatching(
        /ISO 8601 text with a zone, like 2026-11-23T12:00:00.000Z/,
      );
      const inline = `{ history(filter: { startedAfter: ${JSON.stringify(moment)} }) { edges { cursor } } }`;
      expect(await running.error(inline)).toMatchObject({
        status: 400,
        code: 'GRAPHQL_VALIDATION_FAILED',
        message,
      });
      const query = 'query ($filter: FlowFilter) { history(filter: $filter) { edges { cursor } } }';
      const error = await running.error(query, { filter: { startedBefore: moment } });
      expect(error).toMatchObject({ status: 400, code: 'BAD_USER_INPUT', message });
      expect(error.message).toContain('filter.startedBefore');
    },
  );

  test('refuses half of a surrogate pair in a variable', async () => {
    const query =
      'query ($name: String) { history(orchestrationName: $name) { edges { cursor } } }';
    const error = await running.error(query, { name: JSON.parse('"\\ud800"') });
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'orchestrationName has half of a surrogate pair',
    });
  });

  test('names the valid statuses when another is given', async () => {
    const error = await running.error(
      '{ history(filter: { statuses: [COMPLETE] }) { edges { cursor } } }',
    );
    expect(error).toMatchObject({
      status: 400,
      code: 'GRAPHQL_VALIDATION_FAILED',
      message: expect.stringContaining('"COMPLETED"'),
    });
  });

  test('explains what a cursor is when the value is none', async () => {
    const error = await running.error('{ history(after: "nonsense") { edges { cursor } } }');
    expect(error).toMatchObject({
      code: 'BAD_CURSOR',
      message: expect.stringContaining('endCursor'),
    });
  });
});
