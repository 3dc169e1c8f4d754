/**
 * `npm run drills`: causes the situation behind each alert and each verdict on real services, runs
 * the commands of docs/operating.md as they stand, sees that they help, and writes docs/drills.md.
 *   --only NAME,…   some drills; docs/drills.md stays as it is
 */
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { ALERTS, OUTAGE, STUCK } from './alerts.mjs';
import { writeReport } from './report.mjs';
import { isBeyond, openPlatform, readLimits, readRunbook, runBlock } from './runbook.mjs';
import { VERDICTS } from './verdicts.mjs';
import { until, World } from './world.mjs';

const { values } = parseArgs({
  options: { only: { type: 'string' }, help: { type: 'boolean', default: false } },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print(`npm run drills -- [--only NAME,…]

Causes what each alert and each verdict is about, runs the runbook's commands, and writes docs/drills.md; some of them: --only. Takes about ten minutes, needs
Java, openssl and psql.`);
  process.exit(0);
}
const only = values.only?.split(',') ?? null;
const isWanted = ({ name }) => only === null || only.includes(name);
/** The most that a condition may take: half a minute for most limits, five for stuck steps. */
const SEEN_WITHIN_MS = 420_000;
const GONE_WITHIN_MS = 240_000;

await readyOrEnd();
const runbook = readRunbook();
const limits = readLimits();
const results = [];
const began = performance.now();
const world = await World.open();
const platform = await openPlatform((verb, what) => world.platform(verb, what));

/** Evidence that the condition holds, or null. */
async function conditionOf(drill, variables) {
  if (drill.kind === 'verdict') return drill.seen(world, variables);
  const limit = limits.get(drill.name);
  const value = await drill.value(world, variables);
  const wanted = `${limit.operator} ${limit.limit}`;
  if (value === null || Number.isNaN(value)) return null;
  return isBeyond(value, limit) ? `${Number(value.toPrecision(4))} (fires at ${wanted})` : null;
}

async function isGone(drill, variables) {
  if (drill.kind === 'verdict') return drill.cleared(world, variables);
  const value = await drill.value(world, variables);
  return value !== null && !Number.isNaN(value) && !isBeyond(value, limits.get(drill.name));
}

function shellOf(variables) {
  const texts = Object.entries(variables).filter(([, value]) => typeof value === 'string');
  const { gateway, database, brokers } = world;
  const common = { GATEWAY: gateway.url, BACKSTEP_URL: `${gateway.url}/graphql` };
  const services = { DATABASE_URL: database.url, KAFKA_BROKERS: brokers };
  return { platform, variables: { ...common, ...services, ...Object.fromEntries(texts) } };
}

async function block(result, kind, variables) {
  const commands = runbook.get(result.name)?.[kind];
  if (commands === undefined) return false;
  const isStrict = kind === 'do';
  const { code, output } = await runBlock(commands, { ...shellOf(variables), strict: isStrict });
  result.runs.push({ commands, output });
  if (isStrict && code !== 0) throw new Error(`its commands ended with ${code}: ${output}`);
  return true;
}

async function see(drill, result, variables) {
  const look = () => conditionOf(drill, variables);
  result.evidence = await until(`the condition of ${drill.name}`, look, SEEN_WITHIN_MS);
  await block(result, 'look', variables);
}

async function repair(drill, result, variables) {
  variables.base = await drill.rebase?.(world, variables);
  const from = performance.now();
  if (!(await block(result, 'do', variables))) await drill.undone?.(world, variables);
  await drill.proof?.(world, variables);
  await until(`the end of ${drill.name}`, () => isGone(drill, variables), GONE_WITHIN_MS);
  result.seconds = (performance.now() - from) / 1000;
  await block(result, 'helped', variables);
  await drill.after?.(world, variables);
}

/** Some drills share a cause: each is seen, then each is repaired. */
async function run(drills, cause, caused) {
  const wanted = drills.filter(isWanted);
  if (wanted.length === 0) return;
  const shared = (index) => (index === 0 ? caused : `the same; ${wanted[0].name} ended it`);
  const made = wanted.map(({ name, part, caused: own }, index) => ({
    name,
    part,
    caused: own ?? shared(index),
    runs: [],
  }));
  results.push(...made);
  try {
    const variables = await cause(world);
    for (const [index, drill] of wanted.entries()) await see(drill, made[index], variables);
    for (const [index, drill] of wanted.entries()) await repair(drill, made[index], variables);
  } catch (error) {
    for (const result of made) if (result.seconds === undefined) result.problem = error.message;
  }
  for (const { name, part, evidence, seconds, problem } of made)
    print(
      `${problem === undefined ? '✓' : '✗'} ${name}${part ? ` (${part})` : ''}: ${problem ?? `${evidence}; gone after ${seconds.toFixed(1)} s`}`,
    );
}

try {
  const stuck = isWanted(STUCK) ? await STUCK.cause(world) : null;
  for (const drill of [...VERDICTS, ...ALERTS.slice(0, -1)])
    await run([drill], drill.cause, drill.caused);
  await run(OUTAGE.drills, OUTAGE.cause, OUTAGE.caused);
  const last = ALERTS.at(-1);
  await run([last], last.cause, last.caused);
  if (stuck !== null) {
    STUCK.before(world, stuck);
    await run([STUCK], () => stuck, STUCK.caused);
  }
  if (only === null)
    writeReport(results, { folder: world.folder, minutes: (performance.now() - began) / 60_000 });
} finally {
  await platform.close();
  await world.close();
}
const failed = results.filter(({ problem }) => problem !== undefined);
print(`\n${results.length - failed.length} passed, ${failed.length} failed`);
process.exit(failed.length === 0 ? 0 : 1);
