/**
 * `npm run workers`: the kits of all languages with their own tests and stores, and the suite of
 * `backstep verify-worker` on them, on the examples, and on workers with one fault each. On a real
 * Kafka, PostgreSQL and Redis.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { jest, print, ROOT, step } from '../steps.mjs';
import { closeServices, kafka, postgres } from '../surroundings.mjs';
import { FAULTS } from './faults.mjs';
import { WORKERS } from './workers.mjs';

const HELP = `npm run workers -- [--only kits,conformance,broken] [--write]

kits         unit tests and stores of the Node, Java and Python kits
conformance  the suite on the kits and on the examples; --write puts the table into docs/workers/conformance.md
broken       the suite on ${Object.keys(FAULTS).length} workers with one fault each: it must find each
Needs Java 17, Maven, Python 3.11 with pip and Go; what cannot be had fails its step.`;
const PARTS = ['kits', 'conformance', 'broken'];
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: PARTS.join(',') },
    write: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  print(HELP);
  process.exit(0);
}
const parts = values.only.split(',');
const unknown = parts.filter((part) => !PARTS.includes(part));
if (unknown.length > 0) {
  print(`there is no part ${unknown.join(', ')}\n\n${HELP}`);
  process.exit(2);
}

const CACHE = join(ROOT, '.cache', 'workers');
const PYTHON = join(CACHE, 'python', 'bin', 'python');
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
const SUITE = join(ROOT, 'src', 'launch', 'backstep.mjs');
const WITHIN_MS = 15 * 60_000;
const exec = promisify(execFile);

/** Resolves with code and output, as steps want it. */
async function run(command, args, env = {}, cwd = ROOT) {
  const options = { cwd, env: { ...process.env, ...env }, timeout: WITHIN_MS, maxBuffer: 1e8 };
  try {
    const { stdout, stderr } = await exec(command, args, options);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}${error.message}`;
    return { code: typeof error.code === 'number' ? error.code : 1, output };
  }
}

let good = true;
async function need(name, work) {
  const result = await step(name, work);
  if (result.code !== 0) good = false;
  return result.code === 0;
}

/** A Redis of the jar embedded-redis: no other registry here has one without a compiler. */
async function startRedis() {
  const folder = join(CACHE, 'redis');
  const binary = join(folder, 'redis-server-6.2.6-v5-linux-amd64');
  if (!existsSync(binary)) {
    const plugin = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:unpack';
    const jar = '-Dartifact=com.github.codemonstur:embedded-redis:1.4.3';
    await exec('mvn', ['-q', '-B', '-ntp', plugin, jar, `-DoutputDirectory=${folder}`]);
  }
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address();
  await once(free.close(), 'close');
  const settings = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', CACHE];
  const server = spawn(binary, settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const chunk of server.stdout) if (String(chunk).includes('Ready to accept')) break;
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill('SIGTERM') };
}

/** The Python of the kit, with what its tests need. */
async function python() {
  if (!existsSync(PYTHON)) await exec('python3', ['-m', 'venv', join(CACHE, 'python')]);
  const kit = join(ROOT, 'workers', 'python');
  return run(PYTHON, ['-m', 'pip', 'install', '-q', 'confluent-kafka', '-e', `${kit}[test]`]);
}

/** Clients that only tests of stores need. */
const clients = () =>
  run('npm', [
    'install',
    '--prefix',
    CACHE,
    '--no-audit',
    '--no-fund',
    'redis@5',
    'ioredis@5',
    '@asyncapi/parser@3',
    '@asyncapi/modelina@5',
    'pg@8',
  ]);

const java = (services) =>
  run(
    'mvn',
    [
      '-q',
      '-B',
      '-ntp',
      '-f',
      'workers/java/pom.xml',
      'verify',
      'dependency:build-classpath',
      `-Dmdep.outputFile=${join(CACHE, 'java.txt')}`,
    ],
    services,
  );

async function kits(services) {
  await need('Node kit: stores in PostgreSQL and Redis; AsyncAPI documents', async () => {
    const installed = await clients();
    return installed.code === 0
      ? jest(['testing/workers'], { ...services, WORKER_CLIENTS: CACHE })
      : installed;
  });
  await need('Python kit', () => run(PYTHON, ['-m', 'pytest', '-q', 'workers/python'], services));
  await need('Python kit: a wheel', () =>
    run(PYTHON, [
      '-m',
      'pip',
      'wheel',
      '-q',
      '--no-deps',
      '-w',
      join(CACHE, 'wheels'),
      'workers/python',
    ]),
  );
}

/** Counts of a report. */
function countsOf(file) {
  const xml = readFileSync(file, 'utf8');
  const named = (mark) =>
    [...xml.matchAll(/<testcase [^>]*name="([a-z-]+):[^>]*>(<[a-z-]+)([^\n]*)/g)]
      .filter(([, , tag, more]) => mark(tag, more))
      .map(([, name]) => name);
  return {
    passed: named((tag, more) => tag === '<system-out' && !more.includes('warning:')),
    warned: named((tag, more) => tag === '<system-out' && more.includes('warning:')),
    failed: named((tag) => tag === '<failure'),
    skipped: named((tag) => tag === '<skipped'),
  };
}

/** Runs the suite on one worker; resolves with its counts and what it printed. */
async function suite(folder, { name, on, way, env = {}, more = [] }, brokers) {
  const report = join(folder, `${name.replaceAll(/\W+/g, '-')}.xml`);
  const lane = way === undefined ? ['--brokers', brokers] : ['--listen', '0'];
  const [orchestration, stepName] = on ?? ['conformance', 'charge'];
  const group = `suite-${name.replaceAll(/\W+/g, '-')}-${Date.now()}`;
  const args = [
    SUITE,
    'verify-worker',
    orchestration,
    stepName,
    ...lane,
    '--junit',
    report,
    ...more,
  ];
  const { code, output } = await run(NODE, args, { GROUP: group, KAFKA_BROKERS: brokers, ...env });
  if (code !== 0 && code !== 3) return { code, output, counts: null };
  return { code, output, counts: countsOf(report) };
}

async function conformance(folder, brokers) {
  const rows = [];
  for (const worker of WORKERS({ python: PYTHON, classpath: join(CACHE, 'java.txt') })) {
    await need(`${worker.name}: the suite`, async () => {
      const prepared = worker.prepare === undefined ? { code: 0 } : await run(...worker.prepare);
      if (prepared.code !== 0) return prepared;
      const { code, output, counts } = await suite(folder, worker, brokers);
      if (counts === null) return { code, output };
      rows.push({ name: worker.name, counts });
      const { passed, warned, failed } = counts;
      const note = `${passed.length} passed, ${warned.length} warnings, failed: ${failed.join(', ') || 'none'}`;
      const expected = worker.misses ?? [];
      const asExpected =
        failed.length === expected.length && failed.every((one) => expected.includes(one));
      return { code: asExpected ? 0 : 1, output, note };
    });
  }
  if (values.write) writeFileSync(join(ROOT, 'docs/workers/conformance.md'), page(rows));
}

function page(rows) {
  const listed = (names) =>
    names.length === 0 ? '–' : names.map((name) => `\`${name}\``).join(', ');
  return `# What the kits and examples do in the suite

\`backstep verify-worker\`, each worker started and killed by the suite; real Apache Kafka 4.4. Written by \`npm run workers -- --write\`; the cases are listed by
\`backstep verify-worker --list\`.

| worker | passed | failed | warnings | not tried |
| --- | --- | --- | --- | --- |
${rows.map(({ name, counts }) => `| ${name} | ${counts.passed.length} | ${listed(counts.failed)} | ${listed(counts.warned)} | ${listed(counts.skipped)} |`).join('\n')}

- \`numbers\` of the Node kit: \`JSON.parse\` reads 9007199254740993 as …992. \`payloadText\` has every digit.
- Over GraphQL the gateway never hands out what the cases that were not tried need: broken records, commands past their deadline.
- \`slow\` of the Java kit: spring-kafka polls again when all commands of the last poll are acknowledged, so a slow one can hold up those that come after it.
- The Spring listeners are those of the quick start, which migrating teams have: what they miss is what [their page](../../examples/spring-worker/README.md) changes before they earn money.

Workers with one fault each, and the case that finds it (\`npm run workers -- --only broken\`):

| fault | found by |
| --- | --- |
${Object.entries(FAULTS)
  .map(([fault, cases]) => `| ${fault} | ${listed(cases)} |`)
  .join('\n')}
`;
}

async function broken(folder, brokers) {
  for (const [fault, cases] of [['none', []], ...Object.entries(FAULTS)]) {
    const ledger = join(folder, `${fault.replaceAll(' ', '-')}.txt`);
    const effects = `${NODE} testing/workers/effects.mjs ${ledger} {flowId}`;
    const chosen = cases.length === 0 ? [] : ['--only', ['first-reply', ...cases].join(',')];
    const more = [
      ...chosen,
      '--failing-payload',
      '{"fail":true}',
      '--effects',
      effects,
      '--patience',
      '5s',
      '--',
      NODE,
      'testing/workers/broken.mjs',
    ];
    // Topics of its own: what others were sent would stop it at once.
    const orchestration = `broken-${fault.replaceAll(' ', '-')}`;
    const env = { FAULT: fault, LEDGER: ledger, ORCHESTRATION: orchestration };
    const worker = { name: fault, on: [orchestration, 'charge'], env, more };
    const title = fault === 'none' ? 'the same worker without a fault' : `a worker that ${fault}`;
    await need(title, async () => {
      const { code, output, counts } = await suite(folder, worker, brokers);
      if (counts === null) return { code, output };
      const missed = cases.filter((name) => !counts.failed.includes(name));
      const isRight = fault === 'none' ? counts.failed.length === 0 : missed.length === 0;
      return {
        code: isRight ? 0 : 1,
        output,
        note: fault === 'none' ? 'passes' : `found by ${cases.join(', ')}`,
      };
    });
  }
}

await readyOrEnd();
mkdirSync(CACHE, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), 'backstep-workers-'));
const redis = await startRedis();
try {
  const { TEST_KAFKA_BROKERS: brokers } = await kafka();
  const services = { ...(await postgres()), TEST_REDIS_URL: redis.url };
  const isReady =
    (await need('Python kit: installed', python)) &&
    (await need('Java kit: built, with its tests and stores', () => java(services)));
  if (isReady) {
    if (parts.includes('kits')) await kits(services);
    if (parts.includes('conformance')) await conformance(folder, brokers);
    if (parts.includes('broken')) await broken(folder, brokers);
  }
} finally {
  redis.stop();
  for (const problem of await closeServices()) print(problem);
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = good ? 0 : 1;
