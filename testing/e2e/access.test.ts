/**
 * Who may do what, over the built gateway with a real Kafka, a real PostgreSQL and a real identity
 * provider: first AUTH=jwt with its keys replaced meanwhile, then AUTH=tokens on the same database.
 * Payloads are sealed: in clear on the wire, ciphertext in the tables, written anew by the command
 * line after a new key.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from '../../src/client/index.js';
import { AUDIENCE, Issuer } from '../api/kit/issuer.js';
import { bearer, TokenFile } from '../api/kit/tokens.js';
import { ran } from '../cli/ran.js';
import { numbersOf } from '../kit/watched.js';
import { type Listener, openBroker, type TestBroker } from './kit/broker.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { newDatabase, type TestDatabase, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const stack = new AsyncDisposableStack();
const name = `guarded-${unique()}`;
const group = `access-${unique()}`;
const CARD = '4111 1111 1111 1111';
const ADMIN = { claims: { roles: ['admin'] } };
const folder = mkdtempSync(join(tmpdir(), 'backstep-access-'));
const keys = join(folder, 'payload-keys');
const [k1, k2] = ['k1', 'k2'].map((id) => `${id} ${randomBytes(32).toString('base64')}`);
const tokens = new TokenFile();
let database: TestDatabase;
let broker: TestBroker;
let issuer: Issuer;
let commands: Listener;
let gateway: Gateway;
/** A flow that was started with AUTH=jwt. */
let flowId: string;

beforeAll(async () => {
  // The provider warns that it keeps everything in memory.
  for (const level of ['warn', 'info'] as const) mock.method(console, level, () => undefined);
  stack.defer(() => rmSync(folder, { recursive: true }));
  stack.defer(() => tokens[Symbol.dispose]());
  database = stack.use(await newDatabase());
  broker = stack.use(await openBroker());
  issuer = stack.use(await Issuer.start());
  stack.defer(() => gateway[Symbol.asyncDispose]());
  writeFileSync(keys, `${k1}\n`, { mode: 0o600 });
  gateway = await started({ AUTH: 'jwt', JWT_ISSUER: issuer.url, JWT_AUDIENCE: AUDIENCE });
}, 180_000);
afterAll(() => stack.disposeAsync(), 90_000);

const started = (env: Readonly<Record<string, string>>): Promise<Gateway> =>
  startGateway({
    database,
    group,
    env: { JWT_CLOCK_SKEW: '0', PAYLOAD_ENCRYPTION: `file:${keys}`, ...env },
  });

/** A typed client that sends this token; of a function, a new one when the last was refused. */
function clientOf(token: string | (() => Promise<string>)) {
  let now: string | null = typeof token === 'string' ? token : null;
  const client = createClient({
    url: `${gateway.address}/graphql`,
    headers:
      typeof token === 'string'
        ? bearer(token)
        : async (refused) => {
            if (now === null || refused !== undefined) now = await token();
            return bearer(now);
          },
  });
  stack.defer(() => client.close());
  return client;
}

async function statusWith(token: string | null, path = '/api/orchestrations/history') {
  const headers = token === null ? {} : bearer(token);
  return (await fetch(`${gateway.address}${path}`, { headers })).status;
}

async function answers(step: string): Promise<void> {
  const headers = { flowId, stepName: step, action: 'DO', status: true };
  await broker.send('orchestrator.response.result', headers, { card: CARD, step });
}

test('AUTH=jwt: a token of the provider for this gateway is let in, others are not', async () => {
  const other = await issuer.token({ ...ADMIN, audience: 'https://other.test' });
  expect([await statusWith(null), await statusWith(other), await statusWith('x')]).toEqual([
    401, 401, 401,
  ]);
  const viewer = await issuer.token({ claims: { roles: ['viewer'] } });
  expect([await statusWith(viewer), await statusWith(viewer, '/api/audit')]).toEqual([200, 403]);
  await expect(
    clientOf(viewer).execute({ orchestrationName: name, payload: {} }),
  ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await clientOf(await issuer.token(ADMIN)).register(documentOf(name));
});

test('payloads are in clear for workers and ciphertext in the tables', async () => {
  commands = await broker.listen(`orchestrator.${name}.a.do`, `orchestrator.${name}.b.do`);
  const input = { orchestrationName: name, payload: { card: CARD } };
  flowId = (await clientOf(await issuer.token(ADMIN)).execute(input)).flow.flowId;
  const command = await commands.receives('the command', ({ key }) => key === flowId);
  expect(command.payload).toEqual({ card: CARD });
  const rows = await everyText();
  // Records are stored as bytes, which PostgreSQL prints as hexadecimal digits.
  const inBytes = Buffer.from(CARD).toString('hex');
  expect(rows.filter((text) => text.includes(CARD) || text.includes(inBytes))).toEqual([]);
  expect(rows.some((text) => text.includes('k1.'))).toBe(true);
});

/** Each row of each table, as text. */
async function everyText(): Promise<string[]> {
  const tables = await database.query(
    "SELECT table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema = current_schema()",
  );
  const texts: string[] = [];
  for (const { table_name: table } of tables)
    for (const { text } of await database.query(`SELECT t::text AS text FROM "${table}" t`))
      texts.push(String(text));
  return texts;
}

test('a subscription outlives its token and the keys of the provider', async () => {
  const short = { claims: { roles: ['viewer'] }, lifetime: 4 };
  const old = await issuer.token(ADMIN);
  const once = clientOf(await issuer.token(short));
  const ended = expect(numbersOf(once.watch(flowId))).rejects.toMatchObject({
    code: 'UNAUTHENTICATED',
  });
  const renewing = clientOf(() => issuer.token(short));
  let renewals = 0;
  const numbers = numbersOf(
    renewing.watch(flowId, {
      onReconnect: ({ code }) => {
        if (code === 'UNAUTHENTICATED') renewals += 1;
      },
    }),
  );
  await ended;
  await until('the other one has a new token', () => renewals > 0);
  await answers('a');
  await commands.receives('the second command', ({ topic }) => topic.endsWith('.b.do'));
  await answers('b');
  expect(await numbers).toEqual([1, 2, 3, 4, 5, 6]);

  await issuer.rotate('RS256');
  const fresh = await issuer.token(ADMIN);
  // Keys are read again at most every ten seconds.
  await until('the new key is known', async () => (await statusWith(fresh)) === 200, 60_000);
  expect(await statusWith(old)).toBe(401);
});

test('AUTH=tokens on the same database, and a new key for payloads', async () => {
  await gateway.stop();
  writeFileSync(keys, `${k2}\n${k1}\n`, { mode: 0o600 });
  const viewer = tokens.add('vera', { roles: ['viewer'], scopes: [name] });
  const elsewhere = tokens.add('eve', { roles: ['admin'], scopes: ['other*'] });
  const admin = tokens.add('ada', { roles: ['admin'] });
  gateway = await started({ AUTH: 'tokens', AUTH_TOKENS_FILE: tokens.path });
  expect([await statusWith(viewer), await statusWith(await issuer.token(ADMIN))]).toEqual([
    200, 401,
  ]);
  expect(await clientOf(elsewhere).details(flowId)).toBeNull();
  const { code, out, err } = await ran([
    ...['reencrypt', '--reason', 'k2 replaces k1', '--json'],
    ...['--url', gateway.address, '--token', admin],
  ]);
  expect([code, err]).toEqual([0, '']);
  // A new consumer group reads what other tests have left on the topics: that is examined, too.
  const { examined, rewritten } = JSON.parse(out) as Record<'examined' | 'rewritten', number>;
  expect(examined).toBeGreaterThan(0);
  expect(rewritten).toBeGreaterThan(0);
  const sealed = await everyText();
  expect(sealed.filter((text) => /\bk1\.[\w+/]{20}/.test(text))).toEqual([]);
  expect(sealed.some((text) => /\bk2\.[\w+/]{20}/.test(text))).toBe(true);
  expect((await clientOf(admin).details(flowId))?.input).toEqual({ card: CARD });
});

test('a revoked token ends its subscription', async () => {
  const client = clientOf(tokens.add('short', { roles: ['viewer'] }));
  await until('the token is known', () =>
    client.details(flowId).then(
      () => true,
      () => false,
    ),
  );
  const change = client.stepChanges().next();
  tokens.remove('short');
  await expect(change).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
});

test('the audit has who proved what, refused ones too', async () => {
  // The gateway's new consumer group also reads, and refuses, starts that other tests have sent.
  const named = await database.query(
    `SELECT actor, action, outcome, code FROM orchestration_audit
      WHERE orchestration_name = '${name}' ORDER BY at, id`,
  );
  expect(named).toEqual([
    expect.objectContaining({ actor: 'ann', action: 'execute', code: 'FORBIDDEN' }),
    expect.objectContaining({ actor: 'ann', action: 'registerOrchestration', outcome: 'DONE' }),
    expect.objectContaining({ actor: 'ann', action: 'execute', outcome: 'DONE' }),
  ]);
  const batches = await database.query(
    "SELECT actor, outcome FROM orchestration_audit WHERE action = 'reencryptPayloads'",
  );
  expect(batches.length).toBeGreaterThan(0);
  for (const batch of batches) expect(batch).toMatchObject({ actor: 'ada', outcome: 'DONE' });
});

function documentOf(orchestrationName: string): string {
  return JSON.stringify({
    ...{ orchestrationName, as: 'initiator', type: 'sequential' },
    steps: ['a', 'b'].map((step, index) => ({ seq: index + 1, name: step })),
  });
}
