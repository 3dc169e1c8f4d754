/**
 * What breaks in a cluster. Each fault gets `hold`, which it awaits while something is broken and
 * work must go on all the same; without such a time, it returns since when all is whole again.
 */
import { Kafka, logLevel } from 'kafkajs';
import { FAULTS as SINGLE } from './faults.mjs';
import { REGISTERED, topicsOf } from './recipes.mjs';
import { wait, within } from './rig.mjs';

const INTAKE = [
  'orchestrator.response.result',
  'orchestrator.execution.start',
  'orchestrator.registration',
];
const ALL = [...INTAKE, 'orchestrator.execution.status', ...REGISTERED.flatMap(topicsOf)];

async function onAdmin(brokers, work) {
  const kafka = new Kafka({
    brokers: brokers.split(','),
    clientId: 'chaos-admin',
    logLevel: logLevel.NOTHING,
    retry: { retries: 10 },
  });
  const admin = kafka.admin();
  await within(30_000, admin.connect());
  try {
    return await within(30_000, work(admin));
  } finally {
    await within(5_000, admin.disconnect()).catch(() => undefined);
  }
}

/** `alterConfigs` replaces all of a topic's settings: what it had is named again. */
async function setMinInsync(brokers, value) {
  await onAdmin(brokers, async (admin) => {
    const resources = ALL.map((name) => ({ type: 2, name }));
    const { resources: found } = await admin.describeConfigs({
      resources: resources.map((one) => ({ ...one, configNames: ['max.message.bytes'] })),
      includeSynonyms: false,
    });
    const altered = found.map(({ resourceName, configEntries }) => ({
      type: 2,
      name: resourceName,
      configEntries: [
        { name: 'max.message.bytes', value: configEntries[0].configValue },
        ...(value === null ? [] : [{ name: 'min.insync.replicas', value: String(value) }]),
      ],
    }));
    await admin.alterConfigs({ resources: altered, validateOnly: false });
  });
}

/** Another replica of each partition is preferred as leader; the controller elects it soon. */
async function moveLeaders(brokers, names) {
  await onAdmin(brokers, async (admin) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    await admin.alterPartitionReassignments({
      topics: topics.map(({ name, partitions }) => ({
        topic: name,
        partitionAssignment: partitions.map(({ partitionId, leader, replicas }) => {
          const others = replicas.filter((one) => one !== leader);
          return { partition: partitionId, replicas: [...others, leader] };
        }),
      })),
    });
    const before = leadersOf(topics);
    for (let moved = false; !moved; await wait(200)) {
      const now = leadersOf((await admin.fetchTopicMetadata({ topics: names })).topics);
      moved = [...before].every(([place, leader]) => now.get(place) !== leader);
    }
  });
}

const leadersOf = (topics) =>
  new Map(
    topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionId, leader }) => [`${name}/${partitionId}`, leader]),
    ),
  );

async function downAndUp(broker, signal, hold) {
  const since = performance.now();
  await broker[signal]();
  await hold(since);
  await broker.restart();
}

/** Those that wait for a standby with a commit have not noticed that nobody waits for them. */
const SESSIONS = `SELECT count(*) FILTER (WHERE wait_event IS DISTINCT FROM 'SyncRep')::int AS used,
  count(*) FILTER (WHERE wait_event = 'SyncRep')::int AS waiting
  FROM pg_stat_activity WHERE application_name = 'backstep'`;
const LEFT_WITHIN_MS = 20_000;

async function flowIds(server) {
  return (await server.sql('SELECT flow_id FROM orchestration_run')).map((row) => row.flow_id);
}

/**
 * An old primary that is back: no gateway uses it, and it has no flow that the new one does not
 * have. Returns how many commits it could not complete.
 */
async function mustBeFenced({ pair }, old) {
  const until = performance.now() + LEFT_WITHIN_MS;
  let [sessions] = await old.sql(SESSIONS);
  while (sessions.used > 0 && performance.now() < until) {
    await wait(100);
    [sessions] = await old.sql(SESSIONS);
  }
  const known = new Set(await flowIds(pair.primary));
  const alone = (await flowIds(old)).filter((flowId) => !known.has(flowId));
  if (sessions.used > 0 || alone.length > 0)
    throw new Error(
      `the old primary is in use: ${sessions.used} sessions, ${alone.length} flows of its own`,
    );
  return sessions.waiting;
}

const KAFKA = {
  'a broker killed': async ({ kafka }, random, hold) =>
    downAndUp(random.pick(kafka.list), 'kill', hold),
  'the controller killed': async ({ kafka }, _random, hold) =>
    downAndUp(kafka.controller, 'kill', hold),
  'a broker restarted': async ({ kafka }, random, hold) =>
    downAndUp(random.pick(kafka.list), 'pause', hold),
  'a broker frozen': async ({ kafka }, random, hold) => {
    const { pid } = random.pick(kafka.list);
    const since = performance.now();
    process.kill(pid, 'SIGSTOP');
    await hold(since);
    process.kill(pid, 'SIGCONT');
  },
  'a rolling restart of the brokers': async ({ kafka }) => {
    for (const broker of kafka.list) {
      await broker.pause();
      await broker.restart();
    }
  },
  'new leaders for all partitions': async ({ brokers }) => moveLeaders(brokers, ALL),
  'new coordinators for all groups': async ({ brokers }) =>
    moveLeaders(brokers, ['__consumer_offsets']),
  'partitions under min.insync': async ({ kafka, brokers }, random) => {
    await setMinInsync(brokers, 3);
    const broker = random.pick(kafka.list);
    await broker.kill();
    // Longer than the session of a broker: it leaves the in-sync replicas.
    await wait(random.between(10_000, 14_000));
    await broker.restart();
    await setMinInsync(brokers, null);
  },
  'two brokers killed': async ({ kafka }, random) => {
    const left = random.pick(kafka.list);
    const killed = kafka.list.filter((one) => one !== left);
    await Promise.all(killed.map((one) => one.kill()));
    await wait(random.between(1_000, 8_000));
    await Promise.all(killed.map((one) => one.restart()));
  },
};

const POSTGRES = {
  'primary killed and standby promoted': async ({ database: { pair } }, _random, hold) => {
    const since = performance.now();
    await pair.primary.end('SIGKILL');
    await pair.promote();
    await hold(since);
    await pair.rebuild();
  },
  'primary frozen and standby promoted': async ({ database }, random, hold) => {
    const { pair } = database;
    const old = pair.primary;
    const since = performance.now();
    old.freeze();
    await pair.promote();
    await hold(since);
    old.thaw();
    await wait(random.between(1_000, 3_000));
    database.fenced += await mustBeFenced(database, old);
    await pair.rebuild();
  },
  'planned switchover': async ({ database: { pair } }, _random, hold) => {
    const since = performance.now();
    await pair.switchOver();
    await hold(since);
    await pair.follow();
  },
  'standby killed': async ({ database: { pair } }, random) => {
    await pair.standby.end('SIGKILL');
    await wait(random.between(500, 6_000));
    await pair.standby.start();
    await pair.waitForStandby();
  },
};

const NETWORK = {
  'a gateway cut off from a broker': async ({ kafka }, random, hold) => {
    const proxy = random.pick(kafka.proxies);
    const since = performance.now();
    proxy.cut();
    await hold(since);
    proxy.mend();
  },
  'a gateway cut off from the primary': async ({ database }, _random, hold) => {
    const proxy = database.proxies.get(database.pair.primary);
    const since = performance.now();
    proxy.cut();
    await hold(since);
    proxy.mend();
  },
};

/** Those of one broker and one server that mean the same here. */
const SHARED = [
  ...['gateway killed', 'gateway frozen', 'gateway restarted', 'connections cut'],
  ...['connection pool dry', 'rebalance storm', 'workers killed'],
];
const shared = Object.fromEntries(SHARED.map((name) => [name, SINGLE[name]]));

export const FAULTS = { ...KAFKA, ...POSTGRES, ...NETWORK, ...shared };

/** What breaks the same thing does so in turns. */
export const LANES = {
  gateways: ['gateway killed', 'gateway frozen', 'gateway restarted'],
  database: [...Object.keys(POSTGRES), 'connections cut', 'connection pool dry'],
  broker: [...Object.keys(KAFKA), 'rebalance storm'],
  network: Object.keys(NETWORK),
  workers: ['workers killed'],
};
