/**
 * `npm run restore-drill`: a backup of PostgreSQL is taken under load, work goes on, the database
 * is lost, the backup takes its place — and every flow that is in it ends, because what was
 * answered meanwhile is read again from Kafka, from where the restored inbox stands. With `--pitr`
 * the database is restored to a moment between the backup and the loss, and the flows that it lost
 * are started again.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { SeededRandom } from '../kit/seeded-random.mjs';
import { archiveIn, backup } from './backups.mjs';
import { gather } from './evidence.mjs';
import { callGateway } from './gateway-calls.mjs';
import { Load } from './load.mjs';
import {
  deleteOpen,
  flowsIn,
  goBack,
  loseAll,
  mendLoss,
  noteMoment,
  openFlows,
  openIn,
  resumePaused,
  settled,
  toLookAt,
} from './losses.mjs';
import { REGISTERED } from './recipes.mjs';
import { Database, openServices, wait } from './rig.mjs';
import { Subscribers } from './subscribers.mjs';
import { judge } from './verdict.mjs';
import { Watch } from './watch.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    pitr: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print(`npm run restore-drill -- [--seconds 15] [--pitr]

--seconds: of load before the backup, and again after it.
--pitr: point-in-time recovery. The log of PostgreSQL is archived; after the backup the load goes on to a moment, and on from it until somebody deletes
the flows in flight by mistake. The database is restored to the moment, from the backup and the archive, and the flows it does not have are started again.`);
  process.exit(0);
}
await readyOrEnd();
const REGISTER =
  'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';
const secondsOfLoad = Number(values.seconds);
/** What holds for a single history: what was decided after the backup is decided again. */
const OF_ANY_HISTORY = /^(I1|I2|I4|I5|I6|I8|I9|I10|I11|no flow) /;

let archive = null;
async function databaseIn(data, port) {
  if (!values.pitr) return new Database(data, port);
  archive = await archiveIn(data);
  return new Database(data, port, archive.settings);
}

function openLoad(services, watch) {
  return new Load(services, {
    ...{ seed: '1', flows: 1e9, inFlight: 300 },
    open: () => watch.open,
    onStart: () => undefined,
  });
}

/** Load, a backup, load, the loss, the restore. */
async function loseUnderLoad(services, { load, copy }) {
  const { database } = services;
  const until = (share) => wait(secondsOfLoad * 1000 * share);
  const loading = load.run(performance.now() + secondsOfLoad * (values.pitr ? 3500 : 2000));
  await until(1);
  await backup(database, copy, archive);
  const before = load.accepted.size;
  print(
    `a backup was taken under load, with ${await openIn(database)} flows in flight; ${before} had been accepted`,
  );
  if (!values.pitr) {
    await loading;
    await loseAll(services, { copy, load, before });
    return null;
  }
  await until(1);
  const moment = await noteMoment(database);
  print(`the moment: ${moment.text}, with ${await openIn(database)} flows in flight`);
  await until(1);
  await deleteOpen(database, { load, moment });
  await loading;
  return goBack(services, { copy, archive, moment });
}

/** Gateways on the restored database, until everything has ended. */
async function goOn(services, { load, lost, watch, subscribers }) {
  const { database, gateways, workers } = services;
  print(
    `${await flowsIn(database)} flows are restored, ${await openIn(database)} of them in flight`,
  );
  workers.behave();
  await Promise.all(gateways.map((gateway) => gateway.start()));
  if (lost !== null) for (const id of await openFlows(database, 100)) subscribers.started(id);
  await resumePaused(services);
  const seconds = await settled(watch, workers);
  print(
    `all of them had ended ${seconds} s later, ${await flowsIn(database)} flows in all: starts by topic were read again`,
  );
  return lost === null ? [] : mendLoss(services, { load, lost, watch });
}

async function judged(services, { load, lost, restored, subscribers }) {
  // Commands of flows that were restored belong to it until the moment, and again since then.
  const counts = (_flowId, at) => lost === null || at < lost.from || at >= lost.to;
  const gathered = await gather(services, counts);
  print(`${gathered.quarantined.size} records are in quarantine`);
  const { violations, checked } = await judge(services, gathered, {
    accepted: load.accepted,
    delivered: subscribers.delivered,
    own: new Set(),
    isChecked: (invariant) => lost !== null || OF_ANY_HISTORY.test(invariant),
  });
  const listed = await toLookAt(services.database, restored);
  const known = violations.filter(
    ({ invariant, flowId }) => invariant.startsWith('I5') && listed.has(flowId),
  );
  const broken = violations
    .filter((one) => !known.includes(one))
    .map(({ invariant, what, trace }) => `${invariant}: ${what} ${trace ?? ''}`);
  print(
    `checked ${checked.flows} flows, ${checked.events} events, ${checked.commands} commands, ${checked.subscribers} subscribers: ${broken.length} violations; effects of the lost time are left in ${known.length} of the ${listed.size} flows that the two queries of docs/operating.md list`,
  );
  return broken;
}

const folder = mkdtempSync(join(tmpdir(), 'backstep-restore-'));
const services = await openServices({
  ...{ folder, seed: '1', gateways: 2, partitions: 4, misbehaviour: 0.3 },
  databaseIn,
});
let broken = ['the drill did not end'];
try {
  for (const { document } of REGISTERED)
    await callGateway(services.gateways, REGISTER, { document: JSON.stringify(document) });
  await services.workers.start();
  const watch = new Watch(services.database);
  const load = openLoad(services, watch);
  const random = new SeededRandom('1 subscribers');
  const subscribers = new Subscribers(services.gateways, random, { share: 1, most: 100 });
  const lost = await loseUnderLoad(services, { load, copy: join(folder, 'backup') });
  const restored = new Date();
  const missing = await goOn(services, { load, lost, watch, subscribers });
  await subscribers.catchUp();
  await watch.stop();
  broken = [...missing, ...(await judged(services, { load, lost, restored, subscribers }))];
  for (const one of broken.slice(0, 5)) print(`  ✗ ${one}`);
} finally {
  await services.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(broken.length === 0 ? 0 : 1);
