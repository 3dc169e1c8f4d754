/**
 * Whatever is sent, the answer is a named problem with an id, never a 500, and speaks of the
 * request, not of our libraries.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Running } from './kit/server.js';

let running: Running;
beforeAll(async () => {
  running = await Running.start();
});
afterAll(() => running.close());

/** Sends these bytes; the answer's head and body. */
function raw(bytes: string): Promise<{ status: number; id: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(running.api.port, '127.0.0.1', () => socket.end(bytes));
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const id = /x-request-id: (\S+)/i.exec(head)?.[1];
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1]), id, body });
    });
  });
}

const BODY = '{"query":"{ __typename }"}';
const post = (line: string, host: string, more = '') =>
  `POST ${line}\r\n${host}Content-Type: application/json\r\nConnection: close\r\n${more}Content-Length: ${BODY.length}\r\n\r\n${BODY}`;

test.each([
  ['HTTP/1.0 without a Host', post('/graphql HTTP/1.0', ''), 400, 'HOST_MISSING'],
  ['an empty Host', post('/graphql HTTP/1.1', 'Host: \r\n'), 400, 'HOST_MISSING'],
  ['no Host', post('/graphql HTTP/1.1', ''), 400, 'HOST_MISSING'],
  [
    'an encoded body',
    post('/graphql HTTP/1.1', 'Host: localhost\r\n', 'Content-Encoding: gzip\r\n'),
    415,
    'CONTENT_ENCODING',
  ],
  ['no HTTP', 'NONSENSE\r\n\r\n', 400, 'BAD_REQUEST'],
  [
    'a length that is no number',
    'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n',
    400,
    'BAD_REQUEST',
  ],
  [
    'long headers',
    `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    431,
    'HEADERS_TOO_LONG',
  ],
  [
    'a long address',
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    431,
    'HEADERS_TOO_LONG',
  ],
  [
    'an address that cannot be read',
    'GET /% HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    400,
    'BAD_REQUEST',
  ],
])('%s', async (_what, bytes, status, code) => {
  const answer = await raw(bytes);
  expect(answer).toMatchObject({ status, id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  expect(answer.body).toContain(`"code":"${code}"`);
  expect(answer.body).not.toMatch(/FST_|HPE_|Client Error|internal/i);
});

test('checks of health need no Host', async () => {
  expect(await raw('GET /livez HTTP/1.0\r\n\r\n')).toMatchObject({ status: 200 });
});

describe('a body of /graphql that is none', () => {
  test.each([
    ['null', 'query must be'],
    ['[]', 'query must be'],
    ['[{"query":"{ __typename }"}]', 'query must be'],
    ['{"query":5}', 'query must be'],
    ['{"query":"{ __typename }","variables":"x"}', 'variables must be'],
    ['{"query":"{ __typename }","variables":[1]}', 'variables must be'],
    ['{"query":"{ __typename }","operationName":5}', 'operationName must be'],
    ['{"query":"{ __typename }","extensions":"x"}', 'extensions must be'],
  ])('%s', async (body, message) => {
    const answer = await running.post<{ errors: { message: string }[] }>('/graphql', body);
    expect(answer.status).toBe(400);
    expect(answer.body.errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: 'BODY_INVALID' } },
    ]);
  });
});

test.each([
  ['subscription { stepStatusChanged { flowId } }', 'SUBSCRIPTION_OVER_HTTP'],
  [
    `mutation { execute(input: { orchestrationName: "x", payload: ${'['.repeat(1900)}${']'.repeat(1900)} }) { created } }`,
    'QUERY_TOO_COMPLEX',
  ],
])('a document that cannot be executed here (%#)', async (query, code) => {
  expect(await running.error(query)).toMatchObject({ status: 400, code });
});

test('a GET without the header that forms cannot send gets its name', async () => {
  const { status, text } = await running.get('/graphql?query={__typename}');
  expect([status, text]).toEqual([400, expect.stringContaining('Apollo-Require-Preflight')]);
});
