/**
 * `npm run hostile`: one kind of attack after the other on a real gateway, beside honest load, and what the honest ones felt of it.
 * `--kind TEXT` only kinds with this text; `--seconds N` longest per kind; `--shared` one gateway for all kinds; `--short` that, three
 * seconds each: about a minute, and times fail it only where the gateway stood still; `--seed N`; `--json FILE`.
 */
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { Luck } from '../chaos/luck.mjs';
import { ROOT, say } from '../steps.mjs';
import { Gateway, wait } from './gateway.mjs';
import { KINDS } from './kinds.mjs';

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
  say(`npm run hostile -- [--kind TEXT] [--seconds 30] [--seed 1] [--short] [--shared] [--json FILE]

One kind of attack after the other on a real gateway, beside honest load. --kind: only kinds with this text.`);
  process.exit(0);
}
const SECONDS = flags.short ? 3 : Number(flags.seconds);
const SHARED = flags.short || flags.shared;
const EXECUTES_PER_SECOND = 10;
const CALM_MS = 3000;
/** What must hold (docs/hostile.md). */
const MOST_LIVEZ_MS = 250;
const MOST_TIMES_CALM = 5;
/** With --short, beside other tests: a shared machine makes everything slow, but nothing may stand still. */
const STOOD_STILL_MS = 5000;
/** A p99 of few measurements is a single one of them: below this nothing is compared. */
const LEAST_EXECUTE_MS = 100;
const MOST_RSS_MB = 600;
/** A shared gateway that holds this much gives way to a new one: what an attack costs is measured from below. */
const FRESH_ABOVE_MB = 400;
const END_WITHIN_MS = 30_000;

class Observed {
  async open() {
    this.gateway = await Gateway.start();
    const args = [this.gateway.url, String(EXECUTES_PER_SECOND)];
    this.prober = fork(join(ROOT, 'testing/hostile/prober.mjs'), args);
    await wait(CALM_MS);
    const calm = await this.mark();
    this.calmMs = calm.executeP99Ms;
    this.accepted = [...calm.accepted];
    return this;
  }

  mark() {
    return new Promise((resolve) => {
      this.prober.once('message', resolve);
      this.prober.send('mark');
    });
  }

  /** All honest flows that were accepted have ended; how many have not, within the bound. */
  async unended() {
    let open = this.accepted;
    for (const until = Date.now() + END_WITHIN_MS; open.length > 0 && Date.now() < until; ) {
      const still = [];
      for (let at = 0; at < open.length; at += 25) {
        const ids = open.slice(at, at + 25);
        const fields = ids.map((id, n) => `f${n}: details(flowId: "${id}") { status }`);
        const { body } = await this.gateway.graphql(`{ ${fields.join(' ')} }`).catch(() => ({}));
        still.push(...ids.filter((_, n) => body?.data?.[`f${n}`]?.status !== 'COMPLETED'));
      }
      open = still;
      if (open.length > 0) await wait(200);
    }
    return open.length;
  }

  async close() {
    this.prober.kill('SIGKILL');
    await this.gateway.stop();
  }
}

async function attack(observed, { name, run }) {
  const { gateway } = observed;
  const ms = SECONDS * 1000;
  await observed.mark();
  gateway.forgetPeak();
  const luck = new Luck(`${flags.seed} ${name}`);
  const over = wait(ms).then(() => `no end within ${SECONDS} s`);
  const work = run(gateway, luck, ms).catch(
    (error) => `failed: ${error.cause?.code ?? error.message}`,
  );
  const what = await Promise.race([work, over]);
  await wait(500);
  const seen = await observed.mark();
  observed.accepted.push(...seen.accepted);
  return {
    name,
    what,
    ...seen,
    peakMb: gateway.peakMb(),
    ended: gateway.ended,
    calmMs: observed.calmMs,
  };
}

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
  const told = [what, ...(ended === null ? [] : [`THE PROCESS ENDED: ${ended}`]), ...failed];
  return `| ${name} | ${rounded(livezMs)} | ${rounded(executeP99Ms)} | ${rounded(executeMs)} | ${peakMb ?? '–'} | ${told.join('; ')} |`;
}

await readyOrEnd();
const kinds = KINDS.filter(({ name }) => name.includes(flags.kind));
say('| kind | worst /livez, ms | execute p99, ms | worst, ms | peak RSS, MB | what came of it |');
say('| --- | --- | --- | --- | --- | --- |');
const results = [];
let observed = null;
let unended = 0;
for (const kind of kinds) {
  observed ??= await new Observed().open();
  const result = await attack(observed, kind);
  results.push(result);
  say(row(result));
  const wrong = wrongIn(result);
  const isFull = result.peakMb !== null && result.peakMb > FRESH_ABOVE_MB;
  if (!SHARED || isFull || wrong.length > 0 || kind === kinds.at(-1)) {
    if (result.ended === null) unended += await observed.unended();
    await observed.close();
    observed = null;
  }
}
if (flags.json !== undefined) writeFileSync(flags.json, JSON.stringify(results, null, 2));
const bad = results.filter((result) => wrongIn(result).length > 0);
for (const result of bad) say(`\n${result.name}: ${wrongIn(result).join(', ')}`);
say(
  `\n${results.length - bad.length} of ${results.length} kinds within bounds; seed ${flags.seed}`,
);
if (unended > 0) say(`${unended} honest flows that were accepted did not end`);
process.exit(bad.length + unended > 0 ? 1 : 0);
