/**
 * `npm start` with nothing configured: what is stored survives every way to stop it, and nothing it
 * started outlives it.
 */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { descendantsOf, ROOT, workingIn } from './kit/child.js';
import type { Details } from './kit/client.js';
import { type Gateway, startEmbedded } from './kit/gateway.js';
import { unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const BURST = 8;

interface Diagnosed {
  readonly diagnose: { readonly facts: readonly { readonly name: string; value: string }[] };
}

describe('npm start with nothing configured', () => {
  const place = mkdtempSync(join(tmpdir(), 'backstep-e2e-'));
  const folder = join(place, 'kept');
  let running: Gateway | null = null;
  // Its PostgreSQL may run as another user than ours, who must be able to reach the folder.
  beforeAll(() => chmodSync(place, 0o755));
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]();
    for (const left of workingIn(place)) process.kill(left.pid, 'SIGKILL');
    rmSync(place, { recursive: true, force: true });
  }, 90_000);

  /** The gateway on the folder: the one a test before has left, or a new one. */
  async function current(...args: readonly string[]): Promise<Gateway> {
    if (running?.child.ended !== null) running = await startEmbedded(folder, {}, args);
    return running;
  }

  /** The next `current` is a new start. */
  async function stopped(gateway: Gateway): Promise<void> {
    running = null;
    await gateway[Symbol.asyncDispose]();
  }

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'flows that %s stopped in the middle end within seconds of the next start',
    async (signal) => {
      const before = await current();
      const ids = await startBurst(before);
      await before.stopGroup(signal);
      const stoppedAt = Date.now();
      await stopped(before);
      const { client } = await current();
      const flows = await Promise.all(ids.map((flowId) => client.ended(flowId)));
      expect(flows.map(({ status }) => status)).toEqual(ids.map(() => 'COMPLETED'));
      const inTheMiddle = flows.filter(
        ({ startedAt, endedAt }) =>
          Date.parse(startedAt) < stoppedAt && Date.parse(endedAt ?? '') > stoppedAt,
      );
      expect(inTheMiddle.length).toBeGreaterThan(0);
    },
    240_000,
  );

  test('a flow whose step waits for nobody is timed out by the next start', async () => {
    const name = `silent-${unique()}`;
    const before = await current();
    await before.client.register(documentWithoutWorker(name));
    const flowId = await before.client.execute(name, {});
    expect((await before.client.details(flowId)).body.steps).toMatchObject([
      { status: 'IN_PROGRESS' },
    ]);
    // Otherwise the next start waits for the lease of the one that was killed: flows stopped in the
    // middle are the test before.
    await until('its command has left the outbox', async () => {
      const query = 'query ($flowId: ID!) { diagnose(flowId: $flowId) { facts { name value } } }';
      const { diagnose } = await before.client.graphql<Diagnosed>(query, { flowId });
      return diagnose.facts.some(({ value }) => value === 'it was published');
    });
    await before.stopGroup('SIGKILL');
    await stopped(before);
    const flow = await (await current()).client.ended(flowId);
    expect(flow.steps).toMatchObject([{ stepName: 'nobody', retryCount: 0 }]);
    expect(flow.failureReason).toContain('nobody');
  }, 240_000);

  test('two starts at once from one clone build nothing; a chosen port that is taken is an error', async () => {
    const built = newestOf(join(ROOT, 'dist'));
    const { port } = new URL((await current()).address);
    const other = await startEmbedded(join(place, 'other'), { PORT: port }).then(ended, String);
    expect(other).toContain(`port ${port} on 127.0.0.1 is taken`);
    expect(newestOf(join(ROOT, 'dist'))).toEqual(built);
  }, 120_000);

  test.each([[[]], [['--fresh']]])(
    'a second start on the same data folder, flags %j, prints who has it and leaves it alone',
    async (flags) => {
      const { client } = await current();
      const start = (): Promise<string> =>
        client.execute('tenantCreation', { tenant: `acme-${unique()}` });
      const before = await start();
      const second = await startEmbedded(folder, {}, flags).then(ended, String);
      expect(second).toMatch(new RegExp(`${folder}.* is in use by process \\d+`));
      for (const flowId of [before, await start()])
        expect((await client.ended(flowId)).status).toBe('COMPLETED');
    },
    180_000,
  );

  test('what is stored survives; --fresh wipes it', async () => {
    const first = await current();
    const flowId = await first.client.execute('tenantCreation', { tenant: `acme-${unique()}` });
    const before: Details = await first.client.ended(flowId);
    await stopped(first);
    const second = await current();
    expect(await second.client.details(flowId)).toEqual({ status: 200, body: before });
    await stopped(second);
    const wiped = await (await current('--fresh')).client.details(flowId);
    expect(wiped.status).toBe(404);
  }, 240_000);

  test('Ctrl-C stops everything it started', async () => {
    const gateway = await current();
    const family = descendantsOf(gateway.child.pid);
    expect(family.map(({ command }) => command)).toContain('postgres');
    gateway.child.sendGroup('SIGINT');
    await gateway.child.end();
    await until('all it started has ended', () => family.every((one) => !one.lives()));
    expect(workingIn(folder)).toEqual([]);
    await expect(fetch(`${gateway.address}/livez`)).rejects.toThrow();
  }, 120_000);
});

async function ended(gateway: Gateway): Promise<string> {
  await gateway[Symbol.asyncDispose]();
  return 'it started';
}

/**
 * All at once: an example worker takes a quarter of a second for a step, so none of them is done
 * when the answers are there.
 */
function startBurst(gateway: Gateway): Promise<string[]> {
  return Promise.all(
    Array.from({ length: BURST }, (_, i) =>
      gateway.client.execute('tenantCreation', { tenant: `acme-${i}-${unique()}` }),
    ),
  );
}

function documentWithoutWorker(orchestrationName: string): string {
  const steps = ['steps:', '  - { seq: 1, name: nobody, timeout: 3s }'];
  return [
    `orchestrationName: ${orchestrationName}`,
    'as: initiator',
    'type: sequential',
    'maxRetries: 0',
    'undoTimeout: 1s',
    ...steps,
  ].join('\n');
}

/** When anything below this folder was last written, and how much there is. */
function newestOf(folder: string): { readonly files: number; readonly newest: number } {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return {
    files: paths.length,
    newest: Math.max(...paths.map((path) => statSync(join(folder, path)).mtimeMs)),
  };
}
