/**
 * A database or a Kafka that is away when the gateway starts: it is waited for, and nothing needs a
 * restart.
 */
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Child, ROOT } from './kit/child.js';
import { Client } from './kit/client.js';
import { Passage } from './kit/passage.js';
import { freePort, newDatabase, testBrokers, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const COMMAND = [join(ROOT, 'node_modules/.bin/node'), join(ROOT, 'dist/bundle/main.js')] as const;

interface Away {
  readonly address: string;
  readonly child: Child;
}

async function started(env: Readonly<Record<string, string>>): Promise<Away & AsyncDisposable> {
  const port = await freePort();
  const settings = { HOST: '127.0.0.1', PORT: String(port), DEMO: 'off', LOG_FORMAT: 'json' };
  const child = new Child('gateway', [...COMMAND], { ...settings, ...env });
  child.isNeeded();
  return {
    child,
    address: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;

/** The port is open, and /readyz is 503 with this reason. */
async function waitsFor({ address }: Away, check: string, reason: RegExp): Promise<void> {
  const found = await until(`/readyz names ${check}`, async () => {
    const response = await fetch(`${address}/readyz`);
    const { checks } = (await response.json()) as {
      readonly checks: readonly { readonly name: string; readonly ok: boolean; detail: string }[];
    };
    const wrong = checks.find((one) => one.name === check && !one.ok && reason.test(one.detail));
    return wrong === undefined ? null : { status: response.status };
  });
  expect(found.status).toBe(503);
  expect(await statusOf(`${address}/livez`)).toBe(200);
}

function ready({ address }: Away): Promise<boolean> {
  return until('it is ready', async () => (await statusOf(`${address}/readyz`)) === 200, 60_000);
}

describe('at start', () => {
  test('a database that is away, or still starting up, is waited for; requests are refused as STARTING', async () => {
    await using database = await newDatabase();
    await using passage = await Passage.closed();
    const real = new URL(database.url);
    const url = new URL(database.url);
    url.hostname = '127.0.0.1';
    url.port = String(passage.port);
    await using gateway = await started({
      DATABASE_URL: url.href,
      KAFKA_BROKERS: testBrokers(),
      KAFKA_GROUP_ID: `away-${unique()}`,
    });
    await waitsFor(gateway, 'database', /does not answer \(DATABASE_AWAY\)/);

    const refused = await fetch(`${gateway.address}/api/orchestrations/history?orchName=x`);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ code: 'STARTING' });
    const answer = await fetch(`${gateway.address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ orchestrations { edges { node { name } } } }' }),
    });
    expect(await answer.json()).toMatchObject({
      errors: [{ extensions: { code: 'STARTING', retryable: true } }],
    });

    await passage.startingUp();
    await waitsFor(gateway, 'database', /starting up \(DATABASE_STARTING\)/);
    await passage.opensTo(real.hostname, Number(real.port));
    await ready(gateway);
    expect(gateway.child.ended).toBeNull();
    // Once per reason, however often it tried.
    expect(gateway.child.output.match(/waiting for the database/g)?.length).toBeLessThan(5);
  }, 120_000);

  test('a Kafka that is away is waited for; what needs only the database is answered', async () => {
    await using database = await newDatabase();
    await using passage = await Passage.closed();
    await using gateway = await started({
      DATABASE_URL: database.url,
      KAFKA_BROKERS: `127.0.0.1:${passage.port}`,
      KAFKA_GROUP_ID: `away-${unique()}`,
    });
    await waitsFor(gateway, 'broker', /Kafka at 127\.0\.0\.1/);
    const client = new Client(gateway.address);
    expect(await client.graphql('{ orchestrations { edges { node { name } } } }')).toEqual({
      orchestrations: { edges: [] },
    });
    const [host = '', port = ''] = testBrokers().split(',')[0]?.split(':') ?? [];
    await passage.opensTo(host, Number(port));
    await ready(gateway);
    client.close();
  }, 120_000);

  test('a consumer group that gateways of another database use is not joined; they go on', async () => {
    await using one = await newDatabase();
    await using two = await newDatabase();
    const settings = { KAFKA_BROKERS: testBrokers(), KAFKA_GROUP_ID: `mixed-${unique()}` };
    await using first = await started({ ...settings, DATABASE_URL: one.url });
    await ready(first);
    await using second = await started({ ...settings, DATABASE_URL: two.url });
    const reason = /group mixed-\S+ is used by gateways of another database.*KAFKA_GROUP_ID/;
    await waitsFor(second, 'broker', reason);
    expect(second.child.output).toMatch(/"level":"?(?:50|error)"?.*gateways of another database/);
    await using third = await started({ ...settings, DATABASE_URL: one.url });
    await ready(third);
    await ready(first);
    await waitsFor(second, 'broker', reason);
    expect(first.child.output).not.toMatch(/another database/);
  }, 120_000);

  test('with MIGRATIONS=wait the schema is brought by --migrate and the rights are granted after it; none to create is needed', async () => {
    await using database = await newDatabase();
    const user = `gateway_${unique()}`;
    const url = new URL(database.url);
    url.username = user;
    url.password = 'secret';
    await database.query(`CREATE ROLE ${user} LOGIN PASSWORD 'secret'`);
    const settings = { KAFKA_BROKERS: testBrokers(), KAFKA_GROUP_ID: `wait-${unique()}` };
    try {
      await using gateway = await started({
        ...settings,
        DATABASE_URL: url.href,
        MIGRATIONS: 'wait',
      });
      await waitsFor(gateway, 'database', /schema is not up to date.*\(DATABASE_BEHIND\)/);
      const env = { ...settings, DATABASE_URL: database.url, LOG_FORMAT: 'json' };
      await using job = new Child('migrations', [...COMMAND, '--migrate'], env);
      expect(await job.end(60_000)).toEqual({ code: 0, signal: null });
      expect(job.output).toContain('nothing is left to migrate');
      // Between the last migration and the grant it waits, too.
      await waitsFor(gateway, 'database', /permission denied.*\(DATABASE_RIGHTS\)|lacks a right/);
      await database.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${user};
        GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO ${user}`);
      await ready(gateway);
      const client = new Client(gateway.address);
      const name = `granted-${unique()}`;
      await client.register(
        JSON.stringify({
          orchestrationName: name,
          type: 'sequential',
          as: 'initiator',
          steps: [{ seq: 1, name: 'one' }],
        }),
      );
      const flowId = await client.execute(name, {});
      const { cancelled } = await client.graphql<{ cancelled: unknown }>(
        `mutation { cancelled: cancelFlow(input: { flowId: "${flowId}", reason: "test" }) { problems { code } } }`,
      );
      expect(cancelled).toEqual({ problems: [] });
      client.close();
    } finally {
      await database.query(`DROP OWNED BY ${user}; DROP ROLE ${user}`);
    }
  }, 120_000);

  test('--migrate ends with what is wrong', async () => {
    await using missing = new Child('migrations', [...COMMAND, '--migrate'], {});
    expect(await missing.end()).toMatchObject({ code: 1 });
    expect(missing.output).toContain('--migrate needs DATABASE_URL');
  });

  test('a stop while it waits ends at once', async () => {
    await using passage = await Passage.closed();
    await using gateway = await started({
      DATABASE_URL: `postgres://nobody@127.0.0.1:${passage.port}/x`,
      KAFKA_BROKERS: testBrokers(),
    });
    await waitsFor(gateway, 'database', /DATABASE_AWAY/);
    gateway.child.send('SIGTERM');
    expect(await gateway.child.end(10_000)).toEqual({ code: 0, signal: null });
  });

  test('a database that refuses for good, and a port that is taken, end the start with the reason', async () => {
    await using database = await newDatabase();
    const missing = new URL(database.url);
    missing.pathname = '/there_is_none';
    const settings = { KAFKA_BROKERS: testBrokers() };
    await using one = await started({ ...settings, DATABASE_URL: missing.href });
    expect(await one.child.end()).toMatchObject({ code: 1 });
    expect(one.child.output).toContain('database "there_is_none" does not exist');
    await using taken = await Passage.closed();
    await taken.startingUp();
    const PORT = String(taken.port);
    await using other = await started({ ...settings, DATABASE_URL: database.url, PORT });
    expect(await other.child.end()).toMatchObject({ code: 1 });
    expect(other.child.output).toContain(`port ${PORT} on 127.0.0.1 is taken`);
  });
});
