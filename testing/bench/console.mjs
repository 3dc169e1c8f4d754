/**
 * `npm run console-load`: the pages of the console in a headless Chromium, before a gateway with
 * many flows: time to content, script time, nodes, and memory while flows run.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { ROOT } from '../steps.mjs';
import { fill, KNOWN, orchestrations } from './fill.mjs';

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '100000' },
    seconds: { type: 'string', default: '300' },
    pictures: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print(`npm run console-load -- [--flows 100000] [--seconds 300] [--pictures FOLDER]

Fills a PostgreSQL of its own with flows, starts a gateway on it, and opens each page in a headless Chromium (TEST_CHROMIUM, or /usr/bin/chromium).
--seconds: how long flows run, 50 in a second, while the list of flows is open.`);
  process.exit(0);
}

await readyOrEnd();
const { default: pg } = await import('pg');
const { chromium } = await import('playwright-core');
const { openEmbeddedPostgres } = await import('../../dist/embedded/postgres.js');
const { openPostgres } = await import('../../dist/postgres/database.js');
const { silent } = await import('../../dist/observability/log.js');

const PORT = 4890;
const PER_SECOND = 50;
const folder = mkdtempSync(join(tmpdir(), 'backstep-console-'));
chmodSync(folder, 0o755);

async function filled() {
  const settings = { fsync: 'off', shared_buffers: '256MB' };
  const place = join(folder, 'postgres');
  const server = await openEmbeddedPostgres({ folder: place, log: silent('embedded'), settings });
  const stepTopics = (name, step) => [`o.${name}.${step}.do`, `o.${name}.${step}.undo`];
  const postgres = openPostgres({
    ...{ url: server.url, poolSize: 2, instanceId: 'fill', leaseMs: 10_000, stepTopics },
    ...{ statementTimeoutMs: 600_000, log: silent('postgres') },
  });
  await postgres.migrate();
  for (const orchestration of orchestrations())
    await postgres.store.registry(async (tx) => {
      await tx.lockRegistry();
      await tx.saveVersion(orchestration, 'history');
    });
  await postgres.close();
  const clients = [1, 2].map(() => new pg.Client({ connectionString: server.url }));
  for (const client of clients) await client.connect();
  const run = (lane, text, parameters) => clients[lane].query(text, parameters);
  await fill(run, 3 * Number(values.flows), print);
  for (const client of clients) await client.end();
  return server;
}

async function gateway(url) {
  const env = { ...process.env, DATABASE_URL: url, PORT: String(PORT), DEMO: 'on' };
  const child = spawn(join(ROOT, 'node_modules/.bin/node'), [join(ROOT, 'dist/main.js')], {
    env: { ...env, DATA_FOLDER: join(folder, 'data'), LOG_LEVEL: 'warn', STARTS_PER_SECOND: '0' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ready = async () => (await fetch(`${ADDRESS}/readyz`).catch(() => null))?.status === 200;
  while (!(await ready())) await pause(200);
  return child;
}

const ADDRESS = `http://127.0.0.1:${PORT}`;
const query = async (text, variables = {}) => {
  const body = JSON.stringify({ query: text, variables });
  const headers = { 'content-type': 'application/json' };
  const { data, errors } = await (
    await fetch(`${ADDRESS}/graphql`, { method: 'POST', headers, body })
  ).json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
};

/** 200 steps at once that nobody answers: their attempts time out, and are undone. */
async function wideFlow() {
  const steps = Array.from(
    { length: 200 },
    (_, at) => `  - { seq: ${at + 1}, name: step${at + 1} }`,
  );
  const document = `orchestrationName: wide\nas: initiator\ntype: parallel\nmaxRetries: 2\ntimeout: 1s\nbackoff: { initial: 1ms }\nsteps:\n${steps.join('\n')}`;
  const register = `mutation ($document: String!) { registerOrchestration(input: { document: $document }) { problems { message } } }`;
  await query(register, { document });
  const started = await query(
    'mutation { execute(input: { orchestrationName: "wide" }) { flow { flowId } } }',
  );
  const { flowId } = started.execute.flow;
  const details = `{ details(flowId: "${flowId}") { timeline(after: 999, first: 1) { number } } }`;
  const until = performance.now() + 60_000;
  while ((await query(details)).details.timeline.length === 0) {
    if (performance.now() > until) throw new Error('the wide flow has less than 1,000 events');
    await pause(500);
  }
  return flowId;
}

async function metricsOf(session) {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name) => metrics.find((one) => one.name === name)?.value ?? 0;
  return {
    script: of('ScriptDuration'),
    nodes: of('Nodes'),
    heapMb: of('JSHeapUsedSize') / 1024 / 1024,
  };
}

async function open({ page, session }, name, path, content) {
  await page.goto('about:blank');
  const before = await metricsOf(session);
  const began = performance.now();
  await page.goto(`${ADDRESS}${path}`);
  await page.locator(content).first().waitFor({ timeout: 30_000 });
  const ms = performance.now() - began;
  const now = await metricsOf(session);
  const script = (now.script - before.script) * 1000;
  print(
    `| ${name} | ${ms.toFixed(0)} | ${script.toFixed(0)} | ${now.nodes} | ${now.heapMb.toFixed(1)} |`,
  );
  if (values.pictures !== undefined)
    await page.screenshot({ path: join(values.pictures, `${name.replaceAll(/\W+/g, '-')}.png`) });
}

async function live(page, session) {
  await page.goto(`${ADDRESS}/flows`);
  await page.locator('table tbody tr').first().waitFor();
  const start =
    'mutation { execute(input: { orchestrationName: "tenantCreation", payload: {tenant: "acme"} }) { flow { flowId } } }';
  const until = performance.now() + Number(values.seconds) * 1_000;
  let [started, shown] = [0, performance.now()];
  const pending = new Set();
  for (let next = performance.now(); performance.now() < until; next += 1_000 / PER_SECOND) {
    if (pending.size < 200) {
      const one = query(start)
        .catch(() => undefined)
        .finally(() => pending.delete(one));
      pending.add(one);
      started++;
    }
    if (performance.now() >= shown) {
      const { script, nodes, heapMb } = await metricsOf(session);
      print(
        `| ${started} flows started | | ${(script * 1000).toFixed(0)} | ${nodes} | ${heapMb.toFixed(1)} |`,
      );
      shown += Number(values.seconds) * 125;
    }
    await pause(Math.max(0, next - performance.now()));
  }
  await Promise.all(pending);
}

const server = await filled();
const child = await gateway(server.url);
const browser = await chromium.launch({
  executablePath: process.env.TEST_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const seen = { page, session };
  print(
    '| page | content after, ms | script, ms | nodes | heap, MB |\n| --- | --- | --- | --- | --- |',
  );
  const row = 'table tbody tr';
  await open(seen, 'first page, nothing cached', '/', 'h1');
  await open(seen, 'orchestrations', '/orchestrations', 'text=orders-01');
  await open(seen, 'flows', '/flows', row);
  await open(seen, 'flows, FAILED', '/flows?status=FAILED', row);
  await open(seen, 'flows by text of errors', '/flows?error=declined', row);
  await open(seen, 'orchestration', `/orchestrations/${KNOWN.common}`, row);
  await open(seen, 'objectives', '/slo', 'h1');
  await open(seen, 'quarantine', '/quarantine', 'h1');
  const flowId = await wideFlow();
  await open(seen, 'a flow of 200 steps and 1,000 events', `/flows/${flowId}`, 'text=step200');
  await live(page, session);
} finally {
  await browser.close();
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
  await server.close();
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
