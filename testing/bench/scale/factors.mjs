/** What is varied, one factor at a time; each answers its points in order. */
import { setTimeout as pause } from 'node:timers/promises';
import { LOAD, openGround } from './ground.mjs';
import { historyPoints } from './history-points.mjs';
import { makePartitioned } from './partitioned-tables.mjs';

/** An orchestration whose worker never comes. */
const UNANSWERED = 'unanswered';
const MANY =
  'mutation($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { flow { flowId } problems { code message } } }';
const REGISTER =
  'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';

async function inflight({ flows, levels = [0, 10_000, 100_000], print }) {
  await using ground = await openGround();
  const document = {
    ...{ orchestrationName: UNANSWERED, as: 'initiator', type: 'sequential' },
    steps: [{ seq: 1, name: 'nobody', timeout: '2h' }],
  };
  await ground.gateway.send(REGISTER, { document: JSON.stringify(document) });
  await ground.warmUp();
  const points = [];
  let open = 0;
  for (const level of levels) {
    const [from, before] = [performance.now(), open];
    for (; open < level; open += 1000) await startUnanswered(ground, 1000);
    await outboxEmpty(ground);
    const rate = (open - before) / ((performance.now() - from) / 1000);
    print(`  ${level} flows wait for their worker; started at ${rate.toFixed(0)} a second`);
    points.push(await ground.point(level.toLocaleString('en'), { count: flows }));
  }
  return points;
}

async function startUnanswered({ gateway }, count) {
  const input = { orchestrationName: UNANSWERED, payload: { customer: 4711 } };
  const { data, errors } = await gateway.send(MANY, {
    inputs: Array.from({ length: count }, () => input),
  });
  const bad = data?.executeMany.find(({ flow }) => flow === null);
  if (errors !== undefined || bad !== undefined) throw new Error(JSON.stringify(errors ?? bad));
}

async function outboxEmpty({ database }) {
  for (;;) {
    const { rows } = await database.query('SELECT count(*)::int AS n FROM orchestration_outbox');
    if (rows[0].n === 0) return;
    await pause(200);
  }
}

/** Each of `levels` on services of its own. */
async function each(levels, { flows, print }, groundOf) {
  const points = [];
  for (const level of levels) {
    await using ground = await openGround(groundOf(level));
    await ground.warmUp();
    print(`  ${level}`);
    points.push(await ground.point(String(level), { count: flows }));
  }
  return points;
}

const gateways = (options) => each([1, 2, 4], options, (count) => ({ gateways: count }));

const partitions = (options) => each([1, 4, 12, 48], options, (count) => ({ partitions: count }));

/** Without a key, replies of one flow come on any partition, to any gateway. */
const REPLIES = {
  'keyed, 1 gateway': { replies: 'keyed', gateways: 1 },
  'unkeyed, 1 gateway': { replies: 'unkeyed', gateways: 1 },
  'keyed, 2 gateways': { replies: 'keyed', gateways: 2 },
  'unkeyed, 2 gateways': { replies: 'unkeyed', gateways: 2 },
};

const replies = (options) => each(Object.keys(REPLIES), options, (name) => REPLIES[name]);

/** Fewer flows of larger payloads: a flow of three steps carries its payload eight times. */
const PAYLOADS = [
  ['1 KB', 1_000, 1],
  ['100 KB', 100_000, 0.25],
  ['1 MB', 1_000_000, 0.05],
];
const IN_FLIGHT_OF_PAYLOADS = 16;

async function payloads({ flows, print }) {
  await using ground = await openGround({ env: { PAYLOAD_LIMIT_BYTES: '1500000' } });
  const inFlight = IN_FLIGHT_OF_PAYLOADS;
  await ground.warmUp({ inFlight });
  const points = [];
  for (const [label, bytes, part] of PAYLOADS) {
    print(`  ${label}`);
    const payload = { text: randomText(bytes) };
    const count = Math.max(100, Math.round(flows * part));
    points.push(await ground.point(label, { count, inFlight, payload, singles: 20 }));
  }
  return points;
}

/** Text that does not compress to nothing. */
function randomText(length) {
  let text = '';
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text.slice(0, length);
}

const stepsOf = (count) => Array.from({ length: count }, (_, index) => `step${index + 1}`);

const steps = (options) => each([1, 3, 5, 10], options, (count) => ({ steps: stepsOf(count) }));

const orchestrations = (options) =>
  each([1, 10, 100], options, (count) => ({
    names: Array.from({ length: count }, (_, index) => `${LOAD}${index + 1}`),
    steps: stepsOf(10),
    partitions: 1,
  }));

/** The tables of flows in so many partitions, by the hash of flow_id. */
const tables = (options) =>
  each([1, 4, 16], options, (count) => ({
    prepare: async (databaseUrl) => {
      if (count === 1) return;
      const refused = await makePartitioned(databaseUrl, count);
      for (const { statement, message } of refused)
        options.print(`    refused: ${statement}\n      ${message}`);
    },
  }));

/** Title of the picture, label of its axis, flows of a point, points. */
export const FACTORS = {
  inflight: {
    title: 'Flows in flight that wait for a worker, beside the load',
    axis: 'flows in flight',
    flows: 3000,
    run: inflight,
  },
  history: {
    title: 'Step runs stored before the load begins',
    axis: 'stored step runs',
    flows: 3000,
    run: historyPoints,
  },
  gateways: {
    title: 'Gateway processes that share the work, on the same two cores',
    axis: 'gateways',
    flows: 4000,
    run: gateways,
  },
  partitions: {
    title: 'Partitions of each topic',
    axis: 'partitions',
    flows: 4000,
    run: partitions,
  },
  replies: {
    title: 'Replies with and without the flowId as their key',
    axis: 'replies, gateways',
    flows: 4000,
    run: replies,
  },
  tables: {
    title: 'Tables of flows in partitions by the hash of flow_id',
    axis: 'partitions of a table',
    flows: 3000,
    run: tables,
  },
  steps: {
    title: 'Steps of a flow',
    axis: 'steps',
    flows: 4000,
    run: steps,
  },
  payloads: {
    title: `Size of the payload that every step gets and returns, ${IN_FLIGHT_OF_PAYLOADS} flows in flight`,
    axis: 'payload',
    flows: 2000,
    run: payloads,
  },
  orchestrations: {
    title: 'Orchestrations of ten steps each that take turns, one partition per topic',
    axis: 'orchestrations',
    flows: 1500,
    run: orchestrations,
  },
};
