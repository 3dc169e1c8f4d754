/**
 * `npm test`: everything, with a real Kafka and a real PostgreSQL. Ends with the line `N passed, N failed`.
 * `npm test -- saga api` runs only the rings named. TEST_KAFKA_BROKERS and TEST_DATABASE_URL (or KAFKA_BROKERS and DATABASE_URL) use
 * services that run already. What can not be had here is left out and said at the end; with CI=true it has failed.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Clone } from '../src/launch/install-and-build.mjs';
import { CHECKS, endAll, jest, print, program, ROOT, step } from './steps.mjs';
import {
  chromium,
  closeServices,
  kafka,
  kafkaForE2e,
  postgres,
  sharesKafka,
} from './surroundings.mjs';

const wanted = process.argv.slice(2);
const counts = { passed: 0, failed: 0 };
const leftOut = [];
const began = performance.now();
const mustHave = /^(1|true|yes)$/i.test(process.env.CI ?? '');

const PURE = [
  '--coverage',
  '--collectCoverageFrom=src/saga/**',
  '--collectCoverageFrom=src/wire/**',
  '--collectCoverageFrom=src/json/**',
  '--coverageReporters=text',
];
const FULL = '--coverageThreshold={"global":{"lines":100,"branches":100}}';

/** Of each kind one; `npm run chaos` injects them all. */
const FAULTS = 'gateway killed,PostgreSQL stopped at once,broker killed';

/** Rings, fastest first, in their short forms; `npm run laws`, `sim` and `chaos` are the long ones: name, folders of tests or a program, what they need. */
const RINGS = [
  {
    name: 'saga',
    folders: ['testing/saga', 'testing/scenarios', 'testing/wire', 'testing/json'],
    more: [...PURE, '--testPathIgnorePatterns=(enumeration|laws)\\.test', FULL],
  },
  // Counting what is covered makes these five times slower, and covers nothing the others leave out.
  {
    name: 'walks',
    folders: ['testing/saga'],
    more: ['--testPathIgnorePatterns=testing/saga/(?!enumeration|laws)', '--passWithNoTests'],
  },
  { name: 'engine', folders: ['testing/engine', 'testing/timing', 'testing/names'] },
  {
    name: 'sim',
    folders: ['testing/invariants', 'testing/sim'],
    with: { SIM_FLOWS: process.env.SIM_FLOWS ?? '3000' },
  },
  {
    name: 'repository',
    folders: [
      'testing/repository',
      'testing/config',
      'testing/launch',
      'testing/observability',
      'testing/demo',
    ],
  },
  { name: 'api', folders: ['testing/api', 'testing/client', 'testing/cli'] },
  { name: 'first-run', folders: ['testing/first-run'], more: ['--runInBand'] },
  { name: 'embedded', folders: ['testing/embedded'] },
  { name: 'postgres', folders: ['testing/postgres'], needs: [postgres] },
  {
    name: 'scenarios',
    folders: ['testing/scenarios'],
    needs: [postgres],
    with: { SCENARIO_RIG: 'postgres' },
  },
  { name: 'kafka', lane: 'a', folders: ['testing/kafka'], needs: [kafka], more: ['--runInBand'] },
  {
    name: 'e2e',
    lane: 'b',
    folders: ['testing/e2e'],
    needs: [postgres, kafkaForE2e],
    more: ['--runInBand'],
  },
  {
    name: 'browser',
    lane: 'b',
    folders: ['testing/browser'],
    needs: [chromium],
    more: ['--runInBand'],
  },
  // Every kind of attack, 1.5 seconds each, on a gateway of its own.
  { name: 'hostile', lane: 'a', program: 'testing/hostile/run.mjs', more: ['--short'] },
  // On services of its own, which it breaks.
  {
    name: 'chaos',
    lane: 'b',
    program: 'testing/chaos/run.mjs',
    more: ['--seed', '7', '--flows', '300', '--minutes', '1', '--faults', FAULTS],
    needs: [kafka],
  },
];

/** A service that can not be had has failed where it must be there (CI), and is said plainly elsewhere. */
async function provide({ name, needs = [] }, environment) {
  try {
    for (const need of needs) Object.assign(environment, await need());
    return true;
  } catch (error) {
    const isMissed = mustHave && error.isOptional !== true;
    print(`${isMissed ? '✗' : '–'} ${name}: ${error.message}`);
    if (isMissed) counts.failed++;
    else leftOut.push(`${name}: ${error.message.split('\n')[0]}`);
    return false;
  }
}

async function runRing(ring) {
  const environment = {};
  const folders = (ring.folders ?? []).filter((folder) => existsSync(join(ROOT, folder)));
  if ((folders.length === 0 && ring.program === undefined) || !(await provide(ring, environment)))
    return;
  await step(ring.name, async () => {
    const more = ring.more ?? [];
    const result =
      ring.program === undefined
        ? await jest(folders, { ...environment, ...ring.with }, ...more)
        : await program(ring.program, more, environment);
    const { passed, failed } = result;
    counts.passed += passed;
    counts.failed += failed;
    return { ...result, note: `${passed} passed${failed > 0 ? `, ${failed} failed` : ''}` };
  });
}

/** A build that fails is one failure among others: what needs none of it still runs. False: nothing can. */
async function makeReady() {
  const clone = new Clone();
  try {
    await clone.ready({ all: true });
    return true;
  } catch (error) {
    counts.failed++;
    await step('packages and build', async () => ({
      code: 1,
      output: `${error.output ?? ''}\n${error.message}`.trim(),
    }));
    return clone.packages.lacks(true) === null;
  }
}

let closing = null;
function close() {
  closing ??= (async () => {
    await endAll();
    for (const trouble of await closeServices()) print(`could not stop a service: ${trouble}`);
  })();
  return closing;
}

async function runAll() {
  if (!(await makeReady())) return;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => close().then(() => process.exit(130)));
  const runs = (name) => wanted.length === 0 || wanted.includes(name);
  if (runs('check'))
    for (const [name, work] of CHECKS)
      counts[(await step(name, work)).code === 0 ? 'passed' : 'failed']++;
  const lane = async (rings) => {
    for (const ring of rings) if (runs(ring.name) && closing === null) await runRing(ring);
  };
  // Some compute, some wait for other processes: beside each other they use both cores.
  const of = (...names) => lane(RINGS.filter((ring) => names.includes(ring.lane ?? 'computes')));
  const waiting = sharesKafka() ? [of('a', 'b')] : [of('a'), of('b')];
  await Promise.all([of('computes'), ...waiting]);
}

const NAMES = ['check', ...RINGS.map(({ name }) => name)].join(', ');
if (wanted.includes('--help')) {
  print(`npm test [-- ring …]

Everything, or only these rings: ${NAMES}.
Needs Java 17 and Maven for Kafka, or TEST_KAFKA_BROKERS; brings PostgreSQL, or uses TEST_DATABASE_URL. What cannot be had here is left out and listed at
the end; with CI=true it has failed.`);
  process.exit(0);
}
const unknown = wanted.filter(
  (name) => name !== 'check' && !RINGS.some((ring) => ring.name === name),
);
if (unknown.length > 0) {
  print(`there is no ring ${unknown.join(', ')}; known are ${NAMES}`);
  process.exit(2);
}
try {
  await runAll();
} finally {
  await close();
}
if (leftOut.length > 0) print(`\nLeft out here:\n${leftOut.map((one) => `  ${one}`).join('\n')}`);
print(`\nIt took ${Math.round((performance.now() - began) / 1000)} s.`);
print(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
