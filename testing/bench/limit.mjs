/**
 * The raw limits with the same topics, workers and client: an orchestrator that stores nothing
 * (echo) or writes one batched transaction per consumed batch: one row per flow and step, an event
 * row, as little as anything durable could do. No rules, no inbox, no API. Usage: node limit.mjs
 * <brokers> <orchestration> <steps> <database url>. Starts flows on message {start: n, fail,
 * inFlight, stored}.
 */
import { randomUUID } from 'node:crypto';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { inFlight as paced } from './pace.mjs';

const [brokers, orchestration, stepList, url] = process.argv.slice(2);
const steps = stepList.split(',');
const kafka = new Kafka({
  brokers: brokers.split(','),
  clientId: 'limit',
  logLevel: logLevel.ERROR,
});
const producer = kafka.producer({ allowAutoTopicCreation: false });
const consumer = kafka.consumer({
  groupId: `limit-${randomUUID()}`,
  maxWaitTimeInMs: 100,
  minBytes: 1,
});
const pool = new pg.Pool({ connectionString: url, max: 4 });
for (const table of ['run', 'step', 'event'])
  await pool.query(`drop table if exists limit_${table}`);
await pool.query('create table limit_run (flow_id text primary key, status text, last int)');
await pool.query(
  'create table limit_step (flow_id text, step int, status text, primary key (flow_id, step))',
);
await pool.query(
  'create table limit_event (flow_id text, number int, body json, primary key (flow_id, number))',
);

const flows = new Map();
/** Whether this run stores anything. */
let stored = true;

function command(flow, step, action) {
  const headers = {
    flowId: flow.id,
    stepName: steps[step],
    action,
    attemptId: `${flow.id}:${steps[step]}:${action}:${flow.tries}`,
    status: true,
  };
  const value = JSON.stringify({ headers, payload: { fail: flow.fail } });
  return {
    topic: `orchestrator.${orchestration}.${steps[step]}.${action.toLowerCase()}`,
    key: flow.id,
    value,
  };
}

/** What follows one answer: the next command, or null at the end. */
function follow(flow, headers) {
  if (headers.action === 'DO' && headers.status) {
    flow.step++;
    if (flow.step === steps.length) return null;
    return command(flow, flow.step, 'DO');
  }
  if (headers.action === 'DO') {
    flow.tries++;
    if (flow.tries < 3) return command(flow, flow.step, 'DO');
  }
  flow.step--;
  return flow.step < 0 ? null : command(flow, flow.step, 'UNDO');
}

async function write(rows) {
  if (!stored || rows.length === 0) return;
  const client = await pool.connect();
  try {
    await client.query('begin');
    const upsert =
      'insert into limit_run select * from unnest($1::text[], $2::text[], $3::int[]) on conflict (flow_id) do update set status = excluded.status, last = excluded.last';
    const last = new Map(rows.map((row) => [row.id, row]));
    const runs = [...last.values()];
    await client.query({
      name: 'r',
      text: upsert,
      values: [
        runs.map((row) => row.id),
        runs.map((row) => row.status),
        runs.map((row) => row.number),
      ],
    });
    const steps_ = [...new Map(rows.map((row) => [`${row.id}/${row.step}`, row])).values()];
    const text =
      'insert into limit_step select * from unnest($1::text[], $2::int[], $3::text[]) on conflict (flow_id, step) do update set status = excluded.status';
    await client.query({
      name: 's',
      text,
      values: [
        steps_.map((row) => row.id),
        steps_.map((row) => row.step),
        steps_.map((row) => row.status),
      ],
    });
    const events =
      'insert into limit_event select * from unnest($1::text[], $2::int[], $3::json[])';
    await client.query({
      name: 'e',
      text: events,
      values: [
        rows.map((row) => row.id),
        rows.map((row) => row.number),
        rows.map((row) => row.body),
      ],
    });
    await client.query('commit');
  } finally {
    client.release();
  }
}

async function send(commands) {
  if (commands.length === 0) return;
  const byTopic = new Map();
  for (const { topic, ...message } of commands)
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), message]);
  await producer.sendBatch({
    acks: -1,
    topicMessages: [...byTopic].map(([topic, messages]) => ({ topic, messages })),
  });
}

function row(flow, status, step, body) {
  flow.number++;
  return { id: flow.id, status, step, number: flow.number, body: JSON.stringify(body) };
}

/** Resolves with one promise for the end of each. */
async function begin(count, fail) {
  const ends = [];
  const fresh = Array.from({ length: count }, () => {
    const flow = { id: randomUUID(), step: 0, tries: 0, number: 0, fail };
    ends.push(
      new Promise((resolve) => {
        flow.end = resolve;
      }),
    );
    flows.set(flow.id, flow);
    return flow;
  });
  await write(fresh.map((flow) => row(flow, 'IN_PROGRESS', 0, { type: 'started' })));
  await send(fresh.map((flow) => command(flow, 0, 'DO')));
  return ends;
}

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: ['limit.response'], fromBeginning: false });
const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
await consumer.run({
  partitionsConsumedConcurrently: 16,
  eachBatchAutoResolve: true,
  eachBatch: async ({ batch }) => {
    const rows = [];
    const commands = [];
    const ended = [];
    for (const { value } of batch.messages) {
      const { headers } = JSON.parse(value);
      const flow = flows.get(headers.flowId);
      if (flow === undefined) continue;
      const step = steps.indexOf(headers.stepName);
      const next = follow(flow, headers);
      rows.push(row(flow, next === null ? 'ENDED' : 'IN_PROGRESS', step, headers));
      if (next === null) ended.push(flow);
      else commands.push(next);
    }
    await write(rows);
    await send(commands);
    for (const flow of ended) {
      flows.delete(flow.id);
      flow.end();
    }
  },
});
await joined;
process.send({ ready: true });

process.on('message', async ({ start, fail, inFlight, stored: storing }) => {
  stored = storing;
  const from = performance.now();
  try {
    const spans = await paced({
      count: start,
      most: inFlight,
      begin: (count) => begin(count, fail),
    });
    process.send({ done: true, ms: performance.now() - from, spans });
  } catch ({ message }) {
    process.send({ done: true, error: message });
  }
});
process.on('SIGTERM', async () => {
  await consumer.disconnect();
  await producer.disconnect();
  await pool.end();
  process.exit(0);
});
