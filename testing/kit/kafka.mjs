/**
 * A real Apache Kafka in a folder: one broker that is its own controller. Jars come from Maven
 * Central once and stay in .cache.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import kafkajs from 'kafkajs';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const JARS = join(ROOT, '.cache', 'kafka', 'lib');
/** Classes as the virtual machine keeps them, which halves the work of a start. */
const CLASSES = join(ROOT, '.cache', 'kafka', 'classes.jsa');
const READY_WITHIN_MS = 60_000;
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** The jars, fetched when they are not there. Throws with what is missing. */
export async function kafkaJars() {
  if (existsSync(join(JARS, 'done'))) return JARS;
  await run('java', ['-version']).catch(() => {
    throw new Error(
      'Java 17 or newer is needed for a real Kafka (or set TEST_KAFKA_BROKERS to one that runs)',
    );
  });
  // Beside the place and then moved: two runs at once, or one that was cut short, leave no half
  // set.
  mkdirSync(dirname(JARS), { recursive: true });
  const fetched = mkdtempSync(`${JARS}-`);
  const pom = join(ROOT, 'testing', 'services', 'kafka', 'pom.xml');
  const args = [
    '-q',
    '-B',
    '-ntp',
    '-f',
    pom,
    'dependency:copy-dependencies',
    '-DincludeScope=runtime',
    `-DoutputDirectory=${fetched}`,
  ];
  try {
    await run('mvn', args, {
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, MAVEN_OPTS: JVM.join(' ') },
    });
    writeFileSync(join(fetched, 'done'), '');
    if (existsSync(join(JARS, 'done'))) return JARS;
    rmSync(JARS, { recursive: true, force: true });
    renameSync(fetched, JARS);
    return JARS;
  } catch (error) {
    throw new Error(
      `Maven could not fetch Kafka (or set TEST_KAFKA_BROKERS to one that runs): ${error.stdout || error.message}`,
    );
  } finally {
    rmSync(fetched, { recursive: true, force: true });
  }
}

/** Whatever takes long only once. */
export async function prepareKafka() {
  await kafkaJars();
  await sharedClasses();
}

let sharing = null;

/** Uses the archive of classes; a broker that is started for nothing else makes it once. */
function sharedClasses() {
  sharing ??= (async () => {
    if (!existsSync(CLASSES)) await archiveClasses();
    return [`-XX:SharedArchiveFile=${CLASSES}`];
  })();
  return sharing;
}

/** Written when a broker ends; then moved: of two runs at once neither sees half of it. */
async function archiveClasses() {
  const written = `${CLASSES}.${process.pid}`;
  const broker = await startKafka({ jvm: [`-XX:ArchiveClassesAtExit=${written}`] });
  await broker.stop();
  // A virtual machine that cannot do it starts as before.
  if (existsSync(written)) renameSync(written, CLASSES);
}

export async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** Listeners beside the plain one: name → port. */
function listenersOf(port, controllerPort, more) {
  const named = [
    ['PLAINTEXT', port],
    ['CONTROLLER', controllerPort],
    ...more.map(({ name, port }) => [name, port]),
  ];
  const at = named.map(([name, port]) => `${name}://127.0.0.1:${port}`);
  const advertised = [
    ['PLAINTEXT', port],
    ...more.map((one) => [one.name, one.advertised ?? one.port]),
  ];
  const protocols = more.map(({ name, protocol }) => `,${name}:${protocol}`).join('');
  return {
    listeners: at.join(','),
    'advertised.listeners': advertised.map(([name, at]) => `${name}://127.0.0.1:${at}`).join(','),
    'listener.security.protocol.map': `PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT${protocols}`,
    'inter.broker.listener.name': 'PLAINTEXT',
  };
}

function properties(folder, [port, controllerPort], { listeners = [], settings = {} }) {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    ...listenersOf(port, controllerPort, listeners),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': join(folder, 'data'),
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'min.insync.replicas': 1,
    'default.replication.factor': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': 'false',
    'log.cleaner.dedupe.buffer.size': 4_194_304,
    'log.retention.hours': 24,
    // Nobody follows the metadata of a broker that is its own controller: no records for followers.
    'metadata.max.idle.interval.ms': 0,
    ...settings,
  })
    .map(([name, value]) => `${name}=${value}`)
    .join('\n');
}

/**
 * Starts a broker; resolves when its coordinator answers. `stop` is a clean stop, `kill` is
 * SIGKILL, `restart` starts it again on the same port and data.
 * `listeners`: beside the plain one, each with a protocol of Kafka, and perhaps the port that
 * clients are given (`advertised`); `settings`: further properties; `format`: arguments of the
 * formatting tool, such as users for SCRAM; `jvm`: of the broker's virtual machine.
 */
export async function startKafka(options = {}) {
  const jars = await kafkaJars();
  const jvm = [...JVM, ...(options.jvm ?? (await sharedClasses()))];
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'backstep-kafka-'));
  const more = options.listeners ?? [];
  const [free, freeForController, ...ports] = await freePorts(2 + more.length);
  const controllerPort = options.controllerPort ?? freeForController;
  const listeners = more.map((one, index) => ({ port: ports[index], ...one }));
  const port = options.port ?? free;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'server.properties');
  writeFileSync(
    file,
    properties(folder, [port, controllerPort], { listeners, settings: options.settings }),
  );
  const classpath = join(jars, '*');
  await run('java', [
    ...JVM,
    ...(existsSync(CLASSES) ? [`-XX:SharedArchiveFile=${CLASSES}`] : []),
    '-cp',
    classpath,
    'kafka.tools.StorageTool',
    'format',
    '--ignore-formatted',
    '-t',
    'AAAAAAAAAAAAAAAAAAAAAA',
    '-c',
    file,
    ...(options.format ?? []),
  ]);
  let child = null;
  const launch = async () => {
    const output = openSync(join(folder, 'server.log'), 'a');
    const args = [
      '-Xmx320m',
      ...jvm,
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
      '-cp',
      classpath,
      'kafka.Kafka',
      file,
    ];
    child = spawn('java', args, { stdio: ['ignore', output, output], detached: true });
    closeSync(output);
    await untilReady(port, child, folder);
  };
  const end = async (signal) => {
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  };
  const remove = () => {
    if (options.folder === undefined) rmSync(folder, { recursive: true, force: true });
  };
  await launch().catch((error) => {
    remove();
    throw error;
  });
  return {
    brokers: `127.0.0.1:${port}`,
    folder,
    /** By the name of the listener. */
    at: (name) => `127.0.0.1:${listeners.find((one) => one.name === name).port}`,
    get pid() {
      return child.pid;
    },
    stop: async () => {
      await end('SIGTERM');
      remove();
    },
    /** Cleanly, data kept. */
    pause: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    restart: launch,
  };
}

/** An open port is not yet a ready coordinator: a group is requested until it answers. */
async function untilReady(port, child, folder) {
  const until = performance.now() + READY_WITHIN_MS;
  for (;;) {
    // A new client each time: one that has failed forgets its brokers.
    const kafka = new kafkajs.Kafka({
      brokers: [`127.0.0.1:${port}`],
      clientId: 'ready',
      logLevel: 0,
      connectionTimeout: 1000,
    });
    const admin = kafka.admin({ retry: { retries: 1, initialRetryTime: 50 } });
    try {
      await admin.connect();
      await admin.fetchOffsets({ groupId: 'ready', topics: [] });
      return;
    } catch (error) {
      if (child.exitCode !== null || performance.now() > until) {
        child.kill('SIGKILL');
        throw new Error(
          `Kafka did not start: ${error.message}\n${readFileSync(join(folder, 'server.log'), 'utf8').slice(-2000)}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}
