import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gate } from '../engine/builders.js';
import { Running } from './kit/server.js';
import { until } from './kit/until.js';

async function taken(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

describe('a port', () => {
  test('that is taken makes it take the next free one, and it logs that', async () => {
    await using other = await taken();
    await using running = await Running.start({ port: other.port, portTries: 20 });
    expect(running.api.port).toBeGreaterThan(other.port);
    expect(running.api.url).toBe(`http://127.0.0.1:${running.api.port}`);
    expect((await running.get('/livez')).status).toBe(200);
    expect(running.lines[0]).toMatchObject({ level: 'info', fields: { port: other.port } });
  });

  test('that is taken with no other to try ends the start with a message', async () => {
    await using other = await taken();
    await expect(Running.start({ port: other.port, portTries: 1 })).rejects.toThrow(
      `port ${other.port} on 127.0.0.1 is taken; choose another with PORT, or 0 for any free one`,
    );
  });

  test('is tried no further than there are ports', async () => {
    const highest = createServer();
    await new Promise<void>((resolve) =>
      highest.listen(65_535, '127.0.0.1', resolve).once('error', () => resolve()),
    );
    await expect(Running.start({ port: 65_535, portTries: 5 })).rejects.toThrow(
      'port 65535 on 127.0.0.1 is taken',
    );
    await new Promise<void>((resolve) => highest.close(() => resolve()));
  });

  test('on an address that is not ours ends the start with a message', async () => {
    await expect(Running.start({ host: '203.0.113.7' })).rejects.toThrow(
      'this machine has no such address; choose another with HOST',
    );
  });
});

describe('closing', () => {
  test('waits for requests under way and refuses new ones', async () => {
    const running = await Running.start();
    const { opened: held, open: letGo } = gate();
    const row = await running.engine.service.orchestration('tenantCreation', null);
    running.engine.overrides = {
      orchestration: async () => {
        running.engine.calls.push('held');
        await held;
        return row;
      },
    };
    const underWay = running.graphql('{ orchestration(name: "tenantCreation") { name } }');
    await until('it is under way', () => running.engine.calls.includes('held'));
    const closed = running.close();
    await expect(
      running
        .get('/livez')
        .then(({ status }) => (status === 503 ? Promise.reject(new Error('closing')) : status)),
    ).rejects.toThrow();
    const letGoAt = performance.now();
    letGo();
    expect((await underWay).body).toEqual({ data: { orchestration: { name: 'tenantCreation' } } });
    await closed;
    expect(performance.now() - letGoAt).toBeLessThan(20_000);
  });

  test('leaves no handle behind', async () => {
    const before = process.getActiveResourcesInfo().length;
    const running = await Running.start();
    const socket = running.subscriber();
    const changes = socket.iterate({ query: 'subscription { stepStatusChanged { flowId } }' });
    const next = changes.next().catch(() => null);
    await until('it is subscribed', () => running.engine.followers.size === 1);
    await running.get('/livez', { connection: 'close' });
    await running.close();
    await next;
    await socket.dispose();
    await until('nothing of it is left', () => process.getActiveResourcesInfo().length <= before);
  });
});

/** The limits of callers that are counted. */
const REFUSING = [
  'starts_per_second',
  'open_flows',
  'starts_waiting',
  'sockets',
  'subscriptions',
  'subscription_bytes',
  'upload_bytes',
];

describe('pages', () => {
  let running: Running;
  const folder = mkdtempSync(join(tmpdir(), 'backstep-pages-'));
  beforeAll(async () => {
    mkdirSync(join(folder, 'graphiql/assets'), { recursive: true });
    writeFileSync(join(folder, 'graphiql/index.html'), '<!doctype html><title>GraphiQL</title>');
    writeFileSync(join(folder, 'graphiql/assets/a-1.js'), 'export {};');
    writeFileSync(join(folder, 'secret.txt'), 'secret');
    mkdirSync(join(folder, 'console'), { recursive: true });
    writeFileSync(join(folder, 'console/index.html'), '<!doctype html><title>Backstep</title>');
    running = await Running.start({
      consoleFolder: join(folder, 'console'),
      graphiqlFolder: join(folder, 'graphiql'),
    });
  });
  afterAll(async () => {
    await running.close();
    rmSync(folder, { recursive: true });
  });

  test('every address of the console shows its page, under a policy without inline code', async () => {
    for (const path of [
      '/',
      '/flows',
      '/flows/some-flow?x=1',
      '/orchestrations/a%20b/execute',
      '/register',
      '/simulate',
      '/quarantine',
      '/slo',
    ]) {
      const { status, text, headers } = await running.get(path);
      expect([path, status, text]).toEqual([path, 200, expect.stringContaining('Backstep')]);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'self'; /);
      expect(policy).not.toMatch(/https?:|\*|unsafe|script-src/);
    }
    expect((await running.get('/console/none.js')).status).toBe(404);
    expect((await running.get('/nothing')).status).toBe(404);
  });

  test('without a built console there is a page with what to do and what works', async () => {
    await using unbuilt = await Running.start({ consoleFolder: join(folder, 'none') });
    const { status, text } = await unbuilt.get('/');
    expect([status, text]).toEqual([404, expect.stringContaining('npm run build')]);
    const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, link]) => link ?? '');
    expect(links).toEqual(['/openapi.yaml', '/livez', '/readyz']);
    for (const link of links) expect((await unbuilt.get(link)).status).toBe(200);
  });

  test('figures for Prometheus are at /metrics, what we depend on among them', async () => {
    const figures = async (): Promise<string[]> => {
      const { status, text, headers } = await running.get('/metrics');
      expect([status, headers.get('content-type')]).toEqual([
        200,
        'text/plain; version=0.0.4; charset=utf-8',
      ]);
      return text.split('\n').filter((line) => line.startsWith('backstep_'));
    };
    const healthy = (ok: boolean): void => {
      const load = { waiting: 3, unsent: 2, faults: ok ? 0 : 1, subscribers: 4 };
      const unknown = { lag: null, connections: [], backlog: null };
      const checks = [{ name: 'database', ok }];
      running.engine.overrides = { figures: async () => ({ checks, ...load, ...unknown }) };
    };
    healthy(true);
    expect(await figures()).toEqual([
      'backstep_dependency_up{dependency="database"} 1',
      'backstep_deliveries_waiting 3',
      'backstep_messages_unsent 2',
      'backstep_subscribers 4',
      'backstep_store_faults_total 0',
      ...REFUSING.map((limit) => `backstep_refused_total{limit="${limit}"} 0`),
      'backstep_transaction_open_seconds 0',
      ...['sessions', 'leases', 'commands_waiting'].map((one) => `backstep_worker_${one} 0`),
      ...['commands', 'replies', 'leases_expired'].map((one) => `backstep_worker_${one}_total 0`),
    ]);
    healthy(false);
    expect(await figures()).toEqual(
      expect.arrayContaining([
        'backstep_dependency_up{dependency="database"} 0',
        'backstep_store_faults_total 1',
      ]),
    );
    running.engine.overrides = {};
  });

  test('GraphiQL is served from our own files, under a policy that allows nothing else', async () => {
    for (const path of ['/graphiql', '/graphiql/']) {
      const { status, headers } = await running.get(path);
      expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'self'; /);
      expect(policy).not.toMatch(/https?:|\*|unsafe-eval|script-src/);
    }
    const script = await running.get('/graphiql/assets/a-1.js');
    expect([script.headers.get('content-type'), script.headers.get('cache-control')]).toEqual([
      'text/javascript; charset=utf-8',
      'public, max-age=31536000, immutable',
    ]);
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('nothing but the files of the bundle can be had', async () => {
    for (const path of [
      '/graphiql/../secret.txt',
      '/graphiql/%2e%2e/secret.txt',
      '/graphiql/..%2fsecret.txt',
      '/graphiql/assets',
      '/graphiql/none.js',
    ]) {
      // fetch would tidy the path.
      const status = await new Promise<number>((resolve, reject) => {
        request({ host: '127.0.0.1', port: running.api.port, path }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        })
          .on('error', reject)
          .end();
      });
      expect([path, status]).toEqual([path, 404]);
    }
  });

  test('without a built GraphiQL there is a page with what to do', async () => {
    await using unbuilt = await Running.start({ graphiqlFolder: join(folder, 'none') });
    const { status, text } = await unbuilt.get('/graphiql');
    expect([status, text]).toEqual([404, expect.stringContaining('npm run build')]);
  });

  test('a request for a foreign name is refused on a loopback address, and taken when that name is allowed', async () => {
    const statusFor = (server: Running, host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        request(
          { host: '127.0.0.1', port: server.api.port, path: '/livez', headers: { host } },
          (answer) => {
            answer.resume();
            resolve(answer.statusCode ?? 0);
          },
        )
          .on('error', reject)
          .end();
      });
    await using proxied = await Running.start({ allowedOrigins: ['https://backstep.example.com'] });
    expect(await statusFor(running, 'evil.example')).toBe(421);
    expect(await statusFor(running, `localhost:${running.api.port}`)).toBe(200);
    expect(await statusFor(proxied, 'backstep.example.com')).toBe(200);
  });
});
