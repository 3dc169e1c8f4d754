/**
 * Subscriptions as server-sent events: the same schema, gate and budgets as over WebSocket, in a
 * form that proxies let through.
 */
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Fastify from 'fastify';
import { createClient } from 'graphql-sse';
import { EventStreams } from '../../src/api/event-stream.js';
import { Shares } from '../../src/api/shares.js';
import type { TestEngine } from './kit/engine.js';
import { Running } from './kit/server.js';
import { until } from './kit/until.js';

let running: Running;
let engine: TestEngine;
beforeAll(async () => {
  running = await Running.start();
  engine = running.engine;
});
afterAll(() => running.close());

const EVENTS =
  'subscription ($flowId: ID!, $after: Int) { flowEvents(flowId: $flowId, after: $after) { flowId number type details } }';
const STEPS = 'subscription { stepStatusChanged { flowId stepName status } }';
const SSE = { accept: 'text/event-stream' };

async function begun(on = engine): Promise<string> {
  const { flow } = await on.service.execute({
    orchestrationName: 'tenantCreation',
    flowId: null,
    payload: null,
    headers: {},
    initiator: null,
    idempotencyKey: null,
  });
  return flow?.flowId ?? '';
}

const subscriber = (on = running) =>
  createClient({ url: `${on.api.url}/graphql`, retryAttempts: 0 });

interface Event {
  readonly flowEvents: { readonly number: number; readonly type: string };
}

/** A stream as it comes, byte for byte. */
async function streamed(
  body: object,
  headers: Record<string, string> = {},
  on = running,
): Promise<{ readonly response: Response; readonly end: AbortController }> {
  const end = new AbortController();
  const response = await fetch(`${on.api.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...SSE, ...headers },
    body: JSON.stringify(body),
    signal: end.signal,
  });
  return { response, end };
}

describe('an event stream', () => {
  test('gives what is stored, then what happens, each once and in order, and completes', async () => {
    const flowId = await begun();
    const events = subscriber().iterate<Event>({ query: EVENTS, variables: { flowId } });
    const numbers: number[] = [];
    for await (const { data, errors } of events) {
      expect(errors).toBeUndefined();
      numbers.push(data?.flowEvents.number ?? 0);
      if (numbers.length === 2) await engine.answers(flowId, 'createRealm');
      if (numbers.length === 4) await engine.answers(flowId, 'createUser');
    }
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test('goes on after the event a client has seen', async () => {
    const flowId = await begun();
    await engine.answers(flowId, 'createRealm');
    await engine.answers(flowId, 'createUser');
    const numbers: number[] = [];
    const variables = { flowId, after: 4 };
    for await (const { data } of subscriber().iterate<Event>({ query: EVENTS, variables }))
      numbers.push(data?.flowEvents.number ?? 0);
    expect(numbers).toEqual([5, 6]);
  });

  test('has headers that keep proxies from holding or changing it, and digits that stay', async () => {
    const flowId = await begun();
    await engine.answers(flowId, 'createRealm', { payload: '{"id":12345678901234567890}' });
    await engine.answers(flowId, 'createUser');
    const { response } = await streamed({ query: EVENTS, variables: { flowId } });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.any(String),
    });
    expect(response.headers.has('content-encoding')).toBe(false);
    expect(response.headers.has('content-length')).toBe(false);
    const text = await response.text();
    expect(text).toContain('12345678901234567890');
    expect(text.match(/^event: next$/gm)).toHaveLength(6);
    expect(text).toMatch(/event: complete\ndata: ?\n\n$/);
  });

  test('comes by GET, too, as EventSource requests it', async () => {
    const flowId = await begun();
    await engine.answers(flowId, 'createRealm');
    await engine.answers(flowId, 'createUser');
    const search = new URLSearchParams({ query: EVENTS, variables: JSON.stringify({ flowId }) });
    const { status, text } = await running.get(`/graphql?${search}`, SSE);
    expect([status, text.match(/^event: next$/gm)?.length]).toEqual([200, 6]);
  });

  test('carries queries, and mutations by POST only', async () => {
    const query = '{ orchestration(name: "tenantCreation") { name } }';
    const { response } = await streamed({ query });
    expect(await response.text()).toContain('{"data":{"orchestration":{"name":"tenantCreation"}}}');
    const mutation =
      'mutation { execute(input: {orchestrationName: "tenantCreation"}) { created } }';
    const before = engine.starts.length;
    const search = new URLSearchParams({ query: mutation });
    expect((await running.get(`/graphql?${search}`, SSE)).status).toBe(405);
    expect(engine.starts).toHaveLength(before);
    const posted = await streamed({ query: mutation });
    expect(await posted.response.text()).toContain('"created":true');
  });

  test('is left behind by nothing when its client goes', async () => {
    engine.followers.clear();
    const flowId = await begun();
    const { response, end } = await streamed({ query: EVENTS, variables: { flowId } });
    await response.body?.getReader().read();
    await until('it is subscribed', () => engine.followers.size === 1);
    end.abort();
    await until('it has ended', () => [...engine.followers].every(({ aborted }) => aborted));
  });
});

describe('what is refused', () => {
  test.each([
    [{ query: EVENTS, variables: { flowId: 'nobody' } }, 200, 'UNKNOWN_FLOW'],
    [{ query: EVENTS, variables: { flowId: 'f', after: -1 } }, 200, 'BAD_USER_INPUT'],
    [{ query: 'subscription { nothing }' }, 400, 'GRAPHQL_VALIDATION_FAILED'],
    [{ query: 'subscription {' }, 400, 'GRAPHQL_PARSE_FAILED'],
    [{ query: 7 }, 400, 'BODY_INVALID'],
    [{ query: `{ ${'a: __typename '.repeat(60)} }` }, 400, 'QUERY_TOO_COMPLEX'],
  ])('%#: %j', async (body, status, code) => {
    const { response } = await streamed(body);
    const text = await response.text();
    expect([response.status, text]).toEqual([status, expect.stringContaining(`"code":"${code}"`)]);
    expect(text).not.toContain('stack');
  });

  test('a page of a foreign origin', async () => {
    const { response } = await streamed({ query: STEPS }, { origin: 'https://evil.example' });
    expect([response.status, await response.text()]).toEqual([
      403,
      expect.stringContaining('"code":"ORIGIN_NOT_ALLOWED"'),
    ]);
  });

  test('more streams than one address may have, until one ends', async () => {
    const limits = {
      socketConnectionsPerPrincipal: 500,
      subscriptionsPerPrincipal: 2,
      subscriberMessagesPerSecond: 2000,
    };
    await using few = await Running.start({ limits });
    const one = await streamed({ query: STEPS }, {}, few);
    const two = await streamed({ query: STEPS }, {}, few);
    const third = await streamed({ query: STEPS }, {}, few);
    expect([one.response.status, two.response.status, third.response.status]).toEqual([
      200, 200, 503,
    ]);
    expect(third.response.headers.get('retry-after')).toBe('1');
    expect(await third.response.text()).toContain('TOO_MANY_SUBSCRIPTIONS');
    one.end.abort();
    await eventually(async () => {
      const next = await streamed({ query: STEPS }, {}, few);
      next.end.abort();
      return next.response.status === 200;
    });
    two.end.abort();
  });

  test('a document that is too large for a subscription', async () => {
    const { response } = await streamed({
      query: EVENTS,
      variables: { flowId: 'x'.repeat(2 * 1024 * 1024) },
    });
    expect([response.status, await response.text()]).toEqual([
      503,
      expect.stringContaining('TOO_MANY_SUBSCRIPTIONS'),
    ]);
  });

  test('a fault, without what is behind it', async () => {
    const flowId = await begun();
    engine.failure = new Error('select * from orchestration_run on host db-7');
    const { response } = await streamed({ query: EVENTS, variables: { flowId } });
    const text = await response.text();
    engine.failure = null;
    expect(text).toContain('INTERNAL_SERVER_ERROR');
    expect(text).not.toMatch(/select|db-7|stack/);
  });
});

describe('a reader that does not read', () => {
  test('falls behind and gets LAGGED when it reads again', async () => {
    engine.followers.clear();
    const socket = connect(running.api.port, '127.0.0.1');
    const body = JSON.stringify({ query: STEPS });
    const head = `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:${running.api.port}\r\nAccept: text/event-stream`;
    socket.write(
      `${head}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += String(chunk);
    });
    await until('it is subscribed', () => engine.followers.size === 1);
    const flowIds = await Promise.all(Array.from({ length: 1500 }, () => begun()));
    socket.pause();
    // All in one commit: the subscription cannot pass them on meanwhile.
    await engine.answersAll(flowIds, 'createRealm');
    socket.resume();
    await until(
      'it got the error',
      () => text.includes('LAGGED') && text.includes('event: complete'),
    );
    expect(text).toContain('"retryable":true');
    socket.destroy();
  });

  test('holds up its own subscription only: no more than a few events wait for it', async () => {
    const chunk = `data: ${'x'.repeat(64 * 1024)}\n\n`;
    let made = 0;
    async function* events(): AsyncGenerator<string, void, undefined> {
      for (; made < 1000; made++) yield chunk;
    }
    let raw: ServerResponse | null = null;
    const shares = {
      connections: new Shares(1, 1),
      subscriptions: new Shares(1, 1),
      bytes: new Shares(9, 9),
    };
    const streams = new EventStreams();
    const app = Fastify();
    app.get('/', (_request, reply) => {
      raw = reply.raw;
      const stream = streams.open(reply, 'me', 1, shares);
      return stream?.send(events(), () => ({ message: 'no' })).finally(() => stream.release());
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    socket.pause();
    const response = await untilThere(() => raw);
    await until('the connection takes no more', () => response.writableNeedDrain);
    for (let turns = 0; turns < 1000; turns++) await new Promise(setImmediate);
    expect(made).toBeLessThan(1000);
    expect(response.writableLength).toBeLessThan(4 * chunk.length);
    socket.resume();
    await until('all has left', () => made === 1000 && response.writableFinished);
    expect(shares.bytes.fits('me', 9)).toBe(true);
    socket.destroy();
    await app.close();
  });
});

async function eventually(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setImmediate(resolve));
}

async function untilThere<T>(look: () => T | null): Promise<T> {
  await until('it is there', () => look() !== null);
  return look() as T;
}

test('a gateway that stops ends streams without completing them: their clients connect again', async () => {
  const stopping = await Running.start();
  const flowId = await begun(stopping.engine);
  const { response } = await streamed({ query: EVENTS, variables: { flowId } }, {}, stopping);
  const text = response.text();
  await until('it is subscribed', () => stopping.engine.followers.size === 1);
  await stopping.close();
  expect(await text).not.toContain('event: complete');
});
