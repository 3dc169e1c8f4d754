/**
 * `npm run hostile`: one kind of attack after the other on a real gateway, beside honest load, and
 * what the honest ones felt of it. `--kind TEXT` only kinds with this text; `--seconds N` longest
 * per kind; `--shared` one gateway for all kinds; `--short` that, half a second each and brief
 * kinds beside each other: about a minute, and times fail it only where the gateway stood still;
 * `--seed N`; `--json FILE`.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { print } from '../steps.mjs';
import { KINDS } from './kinds.mjs';
import { Observed } from './observed.mjs';

const { values: flags } = parseArgs({
  options: {
    kind: { type: 'string', default: '' },
    seconds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
    json: { type: 'string' },
    shared: { type: 'boolean', default: false },
    short: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  print(`npm run hostile -- [--kind TEXT] [--seconds 30] [--seed 1] [--short] [--shared] [--json FILE]

One kind of attack after the other on a real gateway, beside honest load. --kind: only kinds with this text.`);
  process.exit(0);
}
const MS = flags.short ? 500 : Number(flags.seconds) * 1000;
const SHARED = flags.short || flags.shared;
/** So many brief kinds stand beside each other with --short. */
const BESIDE = 5;
/** What must hold (docs/hostile.md). */
const MOST_LIVEZ_MS = 250;
const MOST_TIMES_CALM = 5;
/**
 * With --short, beside other tests: a shared machine makes everything slow, but nothing may stand
 * still.
 */
const STOOD_STILL_MS = 5000;
/** A p99 of few measurements is a single one of them: below this nothing is compared. */
const LEAST_EXECUTE_MS = 100;
const MOST_RSS_MB = 600;
/**
 * A shared gateway that holds this much gives way to a new one: what an attack costs is measured
 * from below.
 */
const FRESH_ABOVE_MB = 400;

function wrongIn({ livezMs, executeP99Ms, calmMs, peakMb, ended }) {
  const timesCalm = Math.max(LEAST_EXECUTE_MS, calmMs) * MOST_TIMES_CALM;
  const allowed = flags.short ? Math.max(STOOD_STILL_MS, timesCalm) : timesCalm;
  return [
    ...(ended === null ? [] : [`the process ended: ${ended}`]),
    ...(livezMs <= (flags.short ? STOOD_STILL_MS : MOST_LIVEZ_MS) ? [] : ['livez']),
    ...(executeP99Ms === null || executeP99Ms <= allowed ? [] : ['execute']),
    ...(peakMb === null || peakMb <= MOST_RSS_MB ? [] : ['memory']),
  ];
}

const rounded = (ms) => (ms === null ? '–' : String(Math.round(ms)));

function row(result) {
  const { name, livezMs, executeP99Ms, executeMs, peakMb, what, ended, failures } = result;
  const failed = Object.entries(failures).map(([key, count]) => `${count} × ${key}`);
  const ends = [what, ...(ended === null ? [] : [`THE PROCESS ENDED: ${ended}`]), ...failed];
  return `| ${name} | ${rounded(livezMs)} | ${rounded(executeP99Ms)} | ${rounded(executeMs)} | ${peakMb ?? '–'} | ${ends.join('; ')} |`;
}

/**
 * What is sent at once: each kind by itself; with --short the brief ones in groups, after which
 * come the others.
 */
function groups(kinds) {
  const briefs = flags.short ? kinds.filter(({ brief }) => brief) : [];
  const inGroups = [];
  for (let at = 0; at < briefs.length; at += BESIDE) inGroups.push(briefs.slice(at, at + BESIDE));
  const others = kinds.filter((kind) => !briefs.includes(kind));
  return [...inGroups, ...others.map((kind) => [kind])];
}

await readyOrEnd();
const sets = groups(KINDS.filter(({ name }) => name.includes(flags.kind)));
print('| kind | worst /livez, ms | execute p99, ms | worst, ms | peak RSS, MB | what came of it |');
print('| --- | --- | --- | --- | --- | --- |');
const results = [];
let observed = null;
const left = [];
for (const kinds of sets) {
  observed ??= await new Observed().open();
  const ms = flags.short ? Math.max(...kinds.map(({ shortMs = MS }) => shortMs)) : MS;
  const result = { count: kinds.length, ...(await observed.attack(kinds, ms, flags.seed)) };
  results.push(result);
  print(row(result));
  const wrong = wrongIn(result);
  const isFull = result.peakMb !== null && result.peakMb > FRESH_ABOVE_MB;
  if (!SHARED || isFull || wrong.length > 0 || kinds === sets.at(-1)) {
    const { calmMs } = observed;
    // With --short the next one starts while the last one ends.
    const next =
      flags.short && kinds !== sets.at(-1) ? new Observed().open(calmMs) : Promise.resolve(null);
    left.push(...(await observed.close()));
    observed = await next;
  }
}
if (flags.json !== undefined) writeFileSync(flags.json, JSON.stringify(results, null, 2));
const sum = (list) => list.reduce((total, { count }) => total + count, 0);
const bad = results.filter((result) => wrongIn(result).length > 0);
for (const result of bad) print(`\n${result.name}: ${wrongIn(result).join(', ')}`);
print(`\n${sum(results) - sum(bad)} of ${sum(results)} kinds within bounds; seed ${flags.seed}`);
for (const line of left) print(`left behind: ${line}`);
process.exit(bad.length + left.length > 0 ? 1 : 0);
