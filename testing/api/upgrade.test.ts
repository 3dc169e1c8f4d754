/**
 * Clients that offer to upgrade each request to HTTP/2, as Java's HttpClient does, get their
 * answer; only a WebSocket is an upgrade.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

const OFFER = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAA\r\n';

/** What the server sends until it closes the connection, or upgrades it. */
async function raw(head: string, body = ''): Promise<string> {
  const { hostname, port, host } = new URL(running.api.url);
  const socket = connect({ host: hostname, port: Number(port) });
  const length = body === '' ? '' : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  socket.write(`${head}\r\nHost: ${host}\r\n${length}${OFFER}\r\n${body}`);
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
    if (/\r\n\r\n[\s\S]*[}\n]$/.test(text) || text.startsWith('HTTP/1.1 101')) socket.end();
  });
  await once(socket, 'close');
  return text;
}

test.each([
  ['GET /livez HTTP/1.1', '', 200],
  ['GET /readyz HTTP/1.1', '', 200],
  ['GET /api/orchestrations/history?size=1 HTTP/1.1', '', 200],
  ['GET /nothing HTTP/1.1', '', 404],
  [
    'POST /graphql HTTP/1.1\r\nContent-Type: application/json',
    '{"query":"{ orchestrations { edges { cursor } } }"}',
    200,
  ],
  [
    'POST /api/orchestrations/execute HTTP/1.1\r\nContent-Type: application/json',
    '{"orchestrationName":"tenantCreation","payload":{}}',
    202,
  ],
])('%j with Upgrade: h2c is answered as usual', async (head, body, status) => {
  const text = await raw(head, body);
  expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  expect(text.split('\r\n\r\n')[1]?.length).toBeGreaterThan(0);
});

test('curl --http2 gets its answer', async () => {
  const { stdout } = await promisify(execFile)('curl', [
    ...['-sS', '--http2', '-m', '20', '-w', ' %{http_code}'],
    `${running.api.url}/livez`,
  ]);
  expect(stdout).toMatch(/ 200$/);
});
