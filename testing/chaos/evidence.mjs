/**
 * What a run left behind: flows and timelines as readers see them, rows, every record on Kafka, and
 * the workers' ledger.
 */
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { Bank } from './bank.mjs';
import { REGISTERED, topicsOf } from './recipes.mjs';

export const REPLIES = 'orchestrator.response.result';
const STATUS = 'orchestrator.execution.status';

/** Calls back with each record of these topics, from the first to the last there is now. */
export async function readAll(brokers, topics, onRecord) {
  const kafka = new Kafka({
    brokers: brokers.split(','),
    clientId: 'chaos-evidence',
    logLevel: logLevel.ERROR,
  });
  const admin = kafka.admin();
  await admin.connect();
  const ends = new Map();
  for (const topic of topics)
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic))
      if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high));
  await admin.disconnect();
  if (ends.size === 0) return;
  const consumer = kafka.consumer({
    groupId: `chaos-evidence-${process.pid}-${Math.random()}`,
    maxWaitTimeInMs: 50,
  });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await new Promise((resolve, reject) => {
    const eachBatch = async ({ batch }) => {
      for (const message of batch.messages)
        onRecord({ topic: batch.topic, partition: batch.partition, ...message });
      const place = `${batch.topic}/${batch.partition}`;
      if (ends.has(place) && BigInt(batch.lastOffset()) + 1n >= ends.get(place)) ends.delete(place);
      if (ends.size === 0) resolve();
    };
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    consumer.run({ autoCommit: false, partitionsConsumedConcurrently: 8, eachBatch }).catch(reject);
  });
  await consumer.disconnect();
}

function parsed(value) {
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

/** `counts`: whether a command or an end, by its flow and its time, belongs to what is judged. */
async function readKafka(brokers, counts) {
  const commands = new Map();
  const ends = new Map();
  const poison = [];
  const commandTopics = REGISTERED.flatMap(topicsOf);
  await readAll(
    brokers,
    [...commandTopics, REPLIES, STATUS],
    ({ topic, partition, offset, value, timestamp }) => {
      const body = parsed(value);
      if (topic !== REPLIES && !counts(body.headers.flowId, Number(timestamp))) return;
      if (topic === STATUS) {
        const { flowId, eventNumber } = body.headers;
        if (eventNumber >= (ends.get(flowId)?.eventNumber ?? 0))
          ends.set(flowId, { eventNumber, status: body.payload.status });
      } else if (topic !== REPLIES) {
        const { flowId, stepName, action, attempt, attemptId, round } = body.headers;
        const list = commands.get(flowId) ?? [];
        list.push({
          stepName,
          action,
          attempt,
          attemptId,
          round: round ?? 0,
          mark: body.payload?.mark,
        });
        commands.set(flowId, list);
      } else if (
        body === null ||
        String(body.headers.flowId).startsWith('stray-') ||
        body.headers.status === 'perhaps'
      ) {
        poison.push(`${topic}/${partition}/${offset}`);
      }
    },
  );
  return { commands, ends, poison };
}

/** Flows with their timelines, one after the other, as the gateway's own read side gives them. */
export async function* flowsOf(url) {
  const { openPostgres } = await import('../../dist/postgres/database.js');
  const { silent } = await import('../../dist/observability/log.js');
  const options = {
    url,
    poolSize: 4,
    instanceId: 'evidence',
    leaseMs: 1000,
    statementTimeoutMs: 60_000,
    stepTopics: () => ['', ''],
    log: silent('postgres'),
  };
  const { readModel, close } = openPostgres(options);
  try {
    for (let after = null; ; ) {
      const { items, hasNextPage } = await readModel.history({}, 100, after);
      const timelines = await Promise.all(
        items.map(({ item }) => readModel.timeline(item.flowId, 0, 10_000)),
      );
      for (const [index, { item }] of items.entries())
        yield { flow: item, events: timelines[index] };
      if (!hasNextPage) return;
      after = items.at(-1).cursor;
    }
  } finally {
    await close();
  }
}

export async function gather(services, counts = () => true) {
  const client = new pg.Client({ connectionString: services.database.url });
  await client.connect();
  const rows = async (text) => (await client.query(text)).rows;
  const [{ count: outbox }] = await rows('SELECT count(*)::int FROM orchestration_outbox');
  const [{ count: parked }] = await rows(
    'SELECT count(*)::int FROM orchestration_run WHERE parked IS NOT NULL',
  );
  const quarantined = new Set(
    (await rows('SELECT topic, partition, record_offset FROM orchestration_quarantine')).map(
      (row) => `${row.topic}/${row.partition}/${row.record_offset}`,
    ),
  );
  await client.end();
  return {
    outbox,
    parked,
    quarantined,
    ...(await readKafka(services.brokers, counts)),
    bank: new Bank(join(services.folder, 'ledger')),
  };
}
