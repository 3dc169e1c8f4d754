/**
 * `npm run upgrade-drill`: gateways of an older version, built from git, behind one group; while
 * flows run, one after the other is replaced by this version, and then by the older one again. Then
 * every promise is checked.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { SeededRandom } from '../kit/seeded-random.mjs';
import { ROOT } from '../steps.mjs';
import { query } from './backups.mjs';
import { openCluster } from './cluster-rig.mjs';
import { gather } from './evidence.mjs';
import { callGateway } from './gateway-calls.mjs';
import { Load } from './load.mjs';
import { settled } from './losses.mjs';
import { REGISTERED } from './recipes.mjs';
import { Database, openServices, wait } from './rig.mjs';
import { Subscribers } from './subscribers.mjs';
import { judge } from './verdict.mjs';
import { beforeNewestMigration, migrationsOf, versionOf } from './versions.mjs';
import { Watch } from './watch.mjs';

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    gateways: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '6' },
    'in-flight': { type: 'string', default: '100' },
    misbehaviour: { type: 'string', default: '0.3' },
    seed: { type: 'string', default: '1' },
    cluster: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print(`npm run upgrade-drill -- [--from COMMIT] [--gateways 3] [--seconds 6] [--in-flight 100] [--misbehaviour 0.3] [--seed 1] [--cluster] [--keep]

--from: the older version; by default the last one before the newest file of migrations/. It is built from git into .cache/versions, once.
--seconds: of load before each replacement. --keep: logs of the gateways stay.
--cluster: three brokers and a PostgreSQL with a standby; it needs a --from that knows several servers in DATABASE_URL (89a5ea3 or later).
Ends with 1 when something that was accepted is lost or doubled, or a promise of docs/promises.md is broken.`);
  process.exit(0);
}
if (values.cluster && values.from === undefined) {
  print('--cluster needs a --from that knows several servers in DATABASE_URL; see --help');
  process.exit(2);
}
await readyOrEnd();
const REGISTER =
  'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';
/** What src/postgres/schema/running-gateways.ts announces: the migration files a gateway knows. */
const KNOWN = `SELECT objid::int AS files, count(*)::int AS gateways FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid::bigint = ${0x73727673} GROUP BY 1 ORDER BY 1`;
const MIGRATED =
  "SELECT count(*)::int AS n FROM mikro_orm_migrations WHERE name LIKE 'migration-%'";
const DOUBLED = `SELECT idempotency_key FROM orchestration_run WHERE idempotency_key IS NOT NULL
  GROUP BY orchestration_name, idempotency_key HAVING count(*) > 1`;
const pauseMs = Number(values.seconds) * 1000;
const seconds = (ms) => (ms / 1000).toFixed(1);

async function printServing({ database }) {
  const known = await query(database.url, KNOWN);
  const serving = known.map(({ files, gateways }) => `${gateways} with ${files} migrations`);
  const [{ n }] = await query(database.url, MIGRATED);
  print(`    serving: ${serving.join(', ')}; the database has ${n}`);
}

/** One after the other: a clean stop, the other version on the same port, until it is ready. */
async function replaceAll(services, version, { load }) {
  print(`to ${version.name}:`);
  for (const gateway of services.gateways) {
    await wait(pauseMs);
    const before = load.accepted.size;
    const from = performance.now();
    await gateway.end('SIGTERM');
    const ended = performance.now();
    gateway.root = version.root;
    await gateway.start();
    const ready = performance.now();
    print(
      `  ${gateway.name}: stopped in ${seconds(ended - from)} s, ready ${seconds(ready - ended)} s later; ${load.accepted.size - before} starts were accepted meanwhile`,
    );
    await printServing(services);
  }
  await wait(pauseMs);
}

const openAll = (folder, root) =>
  (values.cluster ? openCluster : openServices)({
    folder,
    seed: values.seed,
    gateways: Number(values.gateways),
    partitions: 4,
    misbehaviour: Number(values.misbehaviour),
    root,
    databaseIn: (data, port) => new Database(data, port, { max_connections: '100' }),
  });

async function register({ gateways }) {
  for (const { document } of REGISTERED)
    await callGateway(gateways, REGISTER, { document: JSON.stringify(document) });
}

function openLoad(services, watch, subscribers) {
  return new Load(services, {
    ...{ seed: values.seed, flows: 1e9, inFlight: Number(values['in-flight']) },
    open: () => watch.open,
    onStart: (flowId) => subscribers.started(flowId),
  });
}

/** Up and down under load; resolves when all of it was accepted and has ended. */
async function upAndDown(services, { load, watch, versions }) {
  const loading = load.run(Number.POSITIVE_INFINITY);
  loading.catch(() => load.stop());
  await printServing(services);
  await replaceAll(services, versions.newer, { load });
  await replaceAll(services, versions.older, { load });
  load.stop();
  await loading;
  services.workers.behave();
  print(
    `no more starts; the last flow had ended ${await settled(watch, services.workers)} s later`,
  );
  const { graphql, rest, topic, overloaded, retried } = load.counts;
  const troubles = [...load.troubles].map(([reason, count]) => `${reason} ${count}`).join(', ');
  print(
    `${load.accepted.size} starts were accepted (GraphQL ${graphql}, REST ${rest}, topic ${topic}), the slowest in ${seconds(load.slowest)} s; ${retried} tries failed and were repeated (${troubles}), ${overloaded} times OVERLOADED`,
  );
}

async function judged(services, { load, subscribers }) {
  const verdict = await judge(services, await gather(services), {
    accepted: load.accepted,
    delivered: subscribers.delivered,
    own: new Set(),
  });
  const { checked, violations } = verdict;
  const doubled = await query(services.database.url, DOUBLED);
  print(
    `checked ${checked.flows} flows, ${checked.events} events, ${checked.commands} commands, ${checked.subscribers} subscribers: ${violations.length} violations; ${doubled.length} keys started two flows`,
  );
  const broken = violations.map(
    ({ invariant, what, trace }) => `${invariant}: ${what} ${trace ?? ''}`,
  );
  return [...broken, ...doubled.map((row) => `${row.idempotency_key} started two flows`)];
}

const older = await versionOf(values.from ?? beforeNewestMigration(), print);
const newer = { root: ROOT, name: 'this version', migrations: migrationsOf(ROOT) };
print(
  `${values.gateways} gateways of ${older.name} with ${older.migrations} migrations; this version has ${newer.migrations}`,
);
const folder = mkdtempSync(join(tmpdir(), 'backstep-upgrade-'));
const services = await openAll(folder, older.root);
let broken = ['the drill did not end'];
try {
  await register(services);
  await services.workers.start();
  const watch = new Watch(services.database);
  const random = new SeededRandom(`${values.seed} subscribers`);
  const subscribers = new Subscribers(services.gateways, random, { share: 0.05, most: 100 });
  const load = openLoad(services, watch, subscribers);
  await upAndDown(services, { load, watch, versions: { older, newer } });
  await subscribers.catchUp();
  await watch.stop();
  broken = await judged(services, { load, subscribers });
  for (const one of broken.slice(0, 5)) print(`  ✗ ${one}`);
} finally {
  await services.close();
  if (values.keep) print(`kept: ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
process.exit(broken.length === 0 ? 0 : 1);
