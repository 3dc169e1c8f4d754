/**
 * `npm test`: everything but what is for CI, with a real Kafka and a real PostgreSQL. Ends with the
 * line `N passed, N failed`. `npm test -- saga api` runs only the rings named. TEST_KAFKA_BROKERS
 * and TEST_DATABASE_URL (or KAFKA_BROKERS and DATABASE_URL) use services that run already. A
 * service that cannot be had here is reported at the end, its rings are left out; with CI=true they
 * have failed.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Clone } from '../src/launch/install-and-build.mjs';
import { RINGS } from './rings.mjs';
import { CHECKS, endAll, jest, print, program, ROOT, step } from './steps.mjs';
import { beginKafka, closeServices, kafkaPrograms, sharesKafka } from './surroundings.mjs';

const wanted = process.argv.slice(2);
const counts = { passed: 0, failed: 0 };
const leftOut = [];
const began = performance.now();
const EXIT_MS = 10_000;
/**
 * Rings beside each other on two cores: most wait for other processes half of their time, so that
 * five keep both cores busy.
 */
const AT_ONCE = 5;
const mustHave = /^(1|true|yes)$/i.test(process.env.CI ?? '');
const ONLY_IN_CI = RINGS.filter(({ forCi }) => forCi).map(({ name }) => name);

/** A ring whose service cannot be had has failed in CI, and is reported elsewhere. */
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
  await Promise.all((ring.needs ?? []).map((need) => need.end?.())).catch((error) =>
    print(`could not stop a service of ${ring.name}: ${error}`),
  );
}

/**
 * A build that fails is one failure among others: rings that do not need it still run. False:
 * nothing can run.
 */
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
  if (RINGS.some((ring) => runs(ring.name) && needsKafka(ring))) beginKafka();
  const waiting = works();
  const lane = async () => {
    while (waiting.length > 0 && closing === null) await waiting.shift()();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

const usesBroker = ({ needs = [] }) => needs.some((need) => need.isBroker);
const needsKafka = (ring) => usesBroker(ring) || ring.needs?.includes(kafkaPrograms);

/** What is to be done, in the order of its beginning. Of a Kafka that runs already there is one. */
function works() {
  const rings = RINGS.filter((ring) => runs(ring.name));
  const inTurn = sharesKafka() ? rings.filter(usesBroker) : [];
  const apart = rings.filter((ring) => !inTurn.includes(ring)).map((ring) => () => runRing(ring));
  return [
    ...(inTurn.length > 0 ? [() => runInTurn(inTurn)] : []),
    ...apart.slice(0, AT_ONCE),
    runChecks,
    ...apart.slice(AT_ONCE),
  ];
}

const runs = (name) =>
  wanted.length === 0 ? mustHave || !ONLY_IN_CI.includes(name) : wanted.includes(name);

async function runChecks() {
  if (!runs('check')) return;
  for (const [name, work] of CHECKS) {
    if (closing !== null) return;
    counts[(await step(name, work)).code === 0 ? 'passed' : 'failed']++;
  }
}

async function runInTurn(rings) {
  for (const ring of rings) if (closing === null) await runRing(ring);
}

const NAMES = ['check', ...RINGS.map(({ name }) => name)].join(', ');
if (wanted.includes('--help')) {
  print(`npm test [-- ring …]

Everything, or only these rings: ${NAMES}.
With CI=true, or when they are named: ${ONLY_IN_CI.join(', ')}. They are the short forms of npm run hostile, chaos and bench.
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
if (wanted.length === 0 && !mustHave)
  print(`\nFor CI, or when named: npm test -- ${ONLY_IN_CI.join(' ')}`);
print(`\nIt took ${Math.round((performance.now() - began) / 1000)} s.`);
print(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
// Whatever is still open must not hold the result back.
setTimeout(() => process.exit(), EXIT_MS).unref();
