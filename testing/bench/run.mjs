/**
 * `npm run bench`: flows per second at saturation and the latency of single flows, ours next to the raw limit — the same client, topics and workers with
 * one batched transaction per consumed batch and nothing else — interleaved in one run on one machine. Only the ratios count.
 *   --flows N    flows per round and system (default 3000)   --rounds N   rounds (default 3)   --partitions N   (default 4)   --out FILE   JSON
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import kafkajs from 'kafkajs';
import { readyOrEnd } from '../../src/ready.mjs';
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
    help: { type: 'boolean', default: false },
  },
});
const say = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  say('npm run bench -- [--flows 3000] [--rounds 3] [--partitions 4] [--out .cache/bench.json]');
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
  const admin = new kafkajs.Kafka({ brokers: brokers.split(','), clientId: 'bench', logLevel: kafkajs.logLevel.ERROR }).admin();
  await admin.connect();
  const names = STEPS.flatMap((step) => [`orchestrator.limit.${step}.do`, `orchestrator.limit.${step}.undo`]);
  await admin.createTopics({
    topics: ['limit.response', ...names].map((topic) => ({ topic, numPartitions: partitions })),
    waitForLeaders: true,
  });
  await admin.disconnect();
}

/** A child that says `ready`. */
async function child(file, ...args) {
  const process_ = fork(join(HERE, file), args, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  for (;;) {
    const [message] = await once(process_, 'message');
    if (message.ready) return process_;
  }
}

async function startLimit(services) {
  const process_ = await child('limit.mjs', 'batch', services.brokers, 'limit', STEPS.join(','), services.databaseUrl);
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

const quantile = (times, q) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * q))];
const median = (list) => quantile(list, 0.5);

async function measure(system, services, worker, load) {
  const before = { own: system.usage(), worker: usageOf(worker.pid), ...services.usage() };
  const { ms, times } = await system.run(load);
  const after = { own: system.usage(), worker: usageOf(worker.pid), ...services.usage() };
  const per = (name) => ((after[name].cpu - before[name].cpu) / load.count) * 1000;
  const cpu = { own: per('own'), worker: per('worker'), kafka: per('kafka'), postgres: per('postgres') };
  return { perSecond: (load.count / ms) * 1000, p50: quantile(times, 0.5), p99: quantile(times, 0.99), cpu, memory: after.own.memory };
}

readyOrEnd();
const services = await openServices();
const closers = [() => services.close()];
try {
  await makeTopics(services.brokers);
  const ours = await startGateway(services, 'bench', STEPS);
  closers.push(() => ours.close());
  const limit = await startLimit(services);
  closers.push(() => limit.close());
  const workers = {
    backstep: await child('worker.mjs', services.brokers, 'bench', STEPS.join(',')),
    limit: await child('worker.mjs', services.brokers, 'limit', STEPS.join(','), 'limit.response'),
  };
  for (const worker of Object.values(workers)) closers.push(async () => void worker.kill('SIGTERM'));
  say('warming up …');
  for (const system of [ours, limit])
    for (const fail of [false, true]) await system.run({ count: Math.min(1000, flows), inFlight: IN_FLIGHT, fail });
  const results = [];
  for (let round = 1; round <= rounds; round++) {
    for (const fail of [false, true]) {
      for (const system of round % 2 ? [ours, limit] : [limit, ours]) {
        const worker = workers[system.name];
        const saturated = await measure(system, services, worker, { count: flows, inFlight: IN_FLIGHT, fail });
        const single = await measure(system, services, worker, { count: SINGLES, inFlight: 1, fail });
        results.push({ round, system: system.name, flow: fail ? 'undo' : 'ok', saturated, single });
        const { perSecond, cpu, memory } = saturated;
        const used = Object.values(cpu).reduce((sum, one) => sum + one, 0);
        say(
          `round ${round}  ${fail ? 'undo' : 'ok  '}  ${system.name.padEnd(8)}  ${perSecond.toFixed(0).padStart(6)} flows/s   one by one p50 ${single.p50.toFixed(1)} ms p99 ${single.p99.toFixed(1)} ms   CPU ${used.toFixed(2)} s per 1,000 (own ${cpu.own.toFixed(2)}, postgres ${cpu.postgres.toFixed(2)}, kafka ${cpu.kafka.toFixed(2)}, worker ${cpu.worker.toFixed(2)})   memory ${(memory / 1e6).toFixed(0)} MB`,
        );
      }
    }
  }
  say('\nmedians, and the ratio to the limit of the same run:');
  for (const flow of ['ok', 'undo']) {
    const of = (system, pick) => median(results.filter((one) => one.system === system && one.flow === flow).map(pick));
    const line = (name, pick, digits) => {
      const [mine, raw] = [of('backstep', pick), of('limit', pick)];
      say(
        `  ${flow.padEnd(4)}  ${name.padEnd(24)} ${mine.toFixed(digits).padStart(9)}   limit ${raw.toFixed(digits).padStart(9)}   ratio ${(mine / raw).toFixed(2)}`,
      );
    };
    line('flows/s at saturation', (one) => one.saturated.perSecond, 0);
    line('one by one, p50 ms', (one) => one.single.p50, 1);
    line('one by one, p99 ms', (one) => one.single.p99, 1);
    line('CPU s per 1,000 flows', (one) => Object.values(one.saturated.cpu).reduce((sum, each) => sum + each, 0), 2);
  }
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, JSON.stringify({ flows, rounds, partitions, results }, null, 1));
} finally {
  for (const close of closers.reverse()) await close();
}
