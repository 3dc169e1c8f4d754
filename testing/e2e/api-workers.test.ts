/**
 * Workers that use GraphQL, on two gateways with a real Kafka: one of the gateways is killed in the
 * middle. `API_WORKER_FLOWS=10000` is the long form (docs/workers-without-kafka.md).
 */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { type BackstepClient, createClient, type WorkerCommand } from '../../src/client/index.js';
import { openBroker } from './kit/broker.js';
import { type Gateway, startGateway } from './kit/gateway.js';
import { newDatabase, type TestDatabase, unique } from './kit/surroundings.js';
import { until } from './kit/until.js';

const FLOWS = Number(process.env.API_WORKER_FLOWS ?? '500');
const STEPS = ['pick', 'pack'];
const CONCURRENCY = 50;
const LONG_MS = 180_000 + FLOWS * 60;
const CHUNK = 100;

const stack = new AsyncDisposableStack();
const name = `boxes-${unique()}`;
const group = `api-workers-${unique()}`;
let database: TestDatabase;
let a: Gateway;
let b: Gateway;

beforeAll(async () => {
  database = stack.use(await newDatabase());
  const start = async (one: string): Promise<Gateway> =>
    stack.use(
      await startGateway({
        database,
        group,
        name: one,
        env: { WORKER_LEASE: '5s', LOG_LEVEL: 'warn' },
      }),
    );
  [a, b] = await Promise.all([start('gateway A'), start('gateway B')]);
  const steps = STEPS.map((step, at) => `{seq: ${at + 1}, name: ${step}}`);
  await b.client.register(
    `{orchestrationName: ${name}, as: initiator, type: sequential, steps: [${steps.join(', ')}]}`,
  );
}, 240_000);
afterAll(() => stack.disposeAsync(), 90_000);

/** A worker whose gateway may be killed: it replies to another one then. */
class Worker implements AsyncDisposable {
  readonly commands: WorkerCommand[] = [];
  private readonly client: BackstepClient;
  private readonly stop = new AbortController();
  private readonly done: Promise<unknown>;

  constructor(
    address: string,
    private readonly other: BackstepClient,
  ) {
    this.client = clientOf(address);
    this.done = this.work().catch((error: unknown) => error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.stop.abort();
    await this.done;
    this.client.close();
  }

  private async work(): Promise<void> {
    const { signal } = this.stop;
    const wish = { orchestrationName: name, concurrency: CONCURRENCY };
    for await (const command of this.client.commands(wish, { signal })) {
      this.commands.push(command);
      void this.reply(command);
    }
  }

  private async reply({ leaseId, payload, stepName }: WorkerCommand): Promise<void> {
    const input = { leaseId, status: true, payload: { ...Object(payload), [stepName]: true } };
    for (const client of [this.client, this.other])
      if (
        await client.reply(input).then(
          () => true,
          () => false,
        )
      )
        return;
  }
}

function clientOf(address: string): BackstepClient {
  return createClient({ url: `${address}/graphql`, webSocket: WebSocket });
}

async function startAll(client: BackstepClient): Promise<void> {
  const query = `mutation ($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { created } }`;
  for (let done = 0; done < FLOWS; done += CHUNK) {
    const inputs = Array.from({ length: Math.min(CHUNK, FLOWS - done) }, (_, at) => ({
      orchestrationName: name,
      payload: { number: done + at },
      idempotencyKey: `${name}-${done + at}`,
    }));
    await client.request(query, { inputs });
  }
}

async function flowsBy(column: string): Promise<Record<string, number>> {
  const rows = await database.query(
    `SELECT ${column} AS one, count(*)::int AS count FROM orchestration_run r JOIN orchestration_step_run s USING (flow_id)
    WHERE r.orchestration_name = '${name}' GROUP BY 1`,
  );
  return Object.fromEntries(rows.map(({ one, count }) => [String(one), Number(count)]));
}

/** Both gateways read every step. */
async function bothRead(): Promise<void> {
  const broker = stack.use(await openBroker());
  const groups = STEPS.map((step) => `${group}-workers.workers.${name}.${step}`);
  await until('two gateways are in the group of each step', async () => {
    const { groups: found } = await broker.admin.describeGroups(groups);
    return found.every(({ state, members }) => state === 'Stable' && members.length === 2);
  });
}

test(
  'a gateway is killed: every flow completes, every command is carried out, few of them twice',
  async () => {
    const client = clientOf(b.address);
    stack.defer(() => client.close());
    const workers = [a, b].map(({ address }) => stack.use(new Worker(address, client)));
    await bothRead();
    const began = performance.now();
    const starting = startAll(client);
    const all = () => workers.flatMap(({ commands }) => commands);
    await until('a third is done', () => all().length > (FLOWS * STEPS.length) / 3, LONG_MS);
    await a.stop('SIGKILL');
    await starting;
    const isOver = async () => (await flowsBy('r.status')).COMPLETED === FLOWS * STEPS.length;
    await until('every flow has completed', isOver, LONG_MS, 200);
    const seconds = (performance.now() - began) / 1000;
    // Nothing is lost, and no attempt has timed out on the way.
    expect(await flowsBy('s.status')).toEqual({ DO_SUCCESS: FLOWS * STEPS.length });
    expect(await flowsBy('s.retry_count')).toEqual({ 0: FLOWS * STEPS.length });
    const attempts = Map.groupBy(all(), ({ attemptId }) => attemptId);
    expect(attempts.size).toBe(FLOWS * STEPS.length);
    const twice = [...attempts.values()].filter(({ length }) => length > 1).length;
    process.stdout.write(
      `${FLOWS} flows, ${all().length} commands, ${twice} handed out twice, ${workers.map(({ commands }) => commands.length).join(' + ')}, ${seconds.toFixed(1)} s\n`,
    );
    // What was under way on the gateway that was killed; leases ran out on a slow machine.
    expect(twice).toBeLessThanOrEqual(4 * CONCURRENCY);
  },
  LONG_MS + 120_000,
);
