/** `npm start` with nothing configured: what is stored survives every way to stop it, and nothing it started outlives it. */
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { descendantsOf, ROOT, workingIn } from './kit/child.js';
import type { Details } from './kit/client.js';
import { type Gateway, startEmbedded } from './kit/gateway.js';
import { freePort, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const BURST = 8;

describe('npm start with nothing configured', () => {
  const place = mkdtempSync(join(tmpdir(), 'backstep-e2e-'));
  const folder = join(place, 'kept');
  // Its PostgreSQL may run as another user than ours, who must be able to reach the folder.
  beforeAll(() => chmodSync(place, 0o755));
  afterAll(() => {
    for (const left of workingIn(place)) process.kill(left.pid, 'SIGKILL');
    rmSync(place, { recursive: true, force: true });
  });

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'flows that %s stopped in the middle end within seconds of the next start',
    async (signal) => {
      const ids = await withGateway(folder, async (gateway) => {
        const started = await startBurst(gateway);
        await gateway.stopGroup(signal);
        return started;
      });
      const stoppedAt = Date.now();
      const flows = await withGateway(folder, async (gateway) => {
        const ended = await Promise.all(ids.map((flowId) => gateway.client.ended(flowId, 15_000)));
        await gateway.stop();
        return ended;
      });
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
    const flowId = await withGateway(folder, async (gateway) => {
      await gateway.client.register(documentWithoutWorker(name));
      const id = await gateway.client.execute(name, {});
      expect((await gateway.client.details(id)).body.steps).toMatchObject([
        { status: 'IN_PROGRESS' },
      ]);
      await gateway.stopGroup('SIGKILL');
      return id;
    });
    const flow = await withGateway(folder, (gateway) => gateway.client.ended(flowId, 30_000));
    expect(flow.steps).toMatchObject([{ stepName: 'nobody', retryCount: 0 }]);
    expect(flow.failureReason).toContain('nobody');
  }, 240_000);

  test('what is stored survives; --fresh wipes it', async () => {
    const run = async (gateway: Gateway): Promise<Details> => {
      const flowId = await gateway.client.execute('tenantCreation', { tenant: `acme-${unique()}` });
      return gateway.client.ended(flowId);
    };
    const before = await withGateway(folder, run);
    const again = await withGateway(folder, (gateway) => gateway.client.details(before.flowId));
    expect(again).toEqual({ status: 200, body: before });
    const wiped = await withGateway(folder, (gateway) => gateway.client.details(before.flowId), [
      '--fresh',
    ]);
    expect(wiped.status).toBe(404);
  }, 240_000);

  test('Ctrl-C stops everything it started', async () => {
    await withGateway(folder, async (gateway) => {
      const family = descendantsOf(gateway.child.pid);
      expect(family.map(({ command }) => command)).toContain('postgres');
      gateway.child.sendGroup('SIGINT');
      await gateway.child.end();
      await until('all it started has ended', () => family.every((one) => !one.lives()));
      expect(workingIn(folder)).toEqual([]);
      await expect(fetch(`${gateway.address}/livez`)).rejects.toThrow();
    });
  }, 120_000);

  test('two starts at once from one clone build nothing; a chosen port that is taken is an error', async () => {
    const built = newestOf(join(ROOT, 'dist'));
    const PORT = String(await freePort());
    await using stack = new AsyncDisposableStack();
    const one = stack.use(await startEmbedded(join(place, 'one'), { PORT }));
    expect(new URL(one.address).port).toBe(PORT);
    const other = await startEmbedded(join(place, 'other'), { PORT }).then(ended, String);
    expect(other).toContain(`port ${PORT} on 127.0.0.1 is taken`);
    expect(newestOf(join(ROOT, 'dist'))).toEqual(built);
  }, 120_000);

  test.each([[[]], [['--fresh']]])(
    'a second start on the same data folder, flags %j, prints who has it and leaves it alone',
    async (flags) => {
      await withGateway(folder, async (gateway) => {
        const start = (): Promise<string> =>
          gateway.client.execute('tenantCreation', { tenant: `acme-${unique()}` });
        const before = await start();
        const second = await startEmbedded(folder, {}, flags).then(ended, String);
        expect(second).toMatch(new RegExp(`${folder}.* is in use by process \\d+`));
        for (const flowId of [before, await start()])
          expect((await gateway.client.ended(flowId)).status).toBe('COMPLETED');
      });
    },
    180_000,
  );
});

async function ended(gateway: Gateway): Promise<string> {
  await gateway[Symbol.asyncDispose]();
  return 'it started';
}

/** Whatever happens inside, the gateway has ended after it. */
async function withGateway<T>(
  folder: string,
  inside: (gateway: Gateway) => Promise<T>,
  args: readonly string[] = [],
): Promise<T> {
  await using gateway = await startEmbedded(folder, {}, args);
  return await inside(gateway);
}

/** All at once: an example worker takes a quarter of a second for a step, so none of them is done when the answers are there. */
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
