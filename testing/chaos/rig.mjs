/**
 * What a chaos run runs on, each a process that can be killed, stopped and brought back on the same
 * address: Kafka, PostgreSQL, gateways, workers.
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { postmasterBelow } from '../bench/around.mjs';
import { freePorts, startKafka } from '../kit/kafka.mjs';
import { ROOT } from '../steps.mjs';

const HERE = dirname(fileURLToPath(import.meta.url));
const READY_WITHIN_MS = 180_000;
const NODE = join(ROOT, 'node_modules', '.bin', 'node');
export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The work, or a rejection in time: a client whose broker was killed may never answer. */
export function within(ms, work) {
  let over;
  const late = new Promise((_, reject) => {
    over = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(over));
}

export async function freePort() {
  const [port] = await freePorts(1);
  return port;
}

/** A process group that can be signalled and waited for. */
class Process {
  child = null;

  signal(name) {
    if (this.lives) this.child.kill(name);
  }

  get lives() {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  async end(signal) {
    if (!this.lives) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGCONT');
    this.child.kill(signal);
    await gone;
  }
}

// An earlier release has no bundle.
const builtIn = (root) =>
  [join(root, 'dist', 'bundle', 'main.js'), join(root, 'dist', 'main.js')].find(existsSync);

export class Gateway extends Process {
  constructor(name, port, env, folder) {
    super();
    this.name = name;
    /** Where the build is that it runs; another one from its next start on. */
    this.root = ROOT;
    this.url = `http://127.0.0.1:${port}`;
    this.env = {
      ...process.env,
      ...env,
      PORT: String(port),
      DEMO: 'off',
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'info',
      // What the client of Kafka does by itself.
      LOG_LEVELS: 'kafka=debug',
    };
    this.log = createWriteStream(join(folder, `${name}.log`), { flags: 'a' });
    this.starts = 0;
  }

  async start() {
    this.starts++;
    this.child = spawn(NODE, ['--import', join(HERE, 'clock.mjs'), builtIn(this.root)], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout.pipe(this.log, { end: false });
    this.child.stderr.pipe(this.log, { end: false });
    await this.untilReady();
  }

  async isReady() {
    try {
      return (
        (await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2000) })).status === 200
      );
    } catch {
      return false;
    }
  }

  /**
   * Ready, or gone: a start while the database is away ends by itself and is tried again, as a
   * supervisor would.
   */
  async untilReady() {
    const until = performance.now() + READY_WITHIN_MS;
    while (performance.now() < until) {
      if (!this.lives) {
        await wait(500);
        return this.start();
      }
      if (await this.isReady()) return;
      await wait(100);
    }
    throw new Error(`${this.name} is not ready after ${READY_WITHIN_MS / 1000} s; see its log`);
  }
}

export class Workers extends Process {
  constructor(brokers, folder, seed, misbehaviour) {
    super();
    this.args = [brokers, folder, String(seed), String(misbehaviour)];
    this.folder = folder;
    this.counts = {};
    /** Replies that come later, as far as is known. */
    this.waiting = 0;
    this.behaving = false;
  }

  async start() {
    this.ending = false;
    this.child = fork(join(HERE, 'worker.mjs'), this.args, {
      execArgv: [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const counting = setInterval(
      () => this.child.connected && this.child.send('counts', () => undefined),
      500,
    );
    this.child.once('exit', () => {
      clearInterval(counting);
      this.waiting = 0;
    });
    let last = {};
    const ready = new Promise((resolve) => {
      this.child.on('message', (message) => {
        if (message.ready) resolve();
        if (!message.counts) return;
        this.waiting = message.waiting ?? 0;
        for (const [name, count] of Object.entries(message.counts))
          this.counts[name] = (this.counts[name] ?? 0) + count - (last[name] ?? 0);
        last = message.counts;
      });
    });
    if (this.behaving) this.child.send('behave');
    const { child } = this;
    child.once('exit', () => this.again(child));
    await within(20_000, Promise.race([ready, once(child, 'exit')])).catch(() =>
      child.kill('SIGKILL'),
    );
  }

  /** As a supervisor would: one that ended by itself is started again. */
  again(child) {
    if (this.child === child && !this.ending)
      setTimeout(() => this.child === child && !this.ending && this.start(), 500);
  }

  async end(signal) {
    this.ending = true;
    await super.end(signal);
  }

  /** From here on every command is answered in time. */
  behave() {
    this.behaving = true;
    if (this.lives) this.child.send('behave');
  }
}

/** PostgreSQL with fsync on, on a fixed port, that can be ended at once and started again. */
export class Database {
  constructor(folder, port, settings = {}) {
    this.folder = folder;
    this.port = port;
    this.settings = { max_connections: '60', ...settings };
  }

  async start() {
    const { openEmbeddedPostgres } = await import('../../dist/embedded/postgres.js');
    const { silent } = await import('../../dist/observability/log.js');
    this.server = await openEmbeddedPostgres({
      folder: this.folder,
      port: this.port,
      log: silent('embedded'),
      settings: this.settings,
    });
    this.url = this.server.url;
    this.pid = postmasterBelow(this.folder);
  }

  /**
   * As `pg_ctl stop -m immediate`: nothing is written any more, the next start recovers from the
   * log.
   */
  async killImmediately() {
    process.kill(this.pid, 'SIGQUIT');
    await this.server.close();
  }

  close() {
    return this.server.close();
  }
}

/** `databaseIn` gets the folder of the database; for a database with settings of its own. */
export async function openServices({
  folder,
  seed,
  gateways,
  partitions,
  misbehaviour,
  databaseIn = (data, port) => new Database(data, port),
  root = ROOT,
}) {
  const closers = [];
  const close = async () => {
    for (const one of closers.reverse()) await one().catch(() => undefined);
  };
  try {
    const kafka = await startKafka();
    closers.push(() => kafka.stop());
    // A folder of its own: the server runs as another user when we are root.
    const data = mkdtempSync(join(tmpdir(), 'backstep-chaos-db-'));
    closers.push(async () => rmSync(data, { recursive: true, force: true }));
    const database = await databaseIn(data, await freePort());
    await database.start();
    closers.push(() => database.close());
    const env = {
      DATABASE_URL: database.url,
      KAFKA_BROKERS: kafka.brokers,
      TOPIC_PARTITIONS: String(partitions),
      TOPIC_REPLICATION: '1',
    };
    const list = [];
    for (let i = 0; i < gateways; i++)
      list.push(new Gateway(`gateway-${'ABCDEFGH'[i]}`, await freePort(), env, folder));
    for (const gateway of list) gateway.root = root;
    const workers = new Workers(kafka.brokers, folder, seed, misbehaviour);
    closers.push(() => Promise.all([...list, workers].map((one) => one.end('SIGTERM'))));
    await Promise.all(list.map((gateway) => gateway.start()));
    return { folder, kafka, database, gateways: list, workers, brokers: kafka.brokers, close };
  } catch (error) {
    await close();
    throw error;
  }
}
