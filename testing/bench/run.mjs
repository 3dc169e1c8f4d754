/**
 * `npm run bench`: flows per second at saturation and the latency of single flows, ours next to the
 * raw limits, interleaved in one run on one machine (options.mjs has the help). Only the ratios
 * count.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname } from 'node:path';
import pg from 'pg';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { print, ROOT } from '../steps.mjs';
import { openServices } from './around.mjs';
import { compare, readBaseline, saveBaseline } from './baseline.mjs';
import { endChild, endedBySignal, readyChild } from './children.mjs';
import { LIMIT, LIMIT_REPLIES, startLimits } from './limits.mjs';
import { measure, serversOf } from './measure.mjs';
import { readOptions } from './options.mjs';
import { startGateway } from './ours.mjs';
import { keepProfile, profileDuring } from './profile.mjs';
import { ratiosOf, report } from './report.mjs';

const STEPS = ['first', 'second', 'third'];
const ORCHESTRATION = 'bench';
/** Node compiles what runs often; before that it is slow. */
const WARM_UP = 1500;
const SHORT_WARM_UP = 200;
/** The limit uses so little that CPU time of a few flows cannot be read from the clock's ticks. */
const SHORT_LIMIT_TIMES = 2;

const options = readOptions(print);
if (options === null) process.exit(0);
const { flows, partitions, inFlight, singles } = options;

/** The gateway of one build at a time, warmed up; with `close()`. */
class Gateways {
  current = null;
  build = null;

  constructor(services) {
    this.services = services;
  }

  async of(build) {
    if (this.build === build) return this.current;
    await this.close();
    const flags = options.profile === null ? [] : ['--inspect=127.0.0.1:0'];
    this.current = await startGateway(this.services, ORCHESTRATION, STEPS, { ...build, flags });
    this.build = build;
    return this.current;
  }

  async close() {
    await this.current?.close();
    this.current = null;
  }
}

/** The systems of one turn: [name, system, worker, start, whether its single flows are timed]. */
async function systemsOf(build, { limits, gateways, workers }) {
  if (build === null)
    return [
      ...(options.hasEcho ? [{ system: limits.echo, worker: workers.limit, isTimed: true }] : []),
      { system: limits.limit, worker: workers.limit, isTimed: true },
    ];
  const gateway = await gateways.of(build);
  return options.starts.map((start, index) => ({
    system: { ...gateway, name: build.name === 'backstep' ? start : `${start} ${build.name}` },
    worker: workers.own,
    start,
    isTimed: index === 0,
  }));
}

async function warmUp(entries, around) {
  const count = Math.min(options.isShort ? SHORT_WARM_UP : WARM_UP, flows);
  for (const { system, worker, start } of entries)
    for (const outcome of options.outcomes) {
      const fail = outcome === 'undo';
      await measure({ system, worker, around }, { count, inFlight, fail, start });
    }
}

async function turn({ system, worker, start, isTimed }, { around, round, fail }) {
  const one = { system, worker, around };
  const times = options.isShort && start === undefined ? SHORT_LIMIT_TIMES : 1;
  const saturated = await measure(one, { count: flows * times, inFlight, fail, start });
  const single =
    isTimed && singles > 0
      ? await measure(one, { count: singles, inFlight: 1, fail, start })
      : undefined;
  const { perSecond, cpu, memory, p99 } = saturated;
  const alone =
    single === undefined
      ? ''
      : `   one by one p50 ${single.p50.toFixed(1)} ms p99 ${single.p99.toFixed(1)} ms`;
  const parts = Object.entries(cpu).map(([name, seconds]) => `${name} ${seconds.toFixed(2)}`);
  print(
    `round ${round}  ${fail ? 'undo' : 'ok  '}  ${system.name.padEnd(11)}  ${perSecond.toFixed(0).padStart(6)} flows/s, p99 ${p99.toFixed(0)} ms${alone}   CPU ${serversOf(cpu).toFixed(2)} s per 1,000 (${parts.join(', ')})   memory ${(memory / 1e6).toFixed(0)} MB`,
  );
  return { round, system: system.name, flow: fail ? 'undo' : 'ok', saturated, single };
}

async function runRounds(all, builds) {
  const results = [];
  for (let round = 1; round <= options.rounds; round++) {
    const order = round % 2 ? [null, ...builds] : [...builds.toReversed(), null];
    for (const build of order) {
      const isNew = build !== null && build !== all.gateways.build;
      const entries = await systemsOf(build, all);
      if (isNew) await warmUp(entries, all.around);
      for (const entry of entries)
        for (const outcome of options.outcomes)
          results.push(await turn(entry, { around: all.around, round, fail: outcome === 'undo' }));
    }
    // A run that is cut short has what it measured so far.
    save({ results });
  }
  return results;
}

async function profile(all, builds) {
  for (const build of builds) {
    const isNew = build !== all.gateways.build;
    const entries = await systemsOf(build, all);
    if (isNew) await warmUp(entries, all.around);
    const [{ system, worker, start }] = entries;
    for (const fail of [false, true]) {
      const load = { count: flows, inFlight, fail, start };
      const work = () => measure({ system, worker, around: all.around }, load);
      const found = await profileDuring(system.inspector, work);
      keepProfile(options.profile, `${build.name}-${fail ? 'undo' : 'ok'}`, found, print);
    }
  }
}

const commit = () => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT }).toString().trim();
  } catch {
    return 'unknown';
  }
};

function save(measured) {
  mkdirSync(dirname(options.out), { recursive: true });
  writeFileSync(options.out, JSON.stringify(measured, null, 1));
}

function conclude(results, began) {
  const about = {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    ...{ flows, rounds: options.rounds, partitions, inFlight },
    load: { before: began, after: loadavg()[0] },
  };
  if (!options.isShort) report(results, print);
  const ratios = ratiosOf(results);
  const kind = options.isShort ? 'short' : 'full';
  const failures = compare(ratios, readBaseline(options.baseline)[kind], print);
  print(`\nload of the machine before ${began.toFixed(1)}, after ${loadavg()[0].toFixed(1)}`);
  save({ ...about, ratios, results });
  if (options.savesBaseline) saveBaseline(options.baseline, kind, { ...about, ratios });
  if (!options.isShort || failures.length === 0) return;
  print(`more than twice the baseline:\n  ${failures.join('\n  ')}`);
  process.exitCode = 1;
}

await readyOrEnd();
// The gateway makes its topics with so many, too.
process.env.TOPIC_PARTITIONS = String(partitions);
const began = loadavg()[0];
const services = await openServices();
const stack = new AsyncDisposableStack();
endedBySignal(stack);
stack.defer(() => services.close());
try {
  const gateways = new Gateways(services);
  stack.defer(() => gateways.close());
  const limits = await startLimits({ services, steps: STEPS, partitions });
  stack.defer(() => limits.close());
  const builds = [
    { name: 'backstep' },
    ...(options.against === null ? [] : [{ name: 'against', dist: options.against }]),
  ];
  await gateways.of(builds[0]);
  const { brokers, databaseUrl } = services;
  const workers = {
    own: await readyChild('worker.mjs', brokers, ORCHESTRATION, STEPS.join(',')),
    limit: await readyChild('worker.mjs', brokers, LIMIT, STEPS.join(','), LIMIT_REPLIES),
  };
  for (const worker of Object.values(workers)) stack.defer(() => endChild(worker));
  const database = new pg.Client({ connectionString: databaseUrl });
  await database.connect();
  stack.defer(() => database.end());
  const around = { services, database, orchestration: ORCHESTRATION };
  const all = { limits, gateways, workers, around };
  print('warming up …');
  for (const build of [null, builds[0]]) await warmUp(await systemsOf(build, all), around);
  conclude(await runRounds(all, builds), began);
  if (options.profile !== null) await profile(all, builds);
} finally {
  await stack.disposeAsync();
}
