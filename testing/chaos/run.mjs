/**
 * `npm run chaos`: two or more gateways, a real Kafka, a real PostgreSQL and workers with a ledger,
 * broken in every way of docs/promises.md — each alone, then mixed — while flows run; then every
 * promise is checked on what is stored, what travelled, the ledger and what subscribers saw.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { SeededRandom } from '../kit/seeded-random.mjs';
import { ROOT } from '../steps.mjs';
import { FAULTS as CLUSTER_FAULTS, LANES as CLUSTER_LANES } from './cluster-faults.mjs';
import { openCluster } from './cluster-rig.mjs';
import { gather } from './evidence.mjs';
import { FAULTS as SINGLE_FAULTS, LANES as SINGLE_LANES } from './faults.mjs';
import { callGateway } from './gateway-calls.mjs';
import { Load } from './load.mjs';
import { Probe } from './probe.mjs';
import { REGISTERED } from './recipes.mjs';
import { printReport, recoveryTimes } from './report.mjs';
import { openServices, wait } from './rig.mjs';
import { StandStill } from './stand-still.mjs';
import { Subscribers } from './subscribers.mjs';
import { judge } from './verdict.mjs';
import { Watch } from './watch.mjs';

const HELP = `npm run chaos -- [--seed N] [--flows 5000] [--minutes 10] [--gateways 2] [--partitions 4] [--in-flight 400]
                 [--faults "gateway killed,disk full"] [--alone off] [--mixed off] [--times 1] [--pause 9] [--misbehaviour 1] [--keep] [--out .cache/chaos.json]
npm run chaos -- --cluster …   three brokers with replication 3, a primary with a synchronous standby; 3 gateways by default

Faults: ${Object.keys(SINGLE_FAULTS).join(', ')}; none.
Faults of a cluster: ${Object.keys(CLUSTER_FAULTS).join(', ')}; none.
--pause: most seconds between two faults of one kind in the mixed part. A group of a cluster that is broken every other second never comes to work.
--mixed off: ends when each fault was injected alone. For recovery times.
--times: how often each fault is injected alone; the report has the median and the worst recovery of each.
Runs until the flows have started or the minutes are over, repairs everything, waits until every flow has ended, and checks. The same seed draws the
same faults, flows and answers of workers; real processes decide the rest. Ends with 1 when a promise was broken.`;
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
    flows: { type: 'string', default: '5000' },
    minutes: { type: 'string', default: '10' },
    cluster: { type: 'boolean', default: false },
    times: { type: 'string', default: '1' },
    pause: { type: 'string', default: '9' },
    gateways: { type: 'string' },
    partitions: { type: 'string', default: '4' },
    'in-flight': { type: 'string', default: '400' },
    faults: { type: 'string' },
    alone: { type: 'string', default: 'on' },
    mixed: { type: 'string', default: 'on' },
    misbehaviour: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
    out: { type: 'string', default: join(ROOT, '.cache', 'chaos.json') },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print(HELP);
  process.exit(0);
}
const FAULTS = values.cluster ? CLUSTER_FAULTS : SINGLE_FAULTS;
const LANES = values.cluster ? CLUSTER_LANES : SINGLE_LANES;
const wanted = (values.faults ?? Object.keys(FAULTS).join(','))
  .split(',')
  .map((name) => name.trim())
  .filter((name) => name !== 'none');
const unknown = wanted.filter((name) => FAULTS[name] === undefined);
if (unknown.length > 0) {
  print(`there is no fault ${unknown.join(', ')}\n\n${HELP}`);
  process.exit(2);
}
const seed = values.seed;
const random = new SeededRandom(`${seed} faults`);
const SETTLE_WITHIN_MS = 240_000;
const REGISTER =
  'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';
const injected = {};
const recoveries = [];

/** How long something stays broken while others go on. */
const forSomeTime = () => wait(random.between(1000, 8000));

async function breakOne(services, name, hold = forSomeTime) {
  const since = await FAULTS[name](services, random, hold);
  injected[name] = (injected[name] ?? 0) + 1;
  return since ?? performance.now();
}

async function eachAlone(services, probe, until) {
  const turns = Array.from({ length: Number(values.times) }, () => wanted).flat();
  for (const name of turns) {
    if (performance.now() > until) return;
    await services.untilWhole?.();
    let found = null;
    const whileBroken = async (since) => {
      found = await probe.recovery(since);
    };
    const since = await breakOne(services, name, whileBroken);
    found ??= await probe.recovery(since);
    recoveries.push({ fault: name, ...found });
    const [ms, gateways] = [found.ms, found.gateways].map((one) => (one / 1000).toFixed(1));
    print(`  ${name.padEnd(28)} work goes on after ${ms} s, in the gateways after ${gateways} s`);
  }
}

/** Different things break at the same time; one thing breaks in turns. */
async function mixed(services, goesOn) {
  const lanes = Object.values(LANES).map((lane) => lane.filter((name) => wanted.includes(name)));
  await Promise.all(
    lanes.map(async (lane) => {
      while (lane.length > 0 && goesOn()) {
        await wait(random.between(1000, Number(values.pause) * 1000));
        if (!goesOn()) return;
        const name = random.pick(lane);
        await breakOne(services, name).catch((error) => print(`  ${name}: ${error.message}`));
      }
    }),
  );
}

/** A late success opens a flow again: replies that workers send later must have come, too. */
async function untilSettled(watch, workers, standStill) {
  const until = performance.now() + SETTLE_WITHIN_MS;
  let quiet = 0;
  for (; quiet < 20 && performance.now() < until; await wait(100))
    quiet = watch.open + watch.outbox + workers.waiting === 0 ? quiet + 1 : 0;
  if (quiet < 20) await standStill.write(`${watch.open} flows have not ended`);
}

await readyOrEnd();
const folder = mkdtempSync(join(tmpdir(), 'backstep-chaos-'));
print(`seed ${seed}; logs, data and ledger in ${folder}`);
const started = performance.now();
const services = await (values.cluster ? openCluster : openServices)({
  folder,
  seed,
  gateways: Number(values.gateways ?? (values.cluster ? 3 : 2)),
  partitions: Number(values.partitions),
  misbehaviour: Number(values.misbehaviour),
});
let violations = 1;
try {
  const { gateways } = services;
  for (const { document } of REGISTERED) {
    const { registerOrchestration } = await callGateway(gateways, REGISTER, {
      document: JSON.stringify(document),
    });
    if (registerOrchestration.problems.length > 0)
      throw new Error(JSON.stringify(registerOrchestration.problems));
  }
  await services.workers.start();
  const watch = new Watch(services.database);
  const standStill = new StandStill(services, watch, print);
  const subscribers = new Subscribers(gateways, new SeededRandom(`${seed} subscribers`), {
    share: 0.05,
    most: 100,
  });
  const load = new Load(services, {
    seed,
    flows: Number(values.flows),
    inFlight: Number(values['in-flight']),
    open: () => watch.open,
    onStart: (flowId) => subscribers.started(flowId),
  });
  const probe = new Probe(services);
  const until = performance.now() + Number(values.minutes) * 60_000;
  const loading = load.run(until);
  let loaded = false;
  loading.then(() => {
    loaded = true;
  });
  const progress = setInterval(
    () =>
      print(
        `  ${Math.round((performance.now() - started) / 1000)} s: ${load.accepted.size} flows accepted, ${watch.open} open, ${Object.values(injected).reduce((sum, one) => sum + one, 0)} faults`,
      ),
    15_000,
  );
  await wait(3000);
  if (values.alone !== 'off' && wanted.length > 0) {
    print('each fault alone:');
    await eachAlone(services, probe, until);
  }
  if (values.mixed === 'off') load.stop();
  else if (!loaded && wanted.length > 0) print('all mixed:');
  await mixed(services, () => !loaded && values.mixed !== 'off' && performance.now() < until);
  await loading;
  print('everything is repaired; waiting until the last flow has ended');
  services.workers.behave();
  const repaired = performance.now();
  await untilSettled(watch, services.workers, standStill);
  standStill.stop();
  const settled = performance.now() - repaired;
  clearInterval(progress);
  await subscribers.catchUp();
  await probe.close();
  await watch.stop();
  print('checking');
  const gathered = await gather(services);
  const verdict = await judge(services, gathered, {
    accepted: load.accepted,
    delivered: subscribers.delivered,
    own: new Set(probe.flowIds),
  });
  const report = {
    seed,
    flows: load.accepted.size,
    seconds: Math.round((performance.now() - started) / 1000),
    settledMs: Math.round(settled),
    starts: load.counts,
    operators: load.actions,
    faults: injected,
    fencedCommits: services.database.fenced,
    recoveries,
    recoveryTimes: recoveryTimes(recoveries),
    workers: services.workers.counts,
    reconnects: subscribers.reconnects,
    quarantined: gathered.quarantined.size,
    ...verdict,
  };
  printReport(report, print);
  violations = verdict.violations.length;
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, JSON.stringify(report, null, 1));
} finally {
  await services.close();
  if (violations === 0 && !values.keep) rmSync(folder, { recursive: true, force: true });
  else print(`kept: ${folder}`);
}
process.exit(violations === 0 ? 0 : 1);
