/** Which hosts and which pages are answered: over HTTP and WebSocket the same. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createOrigins } from '../../src/api/origins.js';
import type { ApiOptions } from '../../src/api/server.js';
import { Running } from './kit/server.js';
import { RawSocket } from './kit/socket.js';
import { bearer, TokenFile } from './kit/tokens.js';

const PUBLIC: Partial<ApiOptions> = {
  host: '0.0.0.0',
  allowedHosts: ['gateway.example.com'],
  allowedOrigins: ['https://console.example.com'],
};

interface Seen {
  readonly status: number;
  readonly allowed: unknown;
}

/** Over HTTP, with headers that fetch does not let a program set. */
function http(
  running: Running,
  headers: Record<string, string>,
  method = 'POST',
): Promise<Seen & { readonly text: string }> {
  const { port } = running.api;
  return new Promise((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path: '/graphql', method, headers },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += String(chunk);
        });
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            allowed: answer.headers['access-control-allow-origin'],
            text,
          }),
        );
      },
    );
    call.on('error', reject);
    call.end(method === 'POST' ? '{"query":"{ __typename }"}' : undefined);
  });
}

async function both(running: Running, headers: Record<string, string>): Promise<[number, number]> {
  const { status } = await http(running, { 'content-type': 'application/json', ...headers });
  const url = `ws://127.0.0.1:${running.api.port}/graphql`;
  const socket = await RawSocket.open(url, headers, false).then(
    (opened) => {
      opened.close();
      return 200;
    },
    (error: Error) => Number(/\d+$/.exec(error.message)?.[0]),
  );
  return [status, socket];
}

describe('a gateway that others can reach, without authentication', () => {
  let running: Running;
  beforeAll(async () => {
    running = await Running.start(PUBLIC);
  });
  afterAll(() => running.close());

  test.each([
    ['gateway.example.com', 200],
    ['gateway.example.com:4000', 200],
    ['Gateway.Example.com', 200],
    ['console.example.com', 200],
    ['127.0.0.1:4000', 200],
    ['localhost', 200],
    ['10.0.0.7:4000', 200],
    ['[fd00::7]:4000', 200],
    ['evil.example', 421],
    ['gateway.example.com.evil.example', 421],
    ['evil.example:4000', 421],
    ['@', 421],
  ])('Host %s: %i', async (host, status) => {
    expect(await both(running, { host })).toEqual([status, status]);
  });

  test.each([
    ['https://console.example.com', 200],
    ['http://gateway.example.com', 200],
    ['http://evil.example', 403],
    ['http://localhost:5173', 403],
    ['http://127.0.0.1:9', 403],
    ['null', 403],
    ['https://console.example.com.evil.example', 403],
  ])('a page of %s: %i', async (origin, status) => {
    const headers = { host: 'gateway.example.com', origin };
    expect(await both(running, headers)).toEqual([status, status]);
  });

  test('its page may read what it may request, and no cookie is needed', async () => {
    const origin = 'https://console.example.com';
    const wish = { 'access-control-request-method': 'POST', origin };
    const preflight = await http(running, { host: 'gateway.example.com', ...wish }, 'OPTIONS');
    expect([preflight.status, preflight.allowed]).toEqual([204, origin]);
    const json = { 'content-type': 'application/json' };
    const { allowed } = await http(running, { host: 'gateway.example.com', origin, ...json });
    expect(allowed).toBe(origin);
    const evil = { ...wish, origin: 'http://evil.example' };
    const refused = await http(running, { host: 'gateway.example.com', ...evil }, 'OPTIONS');
    expect([refused.status, refused.allowed]).toEqual([403, undefined]);
  });
});

describe('a gateway on a loopback address', () => {
  let running: Running;
  beforeAll(async () => {
    running = await Running.start({ allowedOrigins: ['https://console.example.com'] });
  });
  afterAll(() => running.close());

  test.each([
    [{ host: 'localhost:4000' }, 200],
    [{ host: 'app.localhost' }, 200],
    [{ host: 'console.example.com' }, 200],
    [{ host: 'evil.example' }, 421],
    [{ host: '10.0.0.7' }, 421],
    [{ host: 'localhost', origin: 'http://localhost:5173' }, 200],
    [{ host: 'localhost', origin: 'http://evil.example' }, 403],
  ])('%j: %i', async (headers, status) => {
    expect(await both(running, headers as Record<string, string>)).toEqual([status, status]);
  });
});

test('with a token any Host is answered: a page of another site has none', async () => {
  using file = new TokenFile();
  const token = file.add('ann', { roles: ['viewer'] });
  await using running = await file.api({ host: '0.0.0.0' });
  const headers = { host: 'any.example', ...bearer(token) };
  expect(await both(running, headers)).toEqual([200, 200]);
  expect(await both(running, { ...headers, origin: 'http://evil.example' })).toEqual([403, 403]);
  expect((await both(running, { host: 'any.example' }))[0]).toBe(401);
});

test('the name that it is bound to is one of its own', () => {
  const rules = { allowedOrigins: [], allowedHosts: [], needsToken: false };
  const origins = createOrigins({ boundTo: 'gateway.internal', ...rules });
  expect(
    ['gateway.internal:4000', 'GATEWAY.internal', 'other.internal'].map(origins.allowsHost),
  ).toEqual([true, true, false]);
});
