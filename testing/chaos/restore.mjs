/**
 * `npm run restore-drill`: a backup of PostgreSQL is taken under load, work goes on, the database
 * is lost, the backup takes its place — and every flow that is in it ends, because what was
 * answered meanwhile is read again from Kafka, from where the restored inbox stands.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { gather } from './evidence.mjs';
import { callGateway } from './gateway-calls.mjs';
import { Load } from './load.mjs';
import { PROBE, RECIPES } from './recipes.mjs';
import { openServices, wait } from './rig.mjs';
import { judge } from './verdict.mjs';
import { Watch } from './watch.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '15' },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print(
    'npm run restore-drill -- [--seconds 15]   seconds of load before the backup, and again after it',
  );
  process.exit(0);
}
await readyOrEnd();
const REGISTER =
  'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';
const SETTLE_WITHIN_MS = 120_000;

/**
 * As PostgreSQL's manual describes it: the files are copied while it serves, between two calls; the
 * log of that time comes last.
 */
async function backup({ url, folder }, into) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query("SELECT pg_backup_start('drill', true)");
  cpSync(join(folder, 'data'), into, {
    recursive: true,
    filter: (path) => !path.endsWith('postmaster.pid') && !path.includes('/pg_wal/'),
  });
  const { rows } = await client.query('SELECT labelfile FROM pg_backup_stop(false)');
  await client.end();
  cpSync(join(folder, 'data', 'pg_wal'), join(into, 'pg_wal'), { recursive: true });
  writeFileSync(join(into, 'backup_label'), rows[0].labelfile);
}

/** The files must belong to whom the server runs as. */
function restore({ folder }, from) {
  const data = join(folder, 'data');
  renameSync(data, `${data}.lost`);
  cpSync(from, data, { recursive: true });
  execFileSync('chmod', ['700', data]);
  execFileSync('chown', ['-R', `--reference=${data}.lost`, data]);
}

const counted = async (url, text) => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query(text);
  await client.end();
  return rows[0].n;
};
const RESUME =
  'mutation($flowId: ID!) { resumeFlow(input: {flowId: $flowId, reason: "after the restore"}) { problems { code } } }';
const PAUSED =
  "SELECT coalesce(json_agg(flow_id), '[]') AS n FROM orchestration_run WHERE status = 'IN_PROGRESS' AND (state->>'paused')::boolean";
const paused = (url) => counted(url, PAUSED);
const FLOWS = 'SELECT count(*)::int AS n FROM orchestration_run';
const OPEN =
  "SELECT count(*)::int AS n FROM orchestration_run WHERE status IN ('IN_PROGRESS', 'UNDOING')";

const folder = mkdtempSync(join(tmpdir(), 'backstep-restore-'));
const services = await openServices({
  folder,
  seed: '1',
  gateways: 2,
  partitions: 4,
  misbehaviour: 0.3,
});
let broken = ['the drill did not end'];
try {
  const { database, gateways } = services;
  for (const { document } of [...RECIPES, PROBE])
    await callGateway(gateways, REGISTER, { document: JSON.stringify(document) });
  await services.workers.start();
  const watch = new Watch(database);
  const load = new Load(services, {
    seed: '1',
    flows: 1e9,
    inFlight: 300,
    open: () => watch.open,
    onStart: () => undefined,
  });
  const loading = load.run(performance.now() + Number(values.seconds) * 2000);
  await wait(Number(values.seconds) * 1000);
  const copy = join(folder, 'backup');
  await backup(database, copy);
  const atBackup = load.accepted.size;
  print(
    `a backup was taken under load, with ${await counted(database.url, OPEN)} flows in flight; ${atBackup} had been accepted`,
  );
  await loading;
  print(`${load.accepted.size - atBackup} more were accepted; now the database is lost`);
  await database.killImmediately();
  // Gateways that run through it would go on reading where they were: stopped, they begin where the
  // restored inbox stands.
  await Promise.all(gateways.map((gateway) => gateway.end('SIGTERM')));
  restore(database, copy);
  await database.start();
  const [flows, open] = [await counted(database.url, FLOWS), await counted(database.url, OPEN)];
  print(`the backup is in its place: ${flows} flows, ${open} of them in flight`);
  services.workers.behave();
  const restored = performance.now();
  await Promise.all(gateways.map((gateway) => gateway.start()));
  // Operator actions after the backup are lost with it: they are repeated.
  for (const flowId of await paused(database.url)) await callGateway(gateways, RESUME, { flowId });
  for (
    let quiet = 0;
    quiet < 30 && performance.now() < restored + SETTLE_WITHIN_MS;
    await wait(100)
  )
    quiet = watch.open === 0 && watch.outbox === 0 ? quiet + 1 : 0;
  print(
    `all of them had ended ${((performance.now() - restored - 3000) / 1000).toFixed(1)} s later, ${await counted(database.url, FLOWS)} flows in all: starts by topic were read again`,
  );
  await watch.stop();
  const gathered = await gather(services);
  print(
    `quarantined: ${gathered.quarantined.size}, answers to flows that the backup does not know among them`,
  );
  const { violations, checked } = await judge(services, gathered, {
    accepted: load.accepted,
    delivered: new Map(),
    own: new Set(),
    // What was decided after the backup is decided again: only what holds for a single history is
    // checked.
    isChecked: (invariant) => /^(I1|I2|I4|I5|I6|I8|I9|I10|I11|no flow) /.test(invariant),
  });
  // A step done after the backup, in a flow that took another course since: its reply is on the
  // timeline as one to an unknown command.
  const known = violations.filter(
    ({ invariant, timeline }) =>
      invariant.startsWith('I5') &&
      timeline.some((line) => /REPLY_REFUSED.*code=(NOT_SENT|WRONG_STATE)/.test(line)),
  );
  broken = violations
    .filter((one) => !known.includes(one))
    .map(({ invariant, what, trace }) => `${invariant}: ${what} ${trace ?? ''}`);
  print(
    `checked ${checked.flows} flows: ${broken.length} violations; ${known.length} to look at by hand (a reply to a command of the lost history is on their timeline)`,
  );
  for (const one of broken.slice(0, 5)) print(`  ✗ ${one}`);
} finally {
  await services.close();
  if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
}
process.exit(broken.length === 0 ? 0 : 1);
