/**
 * `npm run cost`: what the audit, sealed payloads and authentication cost, as ratios within one
 * run: the same starts and the same replies, each variant in turn, again and again, by the
 * gateway's own engine over a real PostgreSQL, and the same starts over HTTP. Messages are taken by
 * a broker that does nothing.
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { openServices } from './around.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '12' },
    flows: { type: 'string', default: '1000' },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print('npm run cost -- [--rounds 12] [--flows 1000]   rounds of each variant, and flows in each');
  process.exit(0);
}
await readyOrEnd();
const { openPostgres } = await import('../../dist/postgres/database.js');
const { createEngine } = await import('../../dist/engine/engine.js');
const { createWire } = await import('../../dist/wire/outgoing.js');
const { createDecoder } = await import('../../dist/wire/decode.js');
const { readRegistration } = await import('../../dist/wire/documents.js');
const { TOPICS } = await import('../../dist/wire/topics.js');
const { silent } = await import('../../dist/observability/log.js');

const FLOWS = Number(values.flows);
/** Starts at once, and replies of one batch. */
const AT_ONCE = 100;
const DOCUMENT = `
orchestrationName: cost
as: initiator
type: sequential
steps: [{ seq: 1, name: first }, { seq: 2, name: second }]
`;
const PAYLOAD = JSON.stringify({ tenant: 'acme', card: '4111111111111111', text: 'x'.repeat(400) });
const BY = { actor: 'bench', proven: true, origin: '127.0.0.1', requestId: 'bench-request-id' };

/** The store of a gateway that keeps no audit. */
function withoutAudit(store) {
  const road = (work) =>
    store.road((tx) =>
      work(
        Object.assign(Object.create(tx), {
          admit: (...given) => tx.admit(...given),
          lock: (...given) => tx.lock(...given),
          record: (records, given) => tx.record(records, given),
          refuse: (...given) => tx.refuse(...given),
        }),
      ),
    );
  return Object.assign(Object.create(store), { road });
}

const asItIs = (store) => store;
const KEY = { id: 'bench', key: randomBytes(32) };
const VARIANTS = {
  bare: { wrap: withoutAudit },
  audit: { wrap: asItIs },
  sealed: { wrap: asItIs, payloadKeys: { keys: [KEY], current: KEY } },
};

class Gateway {
  offset = 0n;
  times = { execute: [], replies: [] };

  static async open(name, url, { wrap, payloadKeys }) {
    const gateway = new Gateway();
    const wire = createWire({ commandTypeId: null, source: '/bench' });
    const { stepTopics } = wire;
    const common = { poolSize: 4, leaseMs: 60_000, statementTimeoutMs: 15_000 };
    const log = silent('postgres');
    gateway.postgres = openPostgres({
      ...common,
      ...{ url, instanceId: name, stepTopics, log, payloadKeys },
    });
    await gateway.postgres.migrate();
    gateway.name = name;
    gateway.decode = createDecoder({ payloadLimit: 900_000 });
    const { store, readModel: read } = gateway.postgres;
    const broker = gateway.broker();
    const ports = { store: wrap(store), read, broker, wire, decode: gateway.decode };
    gateway.engine = createEngine({ ...ports, leaseMs: 60_000, logs: silent });
    await gateway.engine.start();
    const registration = readRegistration(DOCUMENT, { serviceName: 'bench' });
    await gateway.engine.register(registration, { dryRun: false });
    return gateway;
  }

  broker() {
    return {
      publisher: { publish: async (rows) => rows.map((row) => ({ row, result: 'ok' })) },
      ensureTopics: async () => undefined,
      consume: async (intake) => {
        this.intake = intake;
      },
      stopConsuming: async () => undefined,
      inspect: async () => ({ kind: 'no-topic' }),
      health: () => ({ ready: true, detail: '' }),
      close: async () => undefined,
    };
  }

  /** Starts flows, then answers the first step of each: the time of both. */
  async round(isMeasured) {
    const ids = [];
    const start = performance.now();
    for (let done = 0; done < FLOWS; done += AT_ONCE)
      ids.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => this.execute()))));
    const between = performance.now();
    for (let done = 0; done < FLOWS; done += AT_ONCE)
      await this.answer(ids.slice(done, done + AT_ONCE));
    const end = performance.now();
    if (!isMeasured) return;
    this.times.execute.push((between - start) / FLOWS);
    this.times.replies.push((end - between) / FLOWS);
  }

  async execute() {
    const nothing = { flowId: null, initiator: null, idempotencyKey: null, headers: {} };
    const request = { orchestrationName: 'cost', payload: PAYLOAD, ...nothing };
    const { flow } = await this.engine.execute(request, { by: BY });
    return flow.flowId;
  }

  answer(ids) {
    const records = ids.map((flowId) => {
      const headers = { flowId, stepName: 'first', action: 'DO', status: true };
      const value = Buffer.from(`{"headers":${JSON.stringify(headers)},"payload":${PAYLOAD}}`);
      const raw = { key: null, value, headers: {} };
      const place = { topic: TOPICS.replies, partition: PARTITIONS[this.name] ?? 0 };
      const position = { ...place, timestamp: Date.now(), offset: this.offset++ };
      return { ...this.decode(TOPICS.replies, raw), from: 'record', position, raw };
    });
    return this.intake(records);
  }
}

const PARTITIONS = Object.fromEntries(Object.keys(VARIANTS).map((name, index) => [name, index]));
/** Each variant is first, in the middle and last as often. */
const turned = (all, by) => all.map((_, at) => all[(at + by) % all.length]);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

const services = await openServices();
const gateways = [];
for (const [name, variant] of Object.entries(VARIANTS))
  gateways.push(await Gateway.open(name, services.databaseUrl, variant));
const { openCallers } = await import('./cost-callers.mjs');
const [, plain, sealed] = gateways.map(({ engine }) => engine);
const callers = await openCallers({ plain, sealed });
const body = `{"orchestrationName":"cost","payload":${PAYLOAD}}`;
const starts = { flows: FLOWS, atOnce: AT_ONCE, body };
for (let round = 0; round <= Number(values.rounds); round++) {
  for (const gateway of turned(gateways, round)) await gateway.round(round > 0);
  for (const caller of turned(callers, round)) await caller.round(starts, round > 0);
}
const ratiosOf = (kind, { times }, base) =>
  times[kind].map((ms, index) => ms / base.times[kind][index]);
const [base] = gateways;
print(
  '| variant | execute, ms per flow | ratio | a reply, ms | ratio |\n| --- | --- | --- | --- | --- |',
);
for (const gateway of gateways) {
  const cells = ['execute', 'replies'].flatMap((kind) => [
    median(gateway.times[kind]).toFixed(3),
    median(ratiosOf(kind, gateway, base)).toFixed(3),
  ]);
  print(`| ${gateway.name} | ${cells.join(' | ')} |`);
}
print('\n| execute over HTTP | ms per flow | ratio |\n| --- | --- | --- |');
for (const caller of callers) {
  const cells = [median(caller.times.execute), median(ratiosOf('execute', caller, callers[0]))];
  print(`| ${caller.name} | ${cells.map((cell) => cell.toFixed(3)).join(' | ')} |`);
  await caller.end();
}
for (const { engine, postgres } of gateways) {
  await engine.stop(5_000);
  await postgres.close();
}
await services.close();
