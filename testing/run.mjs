/**
 * `npm test`: everything, with a real Kafka and a real PostgreSQL. Ends with the line `N passed, N failed`.
 * `npm test -- saga api` runs only the rings named. TEST_KAFKA_BROKERS and TEST_DATABASE_URL use services that run already.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ready } from '../src/ready.mjs';
import { CHECKS, endAll, jest, ROOT, step } from './steps.mjs';

const say = (text) => process.stdout.write(`${text}\n`);
const wanted = process.argv.slice(2);
const counts = { passed: 0, failed: 0 };
const closers = [];
ready();

const PURE = ['--coverage', '--collectCoverageFrom=src/saga/**', '--collectCoverageFrom=src/wire/**', '--coverageReporters=text-summary'];
const FULL = '--coverageThreshold={"global":{"lines":100,"branches":100}}';

/** Rings, fastest first: name, folders, what they need. */
const RINGS = [
  { name: 'saga', folders: ['testing/saga', 'testing/scenarios', 'testing/wire'], more: [...PURE, FULL] },
  { name: 'engine', folders: ['testing/engine', 'testing/house'] },
  { name: 'api', folders: ['testing/api'] },
  { name: 'postgres', folders: ['testing/postgres'], postgres: true },
  { name: 'kafka', folders: ['testing/kafka', 'testing/embedded'], kafka: true, more: ['--runInBand'] },
  { name: 'e2e', folders: ['testing/e2e'], postgres: true, kafka: true, more: ['--runInBand'] },
];

async function postgres(environment) {
  if (process.env.TEST_DATABASE_URL || environment.TEST_DATABASE_URL) return;
  const { openEmbeddedPostgres } = await import('../dist/embedded/postgres.js');
  const { silent } = await import('../dist/observe/log.js');
  const folder = mkdtempSync(join(tmpdir(), 'backstep-test-'));
  const server = await openEmbeddedPostgres({ folder, log: silent('embedded'), settings: { max_connections: '200' } });
  closers.push(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  environment.TEST_DATABASE_URL = server.url;
}

async function kafka(environment) {
  if (process.env.TEST_KAFKA_BROKERS || environment.TEST_KAFKA_BROKERS) return;
  const { startKafka } = await import('./kit/kafka.mjs');
  const broker = await startKafka();
  closers.push(() => broker.stop());
  environment.TEST_KAFKA_BROKERS = broker.brokers;
}

/** A service that cannot be had fails where it must not be missing (CI), and is said plainly elsewhere. */
async function provide(ring, environment) {
  try {
    if (ring.postgres) await postgres(environment);
    if (ring.kafka) await kafka(environment);
    return true;
  } catch (error) {
    say(`✗ ${ring.name}: ${error.message}`);
    counts.failed++;
    return false;
  }
}

function count(report) {
  if (!existsSync(report)) return { numPassedTests: 0, numFailedTests: 1, numRuntimeErrorTestSuites: 0 };
  return JSON.parse(readFileSync(report, 'utf8'));
}

async function runRing(ring, environment) {
  const folders = ring.folders.filter((folder) => existsSync(join(ROOT, folder)));
  if (folders.length === 0 || !(await provide(ring, environment))) return;
  let result = null;
  await step(ring.name, async () => {
    result = await jest(folders, environment, ...(ring.more ?? []));
    return result;
  });
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = count(result.report);
  counts.passed += numPassedTests;
  // A suite that could not run, or a coverage below what is asked, is a failure as well.
  const other = result.code !== 0 && numFailedTests === 0 ? Math.max(1, numRuntimeErrorTestSuites) : numRuntimeErrorTestSuites;
  counts.failed += numFailedTests + other;
  rmSync(result.report, { force: true });
}

async function close() {
  endAll();
  for (const closer of closers.splice(0)) await closer().catch((error) => say(`could not stop a service: ${error.message}`));
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    await close();
    process.exit(130);
  });
}

const unknown = wanted.filter((name) => name !== 'check' && !RINGS.some((ring) => ring.name === name));
if (unknown.length > 0) {
  say(`there is no ring ${unknown.join(', ')}; known are check, ${RINGS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const environment = {};
try {
  if (wanted.length === 0 || wanted.includes('check')) {
    for (const [name, work] of CHECKS) counts[(await step(name, work)) ? 'passed' : 'failed']++;
  }
  for (const ring of RINGS) if (wanted.length === 0 || wanted.includes(ring.name)) await runRing(ring, environment);
} finally {
  await close();
}
say(`\n${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
