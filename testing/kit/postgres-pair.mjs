/**
 * Two real PostgreSQL servers: a primary whose commits wait for a standby that streams from it.
 * Each can be killed, frozen with all its processes and brought back; the standby is promoted, and
 * the old primary is made anew as a standby of the new one.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePorts } from './kafka.mjs';

const READY_WITHIN_MS = 60_000;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Of all processes with this parent. */
function childrenOf(pid) {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((one) => one !== '')
    .map(Number);
}

class Server {
  child = null;
  output = '';

  constructor(name, port, options) {
    Object.assign(this, { name, port, options });
    this.folder = join(options.folder, name);
    this.data = join(this.folder, 'data');
  }

  get url() {
    return `postgres://${this.options.user}:${this.options.password}@127.0.0.1:${this.port}/postgres?sslmode=disable`;
  }

  get lives() {
    return this.child !== null && this.child.exitCode === null && this.child.signalCode === null;
  }

  async sql(text) {
    const client = new pg.Client({
      connectionString: this.url,
      connectionTimeoutMillis: 5_000,
      query_timeout: 60_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Resolves when it answers; a standby as well. */
  async start() {
    const { postgres, runsAs, settings, other } = this.options;
    const flags = Object.entries({
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      wal_keep_size: '1GB',
      max_connections: '100',
      primary_conninfo: `host=127.0.0.1 port=${other(this).port} user=${this.options.user} password=${this.options.password} application_name=${this.name} connect_timeout=2`,
      wal_receiver_timeout: '5s',
      wal_sender_timeout: '5s',
      wal_retrieve_retry_interval: '200ms',
      log_min_messages: 'warning',
      ...settings,
    }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const identity = runsAs === null ? {} : { uid: runsAs, gid: runsAs };
    this.output = '';
    this.child = spawn(postgres, ['-D', this.data, '-p', String(this.port), ...flags], {
      ...identity,
      cwd: '/',
      env: { LC_ALL: 'C', TZ: 'UTC' },
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr.on('data', (text) => {
      this.output = `${this.output}${text}`.slice(-20_000);
    });
    const until = performance.now() + READY_WITHIN_MS;
    for (;;) {
      const failed = await this.sql('SELECT 1').then(
        () => null,
        (error) => error,
      );
      if (failed === null) return;
      if (!this.lives || performance.now() > until)
        throw new Error(`PostgreSQL ${this.name} did not start: ${failed.message}\n${this.output}`);
      await wait(50);
    }
  }

  /** Of the server and of every process it has started. */
  signalAll(signal) {
    if (!this.lives) return;
    const { pid } = this.child;
    // The postmaster first: it would start new processes, or end the others.
    process.kill(pid, signal);
    for (const one of childrenOf(pid)) {
      try {
        process.kill(one, signal);
      } catch {
        // It has ended by itself.
      }
    }
  }

  freeze() {
    this.signalAll('SIGSTOP');
  }

  thaw() {
    if (!this.lives) return;
    for (const one of childrenOf(this.child.pid)) process.kill(one, 'SIGCONT');
    process.kill(this.child.pid, 'SIGCONT');
  }

  async end(signal) {
    if (!this.lives) return;
    const gone = once(this.child, 'exit');
    if (signal === 'SIGKILL') this.signalAll('SIGKILL');
    else {
      this.thaw();
      this.child.kill(signal);
    }
    await gone;
  }
}

class Pair {
  constructor(servers) {
    this.servers = servers;
    this.primary = servers[0];
  }

  get standby() {
    return this.servers.find((one) => one !== this.primary);
  }

  /** For libpq: both, in the order in which they were made. */
  get url() {
    const [one, two] = this.servers;
    return one.url
      .replace(`:${one.port}/`, `:${one.port},127.0.0.1:${two.port}/`)
      .concat('&target_session_attrs=read-write');
  }

  /** From now on a commit waits until the standby has applied it. */
  async waitForStandby() {
    const { primary, standby } = this;
    await primary.sql(`ALTER SYSTEM SET synchronous_standby_names = '${standby.name}'`);
    await primary.sql('SELECT pg_reload_conf()');
    const until = performance.now() + READY_WITHIN_MS;
    for (;;) {
      const [row] = await primary.sql('SELECT sync_state, state FROM pg_stat_replication');
      if (row?.sync_state === 'sync' && row.state === 'streaming') return;
      if (performance.now() > until)
        throw new Error(`the standby does not follow: ${standby.output}`);
      await wait(50);
    }
  }

  async promote() {
    const { standby } = this;
    await standby.sql("ALTER SYSTEM SET synchronous_standby_names = ''");
    await standby.sql('SELECT pg_reload_conf()');
    await standby.sql('SELECT pg_promote(true, 60)');
    this.primary = standby;
  }

  /** Planned: the primary ends when the standby has everything. */
  async switchOver() {
    await this.primary.end('SIGINT');
    await this.promote();
  }

  /** After a planned switchover: the old primary, which has nothing of its own, is the standby. */
  async follow() {
    this.makeStandby();
    await this.standby.start();
    await this.waitForStandby();
  }

  /** A backup of the files of a server that runs, as PostgreSQL's manual describes it. */
  async rebuild() {
    const { primary, standby } = this;
    await standby.end('SIGKILL');
    rmSync(standby.data, { recursive: true, force: true });
    const client = new pg.Client({ connectionString: primary.url });
    await client.connect();
    try {
      await client.query("SELECT pg_backup_start('rebuild', true)");
      copyFiles(primary.data, standby.data);
      const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
      writeFileSync(join(standby.data, 'backup_label'), rows[0].labelfile);
    } finally {
      await client.end();
    }
    this.makeStandby();
    await standby.start();
    await this.waitForStandby();
  }

  makeStandby() {
    const { data } = this.standby;
    writeFileSync(join(data, 'standby.signal'), '');
    execFileSync('chown', ['-R', `--reference=${this.primary.data}`, data]);
  }

  async close() {
    for (const one of this.servers) await one.end('SIGQUIT');
  }
}

/** Without the log: the standby streams it. Files that vanish meanwhile are in the log. */
function copyFiles(from, to) {
  mkdirSync(to);
  chmodSync(to, 0o700);
  const skipped = ['postmaster.pid', 'postmaster.opts', 'pg_wal', 'pg_replslot', 'pg_stat_tmp'];
  const excludes = skipped.map((name) => `--exclude=./${name}/*`);
  const files = ['--exclude=./postmaster.pid', '--exclude=./postmaster.opts', ...excludes];
  // tar ends with 1 when a file changed while it was read: that is what the log is for.
  const script = `tar -C '${from}' --warning=no-file-changed --warning=no-file-removed ${files.join(' ')} -cf - . | tar -C '${to}' -xf -`;
  execFileSync('sh', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] });
}

export async function openPair(options) {
  const { folder, log, openEmbeddedPostgres, findBinaries, runsAs, settings = {} } = options;
  chmodSync(folder, 0o755);
  const made = await openEmbeddedPostgres({ folder: join(folder, 'one'), log });
  const { username: user, password } = new URL(made.url);
  await made.close();
  const { postgres } = await findBinaries();
  const servers = [];
  const other = (one) => servers.find((server) => server !== one);
  const shared = { folder, user, password, postgres, runsAs, settings, other };
  const ports = await freePorts(2);
  for (const [index, name] of ['one', 'two'].entries())
    servers.push(new Server(name, ports[index], shared));
  const [one, two] = servers;
  mkdirSync(two.folder);
  execFileSync('chmod', [`--reference=${one.folder}`, two.folder]);
  execFileSync('chown', [`--reference=${one.folder}`, two.folder]);
  // Copied while it is stopped: a whole backup.
  execFileSync('cp', ['-a', one.data, two.data]);
  const pair = new Pair(servers);
  try {
    pair.makeStandby();
    await one.start();
    await two.start();
    await pair.waitForStandby();
    return pair;
  } catch (error) {
    await pair.close();
    throw error;
  }
}
