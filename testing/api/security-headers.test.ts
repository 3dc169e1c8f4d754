/** What browsers may do: on every answer, whatever it is about. */
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { startedApi } from './kit/server.js';

const api = startedApi();
const JSON_ONLY = "default-src 'none';frame-ancestors 'none'";

test.each([
  ['GET', '/livez', {}],
  ['GET', '/readyz', {}],
  ['GET', '/metrics', {}],
  ['GET', '/openapi.yaml', {}],
  ['GET', '/api/orchestrations/history', {}],
  ['GET', '/api/orchestrations/details/none', {}],
  ['POST', '/graphql', {}],
  ['POST', '/graphql', { accept: 'text/event-stream' }],
  ['DELETE', '/graphql', {}],
  ['GET', '/nothing/here', {}],
  ['GET', '/%zz', {}],
])('%s %s %j', async (method, path, more) => {
  const headers = { 'content-type': 'application/json', ...more };
  const body = method === 'POST' ? '{"query":"{ __typename }"}' : undefined;
  const response = await fetch(api.running.api.url + path, {
    method,
    headers,
    ...(body && { body }),
  });
  await response.text();
  expect(response.headers.get('content-security-policy')).toBe(JSON_ONLY);
  expectCommon(response.headers);
});

test.each(['/', '/graphiql'])('the page %s runs what comes from here only', async (path) => {
  const response = await fetch(api.running.api.url + path);
  await response.text();
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toMatch(/^default-src 'self'; /);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/script-src|unsafe-eval|https?:/);
  expectCommon(response.headers);
});

function expectCommon(headers: Headers): void {
  expect(Object.fromEntries(headers)).toMatchObject({
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-frame-options': 'DENY',
  });
  expect(headers.get('set-cookie')).toBeNull();
  expect(headers.get('server')).toBeNull();
  expect(headers.get('x-powered-by')).toBeNull();
}

test.each([
  ['bytes that are no HTTP', 'nonsense\r\n\r\n'],
  [
    'a refused upgrade',
    'GET /other HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
])('%s', async (_what, bytes) => {
  const { port } = api.running.api;
  const answer = await new Promise<string>((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
  expect(answer).toMatch(/^HTTP\/1\.1 4/);
  expect(answer).toContain(`content-security-policy: ${JSON_ONLY}\r\n`);
  expect(answer).toContain('x-content-type-options: nosniff\r\n');
});
