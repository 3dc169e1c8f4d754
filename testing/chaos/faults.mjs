/**
 * Everything that is broken on purpose. Each takes its time and has repaired what it broke when it
 * resolves; `since` = from when on all is whole again.
 */
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { wait, within } from './rig.mjs';

const INTAKE = [
  'orchestrator.response.result',
  'orchestrator.execution.start',
  'orchestrator.registration',
];

async function restarted(gateway, signal, pauseMs) {
  await gateway.end(signal);
  await wait(pauseMs);
  await gateway.start();
}

async function sql({ database }, ...texts) {
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const text of texts) await client.query(text);
  } finally {
    await client.end().catch(() => undefined);
  }
}

const DISK_FULL = `CREATE OR REPLACE FUNCTION chaos_full() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`;

/** Of one gateway, so that the other must take over. */
export const FAULTS = {
  'gateway killed': async ({ gateways }, random) => {
    const gateway = random.pick(gateways);
    await gateway.end('SIGKILL');
    const since = performance.now();
    await wait(random.between(200, 4000));
    await gateway.start();
    return since;
  },
  'gateway frozen': async ({ gateways }, random) => {
    const gateway = random.pick(gateways);
    gateway.signal('SIGSTOP');
    await wait(random.between(2000, 16_000));
    gateway.signal('SIGCONT');
  },
  'gateway restarted': async ({ gateways }, random) =>
    restarted(random.pick(gateways), 'SIGTERM', 100),
  'gateway clock jumped': async ({ gateways }, random) => {
    for (const gateway of gateways) gateway.signal('SIGUSR2');
    await wait(random.between(1000, 3000));
    for (const gateway of gateways) gateway.signal('SIGUSR2');
  },
  'PostgreSQL stopped at once': async ({ database }, random) => {
    await database.killImmediately();
    await wait(random.between(200, 4000));
    await database.start();
  },
  'connections cut': async (services) =>
    sql(
      services,
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname IS NOT NULL',
    ),
  'connection pool dry': async (services, random) =>
    sql(
      services,
      'BEGIN',
      'LOCK TABLE orchestration_run, orchestration_outbox IN ACCESS EXCLUSIVE MODE',
      `SELECT pg_sleep(${random.between(1, 6)})`,
      'COMMIT',
    ),
  'disk full': async (services, random) => {
    await sql(
      services,
      DISK_FULL,
      'CREATE TRIGGER chaos_full BEFORE INSERT OR UPDATE ON orchestration_run EXECUTE FUNCTION chaos_full()',
    );
    await wait(random.between(1000, 4000));
    await sql(services, 'DROP TRIGGER chaos_full ON orchestration_run');
  },
  'broker restarted': async ({ kafka }, random) => {
    await kafka.pause();
    await wait(random.between(100, 2000));
    await kafka.restart();
  },
  'broker killed': async ({ kafka }, random) => {
    await kafka.kill();
    await wait(random.between(100, 2000));
    await kafka.restart();
  },
  /** Foreign consumers join the gateways' group, are given partitions, and leave. */
  'rebalance storm': async ({ brokers }, random) => {
    const kafka = new Kafka({
      brokers: brokers.split(','),
      clientId: 'chaos-storm',
      logLevel: logLevel.NOTHING,
      retry: { retries: 3 },
    });
    for (let i = 0; i < 4; i++) {
      const consumer = kafka.consumer({ groupId: 'backstep', sessionTimeout: 10_000 });
      try {
        await within(10_000, consumer.connect());
        await consumer.subscribe({ topics: INTAKE });
        await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
        await wait(random.between(200, 1200));
      } finally {
        await within(5000, consumer.disconnect()).catch(() => undefined);
      }
    }
  },
  'workers killed': async ({ workers }, random) => {
    await workers.end('SIGKILL');
    await wait(random.between(100, 1500));
    await workers.start();
  },
  'workers silent': async ({ workers }, random) => {
    workers.signal('SIGSTOP');
    await wait(random.between(1000, 7000));
    workers.signal('SIGCONT');
  },
};

/** What breaks the same thing does so in turns. */
export const LANES = {
  gateways: ['gateway killed', 'gateway frozen', 'gateway restarted', 'gateway clock jumped'],
  database: ['PostgreSQL stopped at once', 'connections cut', 'connection pool dry', 'disk full'],
  broker: ['broker restarted', 'broker killed', 'rebalance storm'],
  workers: ['workers killed', 'workers silent'],
};
