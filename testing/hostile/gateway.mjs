/**
 * The built gateway as `npm start` runs it, everything in one process, with a heap of 768 MB:
 * started, measured, ended.
 */
import { spawn } from 'node:child_process';
import {
  createWriteStream,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endFamilies } from '../process-tree.mjs';
import { ROOT } from '../steps.mjs';

const NODE = join(ROOT, 'node_modules/.bin/node');
const BUILT = join(ROOT, 'dist/bundle/main.js');
const HEAP_MB = 768;
const START_MS = 60_000;
const STOP_MS = 10_000;

export const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

export class Gateway {
  /**
   * Flows that were accepted, by orchestration; what was registered; starts and registrations whose
   * answer did not come.
   */
  started = new Map();
  registered = new Set();
  unanswered = 0;

  static async start() {
    const gateway = new Gateway();
    gateway.folder = mkdtempSync(join(tmpdir(), 'backstep-hostile-'));
    gateway.port = await freePort();
    gateway.url = `http://127.0.0.1:${gateway.port}`;
    gateway.log = join(gateway.folder, 'gateway.log');
    const log = createWriteStream(gateway.log);
    const env = {
      ...process.env,
      DATA_FOLDER: join(gateway.folder, 'data'),
      PORT: String(gateway.port),
      LOG_FORMAT: 'json',
      LOG_LEVEL: 'info',
    };
    for (const name of ['DATABASE_URL', 'KAFKA_BROKERS']) delete env[name];
    gateway.child = spawn(NODE, [`--max-old-space-size=${HEAP_MB}`, BUILT], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    gateway.child.stdout.pipe(log);
    gateway.child.stderr.pipe(log);
    gateway.ended = null;
    gateway.child.once('exit', (code, signal) => {
      gateway.ended = signal ?? `exit ${code}`;
    });
    await gateway.ready();
    const { body } = await gateway.graphql(
      '{ orchestrations(first: 100) { edges { node { name } } } }',
    );
    for (const { node } of body.data.orchestrations.edges) gateway.registered.add(node.name);
    return gateway;
  }

  async ready() {
    const until = Date.now() + START_MS;
    while (Date.now() < until && this.ended === null) {
      const known = await this.graphql('{ orchestration(name: "tenantCreation") { name } }').catch(
        () => null,
      );
      if (known?.body?.data?.orchestration) return;
      await wait(100);
    }
    throw new Error(`the gateway did not become ready (${this.ended ?? 'it is still starting'})`);
  }

  /** Any answer, its status and text; bounded in time. */
  async request(path, init = {}, ms = 30_000) {
    const response = await fetch(this.url + path, { ...init, signal: AbortSignal.timeout(ms) });
    const text = await response.text();
    return { status: response.status, text, headers: response.headers };
  }

  async graphql(query, variables = {}, ms = 30_000) {
    const answer = await this.request(
      '/graphql',
      {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      },
      ms,
    );
    return { ...answer, body: answer.text.startsWith('{') ? JSON.parse(answer.text) : null };
  }

  async register(document, ms) {
    const mutation =
      'mutation($d: String!) { registerOrchestration(input: { document: $d }) { registrations { orchestrationName } problems { code message } } }';
    const answer = await this.answered(this.graphql(mutation, { d: document }, ms), 1);
    const { registrations = [] } = answer.body?.data?.registerOrchestration ?? {};
    for (const one of registrations) this.registered.add(one.orchestrationName);
    return answer;
  }

  /** What has no answer may have been done all the same. */
  async answered(answer, count) {
    this.unanswered += count;
    const got = await answer;
    if (got.body?.data) this.unanswered -= count;
    return got;
  }

  /** Starts flows; answers one payload for each. */
  async startAll(orchestrationName, payloads, ms = 30_000) {
    const mutation =
      'mutation($i: [ExecuteInput!]!) { executeMany(inputs: $i) { created flow { flowId } problems { code message } } }';
    const inputs = payloads.map((payload) => ({ orchestrationName, payload }));
    const sent = this.graphql(mutation, { i: inputs }, ms);
    const { body, status } = await this.answered(sent, inputs.length);
    const begun = (body?.data?.executeMany ?? []).filter(({ created }) => created);
    const ids = begun.map(({ flow }) => flow.flowId);
    this.started.set(orchestrationName, [...(this.started.get(orchestrationName) ?? []), ...ids]);
    return body?.data?.executeMany ?? [{ problems: body?.errors ?? [{ message: `${status}` }] }];
  }

  /** From here on the peak is counted from zero. */
  forgetPeak() {
    try {
      writeFileSync(`/proc/${this.child.pid}/clear_refs`, '5');
    } catch {
      // Not permitted everywhere: then it is the peak since the start.
    }
  }

  /** Highest resident memory, MB; null when the process is gone. */
  peakMb() {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
      return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
    } catch {
      return null;
    }
  }

  /** How often the broker has thrown away what nobody had read. */
  async dropped() {
    const log = readFileSync(this.log, 'utf8');
    return log.split('\n').filter((line) => line.includes('nobody has read')).length;
  }

  /** What comes back for these bytes. */
  rawAnswer(bytes) {
    return new Promise((resolve) => {
      let text = '';
      const socket = connect(this.port, '127.0.0.1', () => socket.write(bytes));
      const end = () => {
        socket.destroy();
        resolve({ status: Number(/^HTTP\/1\.\d (\d+)/.exec(text)?.[1] ?? 0), text });
      };
      socket.setTimeout(2000, end);
      socket.on('data', (chunk) => {
        text += chunk;
        end();
      });
      socket.on('error', end);
      socket.on('end', end);
    });
  }

  /**
   * The gateway first: a database that is ended beside it waits for a client that looks for a
   * database.
   */
  async stop() {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    if (this.ended === null) {
      this.child.kill('SIGTERM');
      await Promise.race([gone, wait(STOP_MS)]);
    }
    await endFamilies([this.child.pid]);
    // Where PostgreSQL's user may not walk through the folder, its data lie outside of it.
    const outside = join(this.folder, 'data/postgres/elsewhere');
    if (lstatSync(outside, { throwIfNoEntry: false })?.isSymbolicLink())
      rmSync(readlinkSync(outside), { recursive: true, force: true });
    rmSync(this.folder, { recursive: true, force: true });
  }
}
