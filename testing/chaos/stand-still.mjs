/**
 * Flows that stand still leave evidence by themselves: what PostgreSQL, the gateways and Kafka show
 * at that moment is written into the folder of the run, before anything is ended.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { within } from './rig.mjs';

/** Longer than a broker that died needs to be replaced. */
const STILL_MS = 30_000;
const MOST_FILES = 10;
const ANSWER_MS = 5_000;

const PRIMARY = {
  activity: 'SELECT * FROM pg_stat_activity WHERE datname IS NOT NULL ORDER BY xact_start',
  replication: 'SELECT * FROM pg_stat_replication',
  locks: 'SELECT * FROM pg_locks WHERE NOT granted',
  open: `SELECT status, count(*)::int AS flows, count(*) FILTER (WHERE wake_at < now())::int AS due,
    min(wake_at) AS first_due FROM orchestration_run WHERE status IN ('IN_PROGRESS', 'UNDOING') GROUP BY 1`,
  steps: `SELECT s.status, count(*)::int AS steps FROM orchestration_step_run s JOIN orchestration_run r USING (flow_id)
    WHERE r.status IN ('IN_PROGRESS', 'UNDOING') GROUP BY 1`,
  outbox: 'SELECT count(*)::int AS rows FROM orchestration_outbox',
  settings: "SELECT name, setting FROM pg_settings WHERE name LIKE 'synchronous%'",
};
const STANDBY = {
  activity: 'SELECT * FROM pg_stat_activity WHERE datname IS NOT NULL',
  receiver: 'SELECT * FROM pg_stat_wal_receiver',
  recovery: 'SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn(), pg_last_wal_receive_lsn()',
};

const answerOf = (work) =>
  within(ANSWER_MS, work()).catch((error) => ({ error: String(error.message ?? error) }));

function rowsOf(url, statements) {
  return answerOf(async () => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
    client.on('error', () => undefined);
    await client.connect();
    try {
      const found = {};
      for (const [name, text] of Object.entries(statements))
        found[name] = (await client.query(text)).rows;
      return found;
    } finally {
      client.end().catch(() => undefined);
    }
  });
}

const pageOf = (url) =>
  answerOf(async () => {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MS) });
    const text = await response.text();
    return { status: response.status, text: text.split('\n').filter((line) => !/^#/.test(line)) };
  });

async function kafkaOf(brokers) {
  const kafka = new Kafka({
    brokers: brokers.split(','),
    clientId: 'chaos-still',
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin({ retry: { retries: 2 } });
  try {
    return await answerOf(async () => {
      await admin.connect();
      const { groups } = await admin.describeGroups(['backstep', 'chaos-worker']);
      const { topics } = await admin.fetchTopicMetadata();
      const behind = topics.flatMap(({ name, partitions }) =>
        partitions
          .filter(({ isr, replicas, leader }) => leader < 0 || isr.length < replicas.length)
          .map((one) => ({ topic: name, ...one })),
      );
      const members = groups.map(({ groupId, state, members: list }) => ({
        groupId,
        state,
        members: list.map(({ memberId, clientHost }) => ({ memberId, clientHost })),
      }));
      return { groups: members, behind };
    });
  } finally {
    admin.disconnect().catch(() => undefined);
  }
}

async function evidence({ database, gateways, brokers }) {
  const standby = database.pair?.standby.url;
  const [primary, other, kafka, ...shown] = await Promise.all([
    rowsOf(database.url, PRIMARY),
    standby === undefined ? null : rowsOf(standby, STANDBY),
    kafkaOf(brokers),
    ...gateways.map(async ({ name, url }) => ({
      name,
      readyz: await pageOf(`${url}/readyz`),
      metrics: await pageOf(`${url}/metrics`),
    })),
  ]);
  return { at: new Date().toISOString(), primary, standby: other, kafka, gateways: shown };
}

export class StandStill {
  files = 0;

  constructor(services, watch, print) {
    Object.assign(this, { services, watch, print });
    this.seen = { mark: null, since: performance.now() };
    this.looking = setInterval(() => this.look(), 1000);
  }

  look() {
    const { mark, open } = this.watch;
    const now = performance.now();
    if (mark !== this.seen.mark || open === 0) this.seen = { mark, since: now };
    else if (now - this.seen.since > STILL_MS) {
      this.seen = { mark, since: now };
      this.write(`${open} flows have stood still for ${STILL_MS / 1000} s`);
    }
  }

  /** Never rejects: what cannot be read is in the file as an error. */
  async write(why) {
    if (this.files === MOST_FILES) return;
    const file = join(this.services.folder, `stand-still-${++this.files}.json`);
    const found = { why, ...(await evidence(this.services)) };
    writeFileSync(file, JSON.stringify(found, null, 1));
    this.print(`  ${why}: see ${file}`);
  }

  stop() {
    clearInterval(this.looking);
  }
}
