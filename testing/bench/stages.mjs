/**
 * `npm run stages`: what a reply costs on its way, stage by stage, at batches of 1, 10, 100 and 500: decode, admit and lock, advance, record and
 * commit, publish — the gateway's own pieces over a real PostgreSQL and a real Kafka, one batch at a time.
 */
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { openServices } from './around.mjs';

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, help: { type: 'boolean', default: false } },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print('npm run stages -- [--seconds 4]   seconds per batch size');
  process.exit(0);
}
await readyOrEnd();
const { openPostgres } = await import('../../dist/postgres/database.js');
const { openKafka } = await import('../../dist/kafka/client.js');
const { createWire } = await import('../../dist/wire/outgoing.js');
const { createDecoder } = await import('../../dist/wire/decode.js');
const { readRegistration } = await import('../../dist/wire/documents.js');
const { INTAKE_TOPICS, TOPICS } = await import('../../dist/wire/topics.js');
const { unitOfWork } = await import('../../dist/engine/intake/unit-of-work.js');
const { newFlowId } = await import('../../dist/engine/intake/flow-id.js');
const { silent } = await import('../../dist/observability/log.js');

const STEPS = ['first', 'second', 'third'];
const wire = createWire({ commandTypeId: null, source: '/backstep' });
const decode = createDecoder({ payloadLimit: 900 * 1024 });
const services = await openServices();
const common = { log: silent('postgres') };
const database = openPostgres({
  ...common,
  url: services.databaseUrl,
  poolSize: 4,
  instanceId: 'stages',
  leaseMs: 10_000,
  statementTimeoutMs: 15_000,
  stepTopics: wire.stepTopics,
});
const ownTopics = Object.values(TOPICS);
const stepTopics = STEPS.flatMap((step) => wire.stepTopics('stages', step));
const kafka = await openKafka({
  brokers: [services.brokers],
  clientId: 'stages',
  groupId: 'stages',
  partitions: 4,
  replicationFactor: 1,
  maxMessageBytes: 2_000_000,
  intakeTopics: INTAKE_TOPICS,
  ownTopics,
  decode,
  log: silent('kafka'),
});
const nothing = {
  position: null,
  input: null,
  start: null,
  registration: null,
  poison: null,
  raw: null,
};
let offset = 0n;

/** Adds up what each stage took, ms. */
class Clock {
  stages = {};
  async time(stage, work) {
    const from = performance.now();
    const result = await work();
    this.stages[stage] = (this.stages[stage] ?? 0) + performance.now() - from;
    return result;
  }
}

/** The store with a clock on each call; `road` itself is begin to commit. */
function clocked(store, clock) {
  const road = (work) => {
    let recorded = 0;
    const whole = store.road((tx) => {
      const from = performance.now();
      const result = work({
        admit: (...args) => tx.admit(...args),
        lock: (...args) =>
          tx.lock(...args).then((locked) => {
            clock.stages['admit, lock'] =
              (clock.stages['admit, lock'] ?? 0) + performance.now() - from;
            recorded = performance.now();
            return locked;
          }),
        record: (...args) => {
          clock.stages.advance = (clock.stages.advance ?? 0) + performance.now() - recorded;
          recorded = performance.now();
          return tx.record(...args);
        },
        refuse: (...args) => tx.refuse(...args),
      });
      return result;
    });
    return whole.then((result) => {
      clock.stages['record, commit'] =
        (clock.stages['record, commit'] ?? 0) + performance.now() - recorded;
      return result;
    });
  };
  return Object.assign(Object.create(store), { road });
}

async function turn(store, clock, work) {
  const { records, outbox } = await unitOfWork({ store: clocked(store, clock), wire }, work, true);
  await clock.time('publish', () => kafka.publisher.publish(outbox));
  await store.outboxSent(outbox);
  return records;
}

const replyTo = (flowId, stepName) => ({
  key: null,
  value: Buffer.from(
    JSON.stringify({
      headers: {
        flowId,
        stepName,
        action: 'DO',
        attemptId: `${flowId}:${stepName}:DO:0:1`,
        status: true,
      },
      payload: { customer: 4711, amount: '12.50' },
    }),
  ),
  headers: {},
});

/** `size` flows from their start to their end; only their replies are counted. */
async function flows(orchestration, size, clock) {
  const ids = Array.from({ length: size }, () => newFlowId());
  const start = {
    type: 'START',
    orchestration,
    payload: '{"customer":4711}',
    headers: {},
    initiator: null,
    idempotencyKey: null,
  };
  await turn(
    database.store,
    new Clock(),
    ids.map((flowId) => ({
      delivery: nothing,
      start: { ...start, flowId },
      startRefused: null,
      orchestrationPaused: false,
    })),
  );
  for (const step of STEPS) {
    const raw = ids.map((flowId) => replyTo(flowId, step));
    const work = await clock.time('decode', async () =>
      raw.map((record) => {
        const position = {
          topic: TOPICS.replies,
          partition: 0,
          offset: offset++,
          timestamp: Date.now(),
        };
        return {
          delivery: { ...nothing, ...decode(TOPICS.replies, record), raw: record, position },
          start: null,
          startRefused: null,
          orchestrationPaused: false,
        };
      }),
    );
    await turn(database.store, clock, work);
  }
}

const NAMES = ['decode', 'admit, lock', 'advance', 'record, commit', 'publish'];
try {
  await database.migrate();
  await kafka.ensureTopics([...ownTopics, ...stepTopics]);
  const document = {
    orchestrationName: 'stages',
    as: 'initiator',
    type: 'sequential',
    steps: STEPS.map((name, index) => ({ seq: index + 1, name })),
  };
  const [{ orchestration }] = readRegistration(JSON.stringify(document), {
    serviceName: null,
  }).declarations;
  await database.store.registry(async (tx) => {
    await tx.lockRegistry();
    await tx.saveVersion({ ...orchestration, version: 1 }, null);
  });
  const known = (await database.store.orchestration('stages', null)).orchestration;
  await flows(known, 100, new Clock());
  print(
    `ms per batch of replies (and µs per reply)${' '.repeat(3)}${NAMES.map((name) => name.padStart(20)).join('')}${'CPU per reply, µs: own, PostgreSQL'.padStart(40)}`,
  );
  for (const size of [1, 10, 100, 500]) {
    const clock = new Clock();
    const until = performance.now() + Number(values.seconds) * 1000;
    const before = [process.cpuUsage(), services.usage().postgres.cpu];
    let batches = 0;
    while (performance.now() < until) {
      await flows(known, size, clock);
      batches += STEPS.length;
    }
    const own = process.cpuUsage(before[0]);
    // A start is a third of a batch more.
    const replies = batches * size * (4 / 3);
    const cpu = [
      (own.user + own.system) / replies,
      ((services.usage().postgres.cpu - before[1]) * 1e6) / replies,
    ];
    const columns = NAMES.map((name) =>
      `${(clock.stages[name] / batches).toFixed(2)} (${((clock.stages[name] / batches / size) * 1000).toFixed(0)})`.padStart(
        20,
      ),
    );
    print(
      `${String(size).padStart(6)}${' '.repeat(39)}${columns.join('')}${cpu.map((one) => one.toFixed(0).padStart(20)).join('')}`,
    );
  }
} finally {
  await kafka.close();
  await database.close();
  await services.close();
}
