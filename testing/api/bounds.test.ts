/** Clients that send without end, or do not read: others are served as ever. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Connections } from '../../src/api/connections.js';
import { createSchema } from '../../src/api/graphql/schema.js';
import { Pace } from '../../src/api/pace.js';
import { createGate } from '../../src/api/query-gate.js';
import { Shares } from '../../src/api/shares.js';
import { Messages } from '../../src/api/socket-messages.js';
import { Running } from './kit/server.js';
import { RawSocket } from './kit/socket.js';
import { eventually, until } from './kit/until.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

const STEPS =
  'subscription ($flowId: ID) { stepStatusChanged(flowId: $flowId) { flowId stepName status } }';

describe('a budget', () => {
  test('has a share for each and a whole for all', () => {
    const shares = new Shares(3, 5);
    expect([
      shares.take('a', 3),
      shares.take('a', 1),
      shares.take('b', 3),
      shares.take('b', 2),
    ]).toEqual([true, false, false, true]);
    shares.give('a', 2);
    expect([shares.take('b', 2), shares.take('b', 1), shares.take('a', 1)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  test('of turns is given in the order in which they wait', async () => {
    const pace = new Pace(100);
    const order: number[] = [];
    const turns = [0, 1, 2, 3].map((n) => pace.turn().then(() => order.push(n)));
    await Promise.resolve();
    await Promise.resolve();
    expect(order).toEqual([0]);
    await Promise.all(turns);
    expect(order).toEqual([0, 1, 2, 3]);
  });
});

describe('of a message over WebSocket', () => {
  const gate = createGate(createSchema(), { introspection: true, suggestions: true });
  const shares = () => ({ subscriptions: new Shares(5, 5), bytes: new Shares(10_000, 10_000) });
  const subscribe = (id: string, variables: object, query = STEPS) =>
    JSON.stringify({ id, type: 'subscribe', payload: { query, variables, extensions: { x: 1 } } });
  const passed = (messages: Messages, text: string): unknown => {
    const admitted = messages.admit(text);
    return 'pass' in admitted ? JSON.parse(admitted.pass) : admitted;
  };

  test('only what its operation declares is kept', () => {
    const messages = new Messages(() => 'a', shares(), gate);
    expect(passed(messages, subscribe('1', { flowId: 'f', unused: 'x'.repeat(100_000) }))).toEqual({
      id: '1',
      type: 'subscribe',
      payload: { query: STEPS, variables: { flowId: 'f' } },
    });
    expect(passed(messages, '{"type":"connection_init","payload":{"x":1}}')).toEqual({
      type: 'connection_init',
    });
    expect(passed(messages, '{"type":"complete","id":"1"}')).toEqual({ type: 'complete', id: '1' });
  });

  test('what is no message of the protocol is left to the protocol', () => {
    const messages = new Messages(() => 'a', shares(), gate);
    for (const text of ['nonsense', '[1]', '{"type":"subscribe"}'])
      expect(messages.admit(text)).toEqual({ pass: text });
  });

  test('subscriptions and their bytes are bounded, and free again when they end', () => {
    const messages = new Messages(() => 'a', shares(), gate);
    const code = (id: string, variables = {}) => {
      const admitted = messages.admit(subscribe(id, variables));
      return 'code' in admitted ? admitted.code : 'passed';
    };
    expect(['1', '2', '3', '4', '5', '6'].map((id) => code(id))).toEqual([
      ...Array(5).fill('passed'),
      'TOO_MANY_SUBSCRIPTIONS',
    ]);
    messages.release('1');
    messages.release('1');
    expect(code('7', { flowId: 'x'.repeat(10_000) })).toBe('TOO_MANY_SUBSCRIPTIONS');
    expect(code('8')).toBe('passed');
    messages.releaseAll();
    expect(code('9', { flowId: 'x'.repeat(9_000) })).toBe('passed');
  });
});

describe('a WebSocket', () => {
  test('message that is too deep closes its operation, not the connection', async () => {
    const socket = await RawSocket.open(running.socketUrl);
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    socket.send(
      `{"id":"deep","type":"subscribe","payload":{"query":"{ __typename }","variables":{"x":${deep}}}}`,
    );
    await until('it is refused', () => socket.errors('deep').length > 0);
    expect(socket.errors('deep')).toMatchObject([{ extensions: { code: 'BODY_INVALID' } }]);
    await socket.answered('{ orchestration(name: "x") { name } }');
    socket.close();
  });

  test('id that is too long closes the connection', async () => {
    const socket = await RawSocket.open(running.socketUrl);
    socket.subscribe('x'.repeat(101), STEPS, {});
    expect(await socket.closed).toEqual({ code: 4400, reason: 'an id has at most 100 characters' });
  });

  test('is refused when its address has as many as it may', async () => {
    await using other = await Running.start({
      limits: {
        socketConnectionsPerPrincipal: 2,
        subscriptionsPerPrincipal: 3,
        subscriberMessagesPerSecond: 100,
      },
    });
    const sockets = [await RawSocket.open(other.socketUrl), await RawSocket.open(other.socketUrl)];
    await expect(RawSocket.open(other.socketUrl)).rejects.toThrow('503');
    for (const [n, socket] of sockets.entries())
      for (const id of ['a', 'b']) socket.subscribe(`${n}${id}`, STEPS, {});
    const [, second] = sockets;
    await until('the fourth subscription is refused', () => second?.errors('1b').length === 1);
    for (const socket of sockets) {
      socket.close();
      await socket.closed;
    }
    await eventually(async () => {
      const socket = await RawSocket.open(other.socketUrl).catch(() => null);
      socket?.close();
      return socket !== null;
    });
  });
});

describe('connections', () => {
  let server: Server;
  const open = async (): Promise<Socket> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  };
  const ended = (socket: Socket) =>
    new Promise<void>((resolve) => socket.once('close', () => resolve()));

  test('beyond the limit take the place of the one that has been idle for longest', async () => {
    server = createServer((request, response) => {
      if (request.url !== '/never') response.end('ok');
    });
    const connections = new Connections(server, { most: 3, unreadBytes: 1, unreadMs: 60_000 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const working = await open();
    working.write('GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(server, 'request');
    const [oldest, newer] = [await open(), await open()];
    const gone = ended(oldest);
    const newest = await open();
    await gone;
    newest.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(String((await once(newest, 'data'))[0])).toContain('200 OK');
    expect([working.destroyed, newer.destroyed]).toEqual([false, false]);
    connections.close();
    for (const socket of [working, newer, newest]) socket.destroy();
    server.close();
  });

  test('whose answers are not read are closed, those that hold most first', async () => {
    server = createServer((_request, response) => response.end('x'.repeat(20_000_000)));
    const connections = new Connections(server, {
      most: 100,
      unreadBytes: 1_000_000,
      unreadMs: 60_000,
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = await open();
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    const [request] = (await once(server, 'request')) as [{ socket: Socket }];
    await ended(request.socket);
    connections.close();
    server.close();
  });
});
