/** What the drills run on: Kafka, PostgreSQL, two gateways, orchestrations of their own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Database, freePort, Gateway, wait } from '../chaos/rig.mjs';
import { startKafka } from '../kit/kafka.mjs';
import { DrillWorker } from './worker.mjs';

const SEEN_WITHIN_MS = 120_000;

export async function until(what, look, withinMs = SEEN_WITHIN_MS) {
  const end = performance.now() + withinMs;
  for (let last = ''; ; await wait(200)) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      last = `: ${error.message}`;
    }
    if (performance.now() > end)
      throw new Error(`${what} was not seen within ${withinMs / 1000} s${last}`);
  }
}

/** One orchestration of a drill with its worker. */
class Orchestration {
  constructor(world, name, { steps, worker }) {
    this.world = world;
    this.name = name;
    this.steps = steps;
    this.worker = new DrillWorker(world.brokers, name, { steps, ...worker });
  }

  async start(payload = {}) {
    const { flowId } = await this.world.post('/api/orchestrations/execute', {
      orchestrationName: this.name,
      payload,
    });
    return flowId;
  }

  /** Starts flows and waits for their ends. */
  async run(count) {
    const flows = await Promise.all(Array.from({ length: count }, () => this.start()));
    for (const flowId of flows)
      await until(`the end of ${flowId}`, async () =>
        /COMPLETED|UNDONE|FAILED/.test((await this.world.details(flowId)).status),
      );
    return flows;
  }

  /** Variables of the runbook. */
  of(flowId, step = this.steps[0]) {
    return { FLOW: flowId, STEP: step, ORCHESTRATION: this.name, DOCUMENT: this.document };
  }
}

export class World {
  current = null;
  count = 0;
  closers = [];

  static async open() {
    const world = new World();
    try {
      await world.start();
      return world;
    } catch (error) {
      await world.close();
      throw error;
    }
  }

  async start() {
    this.folder = mkdtempSync(join(tmpdir(), 'backstep-drills-'));
    this.closers.push(async () => rmSync(this.folder, { recursive: true, force: true }));
    this.kafka = await startKafka();
    this.closers.push(() => this.kafka.stop());
    // A folder of its own: the server runs as another user when we are root.
    const data = mkdtempSync(join(tmpdir(), 'backstep-drills-db-'));
    this.closers.push(async () => rmSync(data, { recursive: true, force: true }));
    this.database = new Database(data, await freePort());
    await this.database.start();
    this.closers.push(() => this.database.close());
    this.brokers = this.kafka.brokers;
    this.gateway = await this.newGateway('gateway-1');
    this.other = await this.newGateway('gateway-2');
    await this.gateway.start();
  }

  async newGateway(name, env = {}, Kind = Gateway) {
    const common = { DATABASE_URL: this.database.url, KAFKA_BROKERS: this.brokers };
    const gateway = new Kind(name, await freePort(), { ...common, ...env }, this.folder);
    this.closers.push(() => gateway.end('SIGTERM'));
    return gateway;
  }

  /** `step` = fields of each step in the document. */
  async orchestration({ steps = ['book'], step = {}, ...worker } = {}) {
    await this.current?.worker.stop();
    const name = `drill${++this.count}`;
    const made = new Orchestration(this, name, { steps, worker });
    made.document = join(this.folder, `${name}.json`);
    const fields = {
      timeout: '5m',
      maxRetries: 3,
      backoff: { initial: 0, jitter: 'none' },
      ...step,
    };
    const list = steps.map((one, index) => ({ seq: index + 1, name: one, ...fields }));
    const document = { orchestrationName: name, as: 'initiator', type: 'sequential', steps: list };
    writeFileSync(made.document, JSON.stringify(document));
    await this.register(JSON.stringify(document));
    this.current = made;
    this.closers.push(() => made.worker.stop());
    return made;
  }

  async register(document) {
    const query =
      'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';
    const { data } = await this.post('/graphql', { query, variables: { document } });
    if (data.registerOrchestration.problems.length > 0) throw new Error(JSON.stringify(data));
  }

  async post(path, body) {
    const headers = { 'content-type': 'application/json' };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const response = await fetch(this.gateway.url + path, request);
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return response.json();
  }

  async get(path) {
    return (await fetch(this.gateway.url + path)).json();
  }

  details(flowId) {
    return this.get(`/api/orchestrations/details/${flowId}`);
  }

  diagnose(flowId) {
    return this.get(`/api/orchestrations/diagnose/${flowId}`);
  }

  /** The series with this name whose labels have all these texts, in the order of the page. */
  async series(name, ...labels) {
    return this.seriesAt(this.gateway, name, ...labels);
  }

  async seriesAt(gateway, name, ...labels) {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    return text
      .split('\n')
      .filter((line) => line.split(/[{ ]/, 1)[0] === name)
      .filter((line) => labels.every((label) => line.includes(label)))
      .map((line) => ({ line, value: Number(line.slice(line.lastIndexOf(' ') + 1)) }));
  }

  /** Their sum; null = there is none. */
  metric(name, ...labels) {
    return this.metricAt(this.gateway, name, ...labels);
  }

  async metricAt(gateway, name, ...labels) {
    const found = await this.seriesAt(gateway, name, ...labels);
    return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0);
  }

  async sql(text) {
    const client = new pg.Client({ connectionString: this.database.url });
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  }

  async platform(verb, what) {
    const { worker } = this.current;
    const actions = {
      'fix worker': () => worker.fix(),
      'start worker': () => worker.start(),
      'start kafka': () => this.startKafka(),
      'start database': () => this.startDatabase(),
      'add gateway': () => this.other.start(),
    };
    const action = actions[`${verb} ${what}`];
    if (action === undefined) throw new Error(`platform ${verb} ${what} is not known`);
    await action();
  }

  async stopKafka() {
    await this.kafka.pause();
    this.kafkaStopped = true;
  }

  async startKafka() {
    if (!this.kafkaStopped) return;
    await this.kafka.restart();
    this.kafkaStopped = false;
  }

  async stopDatabase() {
    await this.database.killImmediately();
    this.databaseStopped = true;
  }

  async startDatabase() {
    if (!this.databaseStopped) return;
    await this.database.start();
    this.databaseStopped = false;
  }

  async close() {
    for (const close of this.closers.reverse()) await close().catch(() => undefined);
  }
}
