/** AUTH=tokens: who is let in, over which transport, and when that ends. */
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openTokens } from '../../../src/api/auth/tokens.js';
import { type Log, silent } from '../../../src/observability/log.js';
import type { Running } from '../kit/server.js';
import { RawSocket, STEP_STATUS_CHANGED } from '../kit/socket.js';
import { bearer, TokenFile } from '../kit/tokens.js';
import { until } from '../kit/until.js';

const HISTORY = '{ history { edges { node { flowId } } } }';
const file = new TokenFile();
let running: Running;
beforeAll(async () => {
  file.add('ann', { roles: ['viewer'] });
  running = await file.api();
});
afterAll(async () => {
  await running.close();
  file[Symbol.dispose]();
});

/** A token that the running API knows already. */
async function known(name: string, expiresAt: string | null = null): Promise<string> {
  const token = file.add(name, { roles: ['admin'], expiresAt });
  await untilStatus(token, 200);
  return token;
}

async function untilStatus(token: string, wanted: number): Promise<void> {
  for (;;) {
    const { status } = await running.graphql(HISTORY, {}, bearer(token));
    if (status === wanted) return;
    if (status !== 401 && status !== 200) throw new Error(`answered ${status}`);
  }
}

describe('without a valid token nothing is answered', () => {
  const secret = (id: string): string => `backstep_${id}_${'x'.repeat(43)}`;
  test.each([
    ['none', undefined, /^there is no credential; send Authorization: Bearer/],
    ['another scheme', 'Basic eHh4Onh4eA==', /^Authorization must be: Bearer <token>$/],
    ['nothing after the scheme', 'Bearer ', /^Authorization must be: Bearer <token>$/],
    ['two tokens', 'Bearer a b', /^Authorization must be: Bearer <token>$/],
    ['no token of ours', 'Bearer eyJhbGciOiJub25lIn0.e30.', /^the token is not valid/],
    ['an unknown id', `Bearer ${secret('0'.repeat(12))}`, /^the token is not valid/],
  ])('%s', async (_what, authorization, message) => {
    const headers = authorization === undefined ? {} : { authorization };
    const { status, body } = await running.graphql(HISTORY, {}, headers);
    expect(status).toBe(401);
    expect(body.errors).toEqual([
      { message: expect.stringMatching(message), extensions: { code: 'UNAUTHENTICATED' } },
    ]);
  });

  test('a known id with another secret', async () => {
    const { tokens } = JSON.parse(readFileSync(file.path, 'utf8')) as { tokens: { id: string }[] };
    const [{ id } = { id: '' }] = tokens;
    const { status } = await running.graphql(HISTORY, {}, bearer(secret(id)));
    expect(status).toBe(401);
  });

  test('one whose time is over', async () => {
    const token = file.add('late', { roles: ['viewer'], expiresAt: '2020-01-01T00:00:00.000Z' });
    const before = await known('witness');
    const { body } = await running.graphql(HISTORY, {}, bearer(token));
    expect(body.errors?.[0]?.message).toMatch(/^the token has expired/);
    expect((await running.graphql(HISTORY, {}, bearer(before))).status).toBe(200);
  });

  test('health needs none', async () => {
    expect((await running.get('/livez')).status).toBe(200);
    expect((await running.get('/readyz')).status).toBe(200);
  });
});

describe('a token is taken', () => {
  test('from the header of a request, and its name is the actor', async () => {
    const token = await known('ops');
    const flowId = await running.engine.startFlow();
    const pause = `mutation { pauseFlow(input: { flowId: "${flowId}", reason: "a look" }) { problems { code } } }`;
    await running.data(pause, {}, { ...bearer(token), 'x-actor': 'somebody else' });
    expect(running.engine.actions.at(-1)).toMatchObject({ flowId, actor: 'ops' });
  });

  test.each([
    ['the upgrade', (token: string) => [bearer(token), {}]],
    ['connection_init', (token: string) => [{}, { Authorization: `Bearer ${token}` }]],
    ['connection_init first', (token: string) => [{ authorization: 'Bearer x' }, bearer(token)]],
  ])('over WebSocket from %s', async (name, wanted) => {
    const [headers = {}, payload] = wanted(await known(name.replaceAll(' ', '-')));
    const socket = await RawSocket.open(running.socketUrl, { ...headers }, false);
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    await until('it is acknowledged', () => socket.types.includes('connection_ack'));
    await socket.answered(HISTORY);
    socket.close();
  });

  test('over WebSocket without one: closed with 4401', async () => {
    const socket = await RawSocket.open(running.socketUrl, {}, false);
    socket.send('{"type":"connection_init"}');
    expect(await socket.closed).toMatchObject({ code: 4401 });
  });
});

describe('a subscription ends with its token', () => {
  const opened = async (token: string): Promise<RawSocket> => {
    const socket = await RawSocket.open(running.socketUrl, bearer(token));
    socket.subscribe('1', STEP_STATUS_CHANGED, {});
    await socket.answered(HISTORY);
    return socket;
  };
  const streamed = (token: string): Promise<string> =>
    fetch(`${running.api.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        ...bearer(token),
      },
      body: JSON.stringify({ query: STEP_STATUS_CHANGED }),
    }).then((response) => response.text());

  test('when it is revoked', async () => {
    const token = await known('gone');
    const socket = await opened(token);
    const stream = streamed(token);
    const other = await opened(await known('stays'));
    file.remove('gone');
    expect(await socket.closed).toEqual({ code: 4401, reason: 'the token was revoked or changed' });
    expect(await stream).toContain('"code":"UNAUTHENTICATED"');
    await untilStatus(token, 401);
    expect(other.isCut).toBe(false);
    other.close();
  });

  test('when its time is over', async () => {
    // Long enough for the first look at the file, however slow this machine is.
    const until = new Date(Date.now() + 3000).toISOString();
    const token = file.add('short', { roles: ['admin'], expiresAt: until });
    await untilKnown(token);
    const socket = await RawSocket.open(running.socketUrl, {}, false);
    socket.send(JSON.stringify({ type: 'connection_init', payload: bearer(token) }));
    expect(await socket.closed).toEqual({
      code: 4401,
      reason: 'the token has expired; connect again with a new one',
    });
    await untilStatus(token, 401);
  });

  /** Known, or over already. */
  async function untilKnown(token: string): Promise<void> {
    for (;;) {
      const { status, text } = await running.graphql(HISTORY, {}, bearer(token));
      if (status === 200 || text.includes('expired')) return;
    }
  }
});

describe('the file', () => {
  const log = silent('api');
  const wrong = (): string => {
    try {
      openTokens({ path: own.path, log }).close();
      return 'nothing';
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  };
  let own: TokenFile;
  beforeAll(() => {
    own = new TokenFile();
  });
  afterAll(() => own[Symbol.dispose]());

  test('that others can read is refused', () => {
    chmodSync(own.path, 0o640);
    expect(wrong()).toMatch(/others may read it \(mode 640\); run: chmod 600 /);
    chmodSync(own.path, 0o600);
    expect(wrong()).toBe('nothing');
  });

  test.each([
    ['{', /JSON/],
    ['{}', /tokens: /],
    ['{"tokens":[{"id":"x"}]}', /tokens\.0\.id: must be 12 hexadecimal digits/],
  ])('that is %s is refused with the place', (text, why) => {
    writeFileSync(own.path, text);
    expect(wrong()).toMatch(why);
  });

  test('that is not there is refused with what makes it', () => {
    rmSync(own.path);
    expect(wrong()).toMatch(/backstep token create makes it$/);
  });

  test('that is wrong later leaves the last good list, and the log has the reason', async () => {
    using later = new TokenFile();
    const token = later.add('ann', { roles: ['viewer'] });
    const errors: string[] = [];
    const remembering: Log = { ...log, error: (_fields, message) => void errors.push(message) };
    const tokens = openTokens({ path: later.path, log: remembering, lookMs: 5 });
    writeFileSync(later.path, 'not JSON');
    await until('the change was seen', () => errors.length > 0);
    expect(errors).toEqual(['the changed file of tokens is wrong; the last one counts']);
    expect(await tokens.authenticate(bearer(token))).toMatchObject({
      subject: 'ann',
      kind: 'token',
      roles: ['viewer'],
    });
    tokens.close();
  });
});
