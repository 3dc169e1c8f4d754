/**
 * The protocol graphql-transport-ws by hand: its close codes and its order of messages, as every
 * client library relies on them.
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { Running } from './kit/server.js';
import { RawSocket } from './kit/socket.js';
import { until } from './kit/until.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

const INIT = '{"type":"connection_init"}';
const subscribe = (id: string, query: string): string =>
  JSON.stringify({ id, type: 'subscribe', payload: { query } });
const LIVE = 'subscription { stepStatusChanged { flowId } }';

test.each([
  ['a message that is no JSON', ['{'], 4400],
  ['a message of an unknown type', [INIT, '{"type":"unknown"}'], 4400],
  ['a subscription without an id', [INIT, '{"type":"subscribe","payload":{"query":"{a}"}}'], 4400],
  ['a subscription before the connection is acknowledged', [subscribe('a', LIVE)], 4401],
  ['a second connection_init', [INIT, INIT], 4429],
  ['an id that is in use', [INIT, subscribe('a', LIVE), subscribe('a', LIVE)], 4409],
])('%s closes the connection with its code', async (_what, messages, code) => {
  const socket = await RawSocket.open(running.socketUrl, {}, false);
  for (const message of messages) {
    socket.send(message);
    if (message === INIT)
      await until('it is acknowledged', () => socket.types.includes('connection_ack'));
  }
  expect((await socket.closed).code).toBe(code);
});

test('a connection that never begins is closed with 4408', async () => {
  const socket = await RawSocket.open(running.socketUrl, {}, false);
  expect((await socket.closed).code).toBe(4408);
});

test('another subprotocol is closed with 4406', async () => {
  const socket = new WebSocket(running.socketUrl, 'graphql-ws');
  const code = await new Promise<number>((resolve) => {
    socket.on('close', resolve);
    socket.on('error', () => resolve(-1));
  });
  expect([4406, -1]).toContain(code);
});

test('a ping is answered with a pong, before and after the connection is acknowledged', async () => {
  const socket = await RawSocket.open(running.socketUrl, {}, false);
  socket.send('{"type":"ping","payload":{"at":1}}');
  await until('it is answered', () => socket.types.includes('pong'));
  socket.send(INIT);
  await until('it is acknowledged', () => socket.types.includes('connection_ack'));
  socket.send('{"type":"ping"}');
  await until('it is answered', () => socket.types.filter((type) => type === 'pong').length === 2);
  socket.close();
});

test('a query is one next and one complete; after complete by the client its id can be used again', async () => {
  const socket = await RawSocket.open(running.socketUrl);
  socket.send(subscribe('q', '{ orchestration(name: "tenantCreation") { name } }'));
  await until('it is complete', () => socket.types.includes('complete'));
  expect(socket.types).toEqual(['connection_ack', 'next', 'complete']);
  socket.send(subscribe('s', LIVE));
  socket.send('{"id":"s","type":"complete"}');
  socket.send(subscribe('s', '{ __typename }'));
  await until('it is answered', () => socket.values('s').length === 1);
  expect(socket.isCut).toBe(false);
  socket.close();
});
