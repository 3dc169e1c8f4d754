/**
 * The gateway ends TLS itself: HTTPS and WSS with a certificate made here, renewed while
 * connections are open.
 */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import type { ApiOptions } from '../../src/api/server.js';
import { ran } from '../cli/ran.js';
import { until as eventually } from '../e2e/kit/until.js';
import { Authority, type Issued } from '../kit/certificates.js';
import { Running } from './kit/server.js';

let authority: Authority;
let first: Issued;
let ca: string;
/** The files that the gateway has. */
let files: { readonly certFile: string; readonly keyFile: string };
let running: Running;
const open: { destroy(): void }[] = [];

beforeAll(() => {
  authority = new Authority();
  first = authority.issue('first');
  ca = readFileSync(authority.cert, 'utf8');
  files = {
    certFile: join(authority.folder, 'tls.crt'),
    keyFile: join(authority.folder, 'tls.key'),
  };
});
afterAll(() => authority.remove());
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await running?.close();
});

function use({ cert, key }: Issued): void {
  copyFileSync(key, files.keyFile);
  copyFileSync(cert, files.certFile);
}

async function start(options: Partial<ApiOptions> = {}): Promise<number> {
  use(first);
  running = await Running.start({ tls: { ...files, lookMs: 20 }, ...options });
  return running.api.port;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = running.api;
    const at = { host: '127.0.0.1', port, path, headers, ca, agent: false as const };
    const sent = request(at, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += String(chunk);
      });
      const { statusCode: status, headers: received } = response;
      response.on('end', () => resolve({ status, headers: received, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function handshake(options: object = {}): Promise<TLSSocket> {
  const { port } = running.api;
  const socket = connectTls({ host: '127.0.0.1', port, ca, ...options });
  open.push(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', () => resolve());
    socket.once('error', reject);
  });
  return socket;
}

const served = async (): Promise<string> =>
  String((await handshake()).getPeerCertificate().subject.CN);
const logged = (level: string, text: RegExp): boolean =>
  running.lines.some((line) => line.level === level && text.test(line.message));

test('answers HTTPS to a client that knows the authority, and its address has https', async () => {
  await start();
  expect(running.api.url).toBe(`https://127.0.0.1:${running.api.port}`);
  expect(await get('/livez')).toMatchObject({ status: 200, body: '{"status":"ok"}' });
  await expect(handshake({ ca: undefined })).rejects.toThrow(/unable to verify/);
});

test('subscriptions by WSS', async () => {
  await start();
  class Trusting extends WebSocket {
    constructor(address: string, protocols: string[]) {
      super(address, protocols, { ca });
    }
  }
  const client = createClient({
    url: running.socketUrl,
    webSocketImpl: Trusting,
    retryAttempts: 0,
  });
  try {
    const flowId = await running.engine.startFlow();
    const query = 'subscription ($id: ID!) { flowEvents(flowId: $id) { type } }';
    const events = client.iterate({ query, variables: { id: flowId } });
    expect((await events.next()).value).toMatchObject({
      data: { flowEvents: { type: 'FLOW_STARTED' } },
    });
  } finally {
    await client.dispose();
  }
});

test.each(['TLSv1', 'TLSv1.1'] as const)('%s is refused, TLS 1.2 is not', async (version) => {
  await start();
  const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
  await expect(handshake(old)).rejects.toThrow(/protocol version|unsupported protocol/i);
  expect((await handshake({ maxVersion: 'TLSv1.2' })).getProtocol()).toBe('TLSv1.2');
});

/** Until the other side closes it. */
function spoken(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket: Socket = connect(port, '127.0.0.1', () => socket.write(text));
    open.push(socket);
    socket.on('data', (chunk) => {
      answer += String(chunk);
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
  });
}

test('plain HTTP on its port is answered with what to do', async () => {
  const port = await start();
  const answer = await spoken(port, 'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
  expect(answer).toMatch(/^HTTP\/1\.1 426 Upgrade Required\r\n/);
  expect(answer).toContain('"code":"TLS_REQUIRED"');
  expect(answer).toContain('use https://');
  const { code, err } = await ran(['history', '--url', `http://127.0.0.1:${port}`]);
  expect([code, err]).toEqual([1, expect.stringContaining('use https://')]);
});

test('the command line knows the authority by --ca, and reports what is missing without', async () => {
  const port = await start();
  const url = ['--url', `https://127.0.0.1:${port}`];
  const refused = await ran(['history', ...url]);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('--ca')]);
  const wrong = await ran(['history', ...url, '--ca', files.keyFile]);
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('not a PEM file')]);
  const { code, err } = await ran(['history', ...url, '--ca', authority.cert]);
  expect([code, err]).toEqual([0, '']);
});

test('files that change are read again; open connections go on', async () => {
  await start();
  const before = await handshake();
  expect(await served()).toBe('first');
  use(authority.issue('second'));
  await eventually('the new one is served', async () => (await served()) === 'second');
  expect(logged('info', /certificate has changed/)).toBe(true);
  before.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const chunk of before) answer += String(chunk);
  expect(answer).toContain('200 OK');
  const figures = (await get('/metrics')).body;
  expect(figures).toContain('backstep_tls_certificate_changes_total{outcome="used"} 1');
  const expires = /backstep_tls_certificate_expires_timestamp_seconds (\d+)/.exec(figures)?.[1];
  expect(Number(expires) * 1000).toBeGreaterThan(Date.now());
});

test.each<[string, () => void, RegExp]>([
  [
    'a key of another certificate',
    () => copyFileSync(authority.issue('other').key, files.keyFile),
    /does not belong to/,
  ],
  ['no certificate', () => writeFileSync(files.certFile, 'nonsense'), /has no certificate/],
  ['no key', () => writeFileSync(files.keyFile, 'nonsense'), /has no private key/],
  ['an expired certificate', () => use(authority.issue('old', { days: -1 })), /expired at/],
])('%s does not take the place of a good pair', async (_what, spoil, why) => {
  await start();
  spoil();
  await eventually('it is reported', async () => logged('error', /the last one stays/));
  const errors = running.lines.filter(({ level }) => level === 'error');
  const [reason] = errors.map(({ fields }) => String('err' in fields && fields.err));
  expect(reason).toMatch(why);
  expect(await served()).toBe('first');
  expect((await get('/metrics')).body).toContain(
    'backstep_tls_certificate_changes_total{outcome="refused"} 1',
  );
});

test('files that cannot be used at the start end it, with their paths', async () => {
  const gone = { ...files, certFile: join(authority.folder, 'none.crt') };
  await expect(Running.start({ tls: gone })).rejects.toThrow(`TLS_CERT_FILE ${gone.certFile}`);
});

test('an expired certificate at the start is reported', async () => {
  use(authority.issue('old', { days: -1 }));
  running = await Running.start({ tls: files });
  expect(logged('error', /has expired/)).toBe(true);
});

test('HSTS is sent when it is set; pages of plain http are not its own', async () => {
  const port = await start({ hstsSeconds: 3600 });
  expect((await get('/livez')).headers['strict-transport-security']).toBe('max-age=3600');
  await running.close();
  await start({ host: 'localhost', port });
  expect((await get('/livez')).headers['strict-transport-security']).toBeUndefined();
});
