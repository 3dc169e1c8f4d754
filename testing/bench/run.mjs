/**
 * `npm run bench`: flows per second at saturation and the latency of single flows, ours next to the
 * raw limit — the same client, topics and workers with one batched transaction per consumed batch
 * and nothing else — interleaved in one run on one machine. Only the ratios count.
 *   --flows N          flows per round and system (default 3000)
 *   --rounds N         (default 3)
 *   --partitions N     (default 4)
 *   --out FILE         JSON
 *   --against DIST     another build (its dist folder), in turns with this one
 *   --profile FOLDER   leaves a CPU profile of the gateway
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import kafkajs from 'kafkajs';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { ROOT } from '../steps.mjs';
import { openServices, usageOf } from './around.mjs';
import { startGateway } from './ours.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '3000' },
    rounds: { type: 'string', default: '3' },
    partitions: { type: 'string', default: '4' },
    out: { type: 'string', default: join(ROOT, '.cache', 'bench.json') },
    against: { type: 'string' },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print(
    'npm run bench -- [--flows 3000] [--rounds 3] [--partitions 4] [--out .cache/bench.json] [--against DIST] [--profile FOLDER]',
  );
  process.exit(0);
}
const flows = Number(values.flows);
const rounds = Number(values.rounds);
const partitions = Number(values.partitions);
const STEPS = ['first', 'second', 'third'];
const IN_FLIGHT = 200;
const SINGLES = 100;
process.env.TOPIC_PARTITIONS = String(partitions);

async function makeTopics(brokers) {
  const admin = new kafkajs.Kafka({
    brokers: brokers.split(','),
    clientId: 'bench',
    logLevel: kafkajs.logLevel.ERROR,
  }).admin();
  await admin.connect();
  const names = STEPS.flatMap((step) => [
    `orchestrator.limit.${step}.do`,
    `orchestrator.limit.${step}.undo`,
  ]);
  await admin.createTopics({
    topics: ['limit.response', ...names].map((topic) => ({ topic, numPartitions: partitions })),
    waitForLeaders: true,
  });
  await admin.disconnect();
}

/** A child that prints `ready`. */
async function child(file, ...args) {
  const process_ = fork(join(HERE, file), args, {
    execArgv: [],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  for (;;) {
    const [message] = await once(process_, 'message');
    if (message.ready) return process_;
  }
}

async function startLimit(services) {
  const process_ = await child(
    'limit.mjs',
    'batch',
    services.brokers,
    'limit',
    STEPS.join(','),
    services.databaseUrl,
  );
  return {
    name: 'limit',
    usage: () => usageOf(process_.pid),
    async run({ count, inFlight, fail }) {
      process_.send({ start: count, fail, inFlight });
      for (;;) {
        const [message] = await once(process_, 'message');
        if (message.done) return message;
      }
    },
    async close() {
      const gone = once(process_, 'exit');
      process_.kill('SIGTERM');
      await gone;
    },
  };
}

const quantile = (times, q) =>
  [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))];
const median = (list) => quantile(list, 0.5);

async function measure(system, services, worker, load) {
  const before = { own: system.usage(), worker: usageOf(worker.pid), ...services.usage() };
  const { ms, times } = await system.run(load);
  const after = { own: system.usage(), worker: usageOf(worker.pid), ...services.usage() };
  const per = (name) => ((after[name].cpu - before[name].cpu) / load.count) * 1000;
  const cpu = {
    own: per('own'),
    worker: per('worker'),
    kafka: per('kafka'),
    postgres: per('postgres'),
  };
  return {
    perSecond: (load.count / ms) * 1000,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    cpu,
    memory: after.own.memory,
  };
}

/** Each line of the report: what, how it is taken from a measurement, digits. */
const LINES = [
  ['flows/s at saturation', (one) => one.saturated.perSecond, 0],
  ['one by one, p50 ms', (one) => one.single.p50, 1],
  ['one by one, p99 ms', (one) => one.single.p99, 1],
  ['CPU s per 1,000 flows', (one) => totalOf(one.saturated.cpu), 2],
  ['  of it its own', (one) => one.saturated.cpu.own, 2],
  ['  of it PostgreSQL', (one) => one.saturated.cpu.postgres, 2],
  ['memory, MB', (one) => one.saturated.memory / 1e6, 0],
];
const totalOf = (cpu) => Object.values(cpu).reduce((sum, one) => sum + one, 0);

function report(results, names) {
  print('\nmedians (least – most), and the ratio to the limit of the same run:');
  for (const flow of ['ok', 'undo']) {
    for (const [line, pick, digits] of LINES) {
      const of = (system) =>
        results.filter((one) => one.system === system && one.flow === flow).map(pick);
      const raw = median(of('limit'));
      const columns = names.map((name) => {
        const list = of(name);
        const spread = `${Math.min(...list).toFixed(digits)}–${Math.max(...list).toFixed(digits)}`;
        return `${name} ${median(list).toFixed(digits).padStart(6)} (${spread.padStart(13)}) ratio ${(median(list) / raw).toFixed(2)}`;
      });
      print(
        `  ${flow.padEnd(4)}  ${line.padEnd(22)} limit ${raw.toFixed(digits).padStart(6)}   ${columns.join('   ')}`,
      );
    }
  }
}

async function turn({ services, worker, system, round, fail }) {
  const saturated = await measure(system, services, worker, {
    count: flows,
    inFlight: IN_FLIGHT,
    fail,
  });
  const single = await measure(system, services, worker, { count: SINGLES, inFlight: 1, fail });
  const { perSecond, cpu, memory } = saturated;
  const times = `one by one p50 ${single.p50.toFixed(1)} ms p99 ${single.p99.toFixed(1)} ms`;
  const parts = Object.entries(cpu).map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`);
  print(
    `round ${round}  ${fail ? 'undo' : 'ok  '}  ${system.name.padEnd(8)}  ${perSecond.toFixed(0).padStart(6)} flows/s   ${times}   CPU ${totalOf(cpu).toFixed(2)} s per 1,000 (${parts.join(', ')})   memory ${(memory / 1e6).toFixed(0)} MB`,
  );
  return { round, system: system.name, flow: fail ? 'undo' : 'ok', saturated, single };
}

async function warmUp(system) {
  for (const fail of [false, true])
    await system.run({ count: Math.min(1500, flows), inFlight: IN_FLIGHT, fail });
  return system;
}

await readyOrEnd();
const services = await openServices();
const closers = [() => services.close()];
try {
  await makeTopics(services.brokers);
  const builds = [
    { name: 'backstep', profile: values.profile ?? null },
    ...(values.against ? [{ name: 'against', dist: resolve(values.against) }] : []),
  ];
  // One build stays; two take turns, each warmed up.
  const open = async (build) => {
    const gateway = await startGateway(services, 'bench', STEPS, build);
    closers.push(() => gateway.close());
    return gateway;
  };
  let own = await open(builds[0]);
  const limit = await startLimit(services);
  closers.push(() => limit.close());
  const workers = {
    own: await child('worker.mjs', services.brokers, 'bench', STEPS.join(',')),
    limit: await child('worker.mjs', services.brokers, 'limit', STEPS.join(','), 'limit.response'),
  };
  for (const worker of Object.values(workers))
    closers.push(async () => void worker.kill('SIGTERM'));
  print('warming up …');
  await warmUp(limit);
  await warmUp(own);
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    const order = round % 2 ? [...builds, null] : [null, ...builds.toReversed()];
    for (const build of order) {
      if (build !== null && build.name !== own.name) {
        await own.close();
        own = await warmUp(await open(build));
      }
      const [system, worker] = build === null ? [limit, workers.limit] : [own, workers.own];
      for (const fail of [false, true])
        results.push(await turn({ services, worker, system, round, fail }));
    }
  }
  report(
    results,
    builds.map(({ name }) => name),
  );
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, JSON.stringify({ flows, rounds, partitions, results }, null, 1));
} finally {
  for (const close of closers.reverse()) await close();
}
