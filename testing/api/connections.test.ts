import { describe, expect, test } from '@jest/globals';
import { Running, startedApi } from './kit/server.js';
import { RawSocket, STEP_STATUS_CHANGED } from './kit/socket.js';
import { until } from './kit/until.js';

const api = startedApi();

describe('a connection', () => {
  test('also takes queries and mutations, with the actor it came with and big numbers whole', async () => {
    const socket = await RawSocket.open(api.running.socketUrl, { 'x-actor': 'grace' });
    const flowId = await api.running.engine.startFlow();
    socket.subscribe(
      'pause',
      'mutation ($i: FlowActionInput!) { pauseFlow(input: $i) { problems { code } } }',
      {
        i: { flowId, reason: 'x' },
      },
    );
    await until('it is answered', () => socket.values('pause').length === 1);
    expect(api.running.engine.actions.at(-1)).toMatchObject({ actor: 'grace' });
    const query =
      'mutation ($p: JSON) { execute(input: { orchestrationName: "tenantCreation", payload: $p }) { created } }';
    socket.send(
      `{"id":"big","type":"subscribe","payload":{"query":${JSON.stringify(query)},"variables":{"p":12345678901234567890}}}`,
    );
    await until('it is answered', () => socket.values('big').length === 1);
    expect(api.running.engine.starts.at(-1)?.payload).toBe('12345678901234567890');
    socket.close();
  });

  test('may have 100 subscriptions at once, and a wrong one does not count', async () => {
    const socket = await RawSocket.open(api.running.socketUrl);
    for (let count = 0; count < 150; count++)
      socket.subscribe(`wrong-${count}`, 'subscription { nothing }', {});
    await until('all are refused', () => socket.errors('wrong-149').length === 1);
    for (let count = 0; count < 101; count++)
      socket.subscribe(`s-${count}`, STEP_STATUS_CHANGED, {});
    await until('one too many is refused', () => socket.errors('s-100').length === 1);
    expect(socket.errors('s-100')).toMatchObject([
      { extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } },
    ]);
    expect(socket.errors('s-99')).toEqual([]);
    socket.close();
  });

  test.each([
    ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription {', 'GRAPHQL_PARSE_FAILED'],
    [
      `{ ${Array.from({ length: 31 }, (_, n) => `a${n}: orchestration(name: "x") { name }`).join(' ')} }`,
      'QUERY_TOO_COMPLEX',
    ],
  ])(
    'answers a document that is not right with an error, and stays open (%#)',
    async (query, code) => {
      const socket = await RawSocket.open(api.running.socketUrl);
      socket.subscribe('wrong', query, {});
      await until('it is refused', () => socket.errors('wrong').length > 0);
      expect(socket.errors('wrong')[0]).toMatchObject({ extensions: { code } });
      await socket.answered('{ orchestration(name: "x") { name } }');
      socket.close();
    },
  );

  test.each([
    ['no JSON', 'nonsense', 4400],
    [
      'a message before connection_init is through',
      '{"id":"1","type":"subscribe","payload":{"query":"{ __typename }"}}',
      4401,
    ],
  ])('is closed with a code for %s', async (_what, message, code) => {
    const socket = await RawSocket.open(api.running.socketUrl, {}, false);
    socket.send(message);
    expect((await socket.closed).code).toBe(code);
  });

  test('is closed for a message of more than 2 MiB', async () => {
    const socket = await RawSocket.open(api.running.socketUrl);
    socket.subscribe('large', '{ __typename }', { text: 'x'.repeat(2_200_000) });
    expect((await socket.closed).code).toBe(1009);
  });

  test('of a client that sends requests without reading is closed', async () => {
    const socket = await RawSocket.open(api.running.socketUrl);
    const id = await api.running.engine.startFlow();
    await api.running.engine.answers(id, 'createRealm', {
      payload: JSON.stringify('x'.repeat(800_000)),
    });
    socket.stopReading();
    const query = `{ details(flowId: "${id}") { ${Array.from({ length: 5 }, (_, n) => `s${n}: steps { output }`).join(' ')} } }`;
    for (let count = 0; count < 40; count++) {
      socket.subscribe(`q-${count}`, query, {});
      await socket.flushed();
    }
    await until('more is requested and it is closed', () => {
      socket.subscribe(`more-${Math.random()}`, '{ __typename }', {});
      return socket.isCut;
    });
    socket.close();
  });

  test('is notified when the server stops', async () => {
    const other = await Running.start();
    const socket = await RawSocket.open(other.socketUrl);
    socket.subscribe('all', STEP_STATUS_CHANGED, {});
    await socket.answered('{ orchestration(name: "x") { name } }');
    const [, close] = await Promise.all([other.close(), socket.closed]);
    expect(close).toEqual({ code: 1012, reason: 'the server is stopping; connect again' });
    expect([...other.engine.followers].every(({ aborted }) => aborted)).toBe(true);
  });
});
