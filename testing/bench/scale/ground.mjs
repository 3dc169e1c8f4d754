/** What a point of a scale run stands on: services, gateways, a worker, and one load on them. */
import pg from 'pg';
import { print } from '../../steps.mjs';
import { openServices } from '../around.mjs';
import { endChild, endedBySignal, readyChild } from '../children.mjs';
import { measure, serversOf } from '../measure.mjs';
import { startGateway } from '../ours.mjs';

const WARM_UP = 1500;
/** What is open, for Ctrl-C. */
const all = new AsyncDisposableStack();
endedBySignal(all);
export const THREE_STEPS = ['first', 'second', 'third'];
const REPLIES = 'orchestrator.response.result';
/** All orchestrations of the load begin with it. */
export const LOAD = 'load';

/**
 * Services, gateways and a worker; `partitions` of all topics. `prepare` gets the empty database.
 */
export async function openGround({
  names = [LOAD],
  steps = THREE_STEPS,
  partitions = 4,
  gateways = 1,
  replies = 'keyed',
  env = {},
  prepare = async () => undefined,
  services: given = null,
} = {}) {
  const stack = all.use(new AsyncDisposableStack());
  try {
    const services = given ?? (await openServices());
    if (given === null) stack.defer(() => services.close());
    await prepare(services.databaseUrl);
    const settings = { ...env, TOPIC_PARTITIONS: String(partitions) };
    const gateway = await startGateway(services, names, steps, { gateways, env: settings });
    stack.defer(() => gateway.close());
    const args = [services.brokers, names.join(','), steps.join(','), REPLIES, replies];
    const worker = await readyChild('worker.mjs', ...args);
    stack.defer(() => endChild(worker));
    const database = new pg.Client({ connectionString: services.databaseUrl });
    await database.connect();
    stack.defer(() => database.end());
    const around = { services, database, orchestration: LOAD };
    return new Ground(stack, { gateway, worker, around, gateways });
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

class Ground {
  constructor(stack, parts) {
    this.stack = stack;
    Object.assign(this, parts);
  }

  get database() {
    return this.around.database;
  }

  /** One load; its flows must end as they should, and every command be executed once. */
  run(load) {
    const { gateway: system, worker, around } = this;
    return measure({ system, worker, around }, { inFlight: 200, fail: false, ...load });
  }

  /** Milliseconds of each flow of a load, whose results are checked only by their ends. */
  async times(load) {
    const { spans } = await this.gateway.run({ fail: false, ...load });
    return spans.map(([from, to]) => to - from);
  }

  /** Each gateway needs as much of it as one alone. */
  async warmUp(load = {}) {
    await this.run({ count: WARM_UP * this.gateways, ...load });
  }

  /** A point: saturated, then one by one. */
  async point(label, { count, singles = 50, ...load }) {
    const saturated = await this.run({ count, ...load });
    const single = await this.run({ ...load, count: singles, inFlight: 1 });
    const figures = [saturated.perSecond, serversOf(saturated.cpu), single.p50];
    const [rate, cpu, p50] = figures.map((one) => one.toFixed(2));
    print(`    ${rate} flows/s, CPU ${cpu} s per 1,000, one by one p50 ${p50} ms`);
    return { label, ...saturated, single: { p50: single.p50, p99: single.p99 } };
  }

  [Symbol.asyncDispose]() {
    return this.stack.disposeAsync();
  }
}
