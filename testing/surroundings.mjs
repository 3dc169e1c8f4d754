/**
 * The real services the rings run on, started once, when the first ring needs them: a PostgreSQL
 * from npm, a Kafka from Maven — or those that run.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { print } from './steps.mjs';

const closers = [];

/** One start for all callers; after a failure it fails again at once. */
function once(start) {
  let started = null;
  return () => {
    started ??= start();
    return started;
  };
}

/** A service that runs already: the test's own variable, or the gateway's. */
function given(name) {
  const found = [`TEST_${name}`, name].find((one) => process.env[one]);
  if (found !== undefined) print(`  using ${found}`);
  return found === undefined ? null : { [`TEST_${name}`]: process.env[found] };
}

export const postgres = once(async () => {
  const running = given('DATABASE_URL');
  if (running !== null) return running;
  const { openEmbeddedPostgres } = await import('../dist/embedded/postgres.js');
  const { silent } = await import('../dist/observability/log.js');
  const folder = mkdtempSync(join(tmpdir(), 'backstep-test-'));
  // As root the server runs as another user, who must reach it.
  chmodSync(folder, 0o755);
  const server = await openEmbeddedPostgres({
    folder,
    log: silent('embedded'),
    // Nobody crashes this server: those that are killed are others.
    settings: { max_connections: '400', fsync: 'off', full_page_writes: 'off' },
  });
  closers.push(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { TEST_DATABASE_URL: server.url };
});

/** Fetched once, whoever comes first. */
const prepared = once(async () => (await import('./kit/kafka.mjs')).prepareKafka());
/** Begins with it while other rings run; whoever needs it learns what went wrong. */
export function beginKafka() {
  if (!sharesKafka()) prepared().catch(() => undefined);
}

/** Kafka's programs, for a ring that starts brokers of its own. */
export const kafkaPrograms = once(async () => {
  await prepared();
  return {};
});

/**
 * A broker for one ring: topics have fixed names, and tests that run beside each other must not
 * see each other's. `end` stops it: the group of a broker that nothing uses costs CPU time, too.
 */
function brokerOfOurOwn() {
  let broker = null;
  const provide = once(async () => {
    const running = given('KAFKA_BROKERS');
    if (running !== null) return running;
    await prepared();
    const { startKafka } = await import('./kit/kafka.mjs');
    // kafkajs counts some timeouts from the wrong end, harmlessly, and Node warns of it.
    process.removeAllListeners('warning');
    broker = await startKafka();
    closers.push(end);
    return { TEST_KAFKA_BROKERS: broker.brokers };
  });
  const end = async () => {
    const running = broker;
    broker = null;
    await running?.stop();
  };
  return Object.assign(provide, { end, isBroker: true });
}
/** One for each ring that needs one; a program of its own needs only the first. */
export const kafka = brokerOfOurOwn();
export const anotherKafka = () => brokerOfOurOwn();
/** One broker that runs already is shared: those tests run one after the other. */
export const sharesKafka = () =>
  ['TEST_KAFKA_BROKERS', 'KAFKA_BROKERS'].some((name) => process.env[name]);

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** A browser is looked for and never brought: a build machine without one leaves its tests out. */
export const chromium = once(async () => {
  const found = [process.env.TEST_CHROMIUM, ...BROWSERS].find((one) => one && existsSync(one));
  if (found !== undefined) return { TEST_CHROMIUM: found };
  const missing = new Error(
    'no Chromium here; install one (apt-get install chromium) or set TEST_CHROMIUM',
  );
  throw Object.assign(missing, { isOptional: true });
});

const CLOSE_MS = 60_000;

function inTime(closed) {
  const late = new Promise((_, reject) =>
    setTimeout(reject, CLOSE_MS, new Error(`not within ${CLOSE_MS / 1000} s`)).unref(),
  );
  return Promise.race([closed, late]);
}

/** Resolves with a message of what went wrong. */
export async function closeServices() {
  const ends = await Promise.allSettled(closers.splice(0).map((close) => inTime(close())));
  return ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
}
