/**
 * `npm run capacity`: what one flow costs in CPU seconds, rows, bytes on disk, WAL and Kafka,
 * counted on a real PostgreSQL and a real Kafka (docs/capacity.md).
 *   --flows N    flows of the largest load (default 50000); the others are a fifth of it
 *   --payload N  bytes of text in the payload of a start (default 200)
 *   --out FILE   JSON
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { ROOT } from '../steps.mjs';
import { openServices, usageOf } from './around.mjs';
import { startGateway } from './ours.mjs';
import { storageOf } from './storage.mjs';

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '50000' },
    payload: { type: 'string', default: '200' },
    out: { type: 'string', default: join(ROOT, '.cache', 'capacity.json') },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print('npm run capacity -- [--flows 50000] [--payload 200] [--out .cache/capacity.json]');
  process.exit(0);
}
const most = Number(values.flows);
const LOADS = [
  { name: '3 steps', steps: 3, count: most, fail: false },
  { name: '5 steps', steps: 5, count: most / 5, fail: false },
  { name: '3 steps, the last fails and is undone', steps: 3, count: most / 5, fail: true },
];
const IN_FLIGHT = 200;
const STEPS = ['first', 'second', 'third', 'fourth', 'fifth'];

async function childOf(brokers, orchestration, steps) {
  const args = [brokers, orchestration, steps.join(',')];
  const child = fork(join(import.meta.dirname, 'worker.mjs'), args, { execArgv: [] });
  for (;;) if ((await once(child, 'message'))[0].ready) return child;
}

/** Bytes of records, without the indexes that Kafka allocates ahead. */
function kafkaBytes(folder) {
  const files = readdirSync(join(folder, 'data'), { recursive: true, withFileTypes: true });
  const logs = files.filter(
    (one) => one.isFile() && /orchestrator.*\d\/0.*\.log$/.test(join(one.parentPath, one.name)),
  );
  return logs.reduce((sum, one) => sum + statSync(join(one.parentPath, one.name)).size, 0);
}

async function snapshot({ services, database, gateway, worker }) {
  const { tables, wal } = await storageOf(database);
  const usage = { gateway: gateway.usage(), worker: usageOf(worker.pid), ...services.usage() };
  return { tables, wal, kafka: kafkaBytes(services.kafkaFolder), usage };
}

function perFlow(before, after, count) {
  const each = (pick) => (pick(after) - pick(before)) / count;
  const tables = Object.keys(after.tables).map((name) => ({
    name,
    rows: each((one) => one.tables[name].rows),
    bytes: each((one) => one.tables[name].bytes),
    indexes: each((one) => one.tables[name].indexes),
  }));
  const cpu = Object.fromEntries(
    Object.keys(after.usage).map((name) => [name, 1000 * each((one) => one.usage[name].cpu)]),
  );
  const memory = Object.fromEntries(
    Object.entries(after.usage).map(([name, one]) => [name, one.memory / 1e6]),
  );
  return { tables, cpu, memory, wal: each((one) => one.wal), kafka: each((one) => one.kafka) };
}

async function measure(services, { name, steps, count, fail }) {
  const orchestration = `capacity${steps}${fail ? 'undo' : ''}`;
  const names = STEPS.slice(0, steps);
  const gateway = await startGateway(services, orchestration, names);
  const worker = await childOf(services.brokers, orchestration, names);
  const database = new pg.Client({ connectionString: services.databaseUrl });
  await database.connect();
  const all = { services, database, gateway, worker };
  const payload = { text: 'x'.repeat(Number(values.payload)) };
  try {
    await gateway.run({ count: 1500, inFlight: IN_FLIGHT, fail, payload });
    const before = await snapshot(all);
    const { ms } = await gateway.run({ count, inFlight: IN_FLIGHT, fail, payload });
    const costs = perFlow(before, await snapshot(all), count);
    return { name, steps, count, fail, perSecond: (count / ms) * 1000, ...costs };
  } finally {
    await database.end();
    worker.kill('SIGTERM');
    await gateway.close();
  }
}

function report({ name, count, perSecond, tables, cpu, memory, wal, kafka }) {
  const of = (figures, digits) =>
    Object.entries(figures)
      .map(([key, value]) => `${key} ${value.toFixed(digits)}`)
      .join(', ');
  print(`\n${name}: ${count} flows, ${perSecond.toFixed(0)} a second`);
  print(`  CPU s per 1,000 flows: ${of(cpu, 3)}`);
  print(`  memory, MB: ${of(memory, 0)}`);
  for (const one of tables.filter(({ bytes }) => Math.abs(bytes) >= 1))
    print(
      `  ${one.name.padEnd(28)} ${one.rows.toFixed(2).padStart(6)} rows  ${one.bytes.toFixed(0).padStart(6)} bytes, of them indexes ${one.indexes.toFixed(0)}`,
    );
  // The outbox is empty again; what is left of it is free space that it uses anew.
  const kept = tables.filter((one) => one.name !== 'orchestration_outbox');
  const rows = kept.reduce((sum, one) => sum + one.rows, 0);
  const bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
  print(
    `  together ${rows.toFixed(2)} rows, ${bytes.toFixed(0)} bytes; WAL ${wal.toFixed(0)} bytes, Kafka ${kafka.toFixed(0)} bytes`,
  );
}

await readyOrEnd();
const services = await openServices();
try {
  const results = [];
  for (const load of LOADS) {
    results.push(await measure(services, load));
    report(results.at(-1));
  }
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, JSON.stringify({ payload: Number(values.payload), results }, null, 1));
} finally {
  await services.close();
}
