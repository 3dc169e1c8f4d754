/**
 * `npm run hostile`: one kind of attack after the other on a real gateway, beside honest load, and what the honest ones felt of it.
 * `--kind TEXT` only kinds with this text; `--seconds N` longest per kind; `--calm` one gateway for all; `--seed N`; `--json FILE`.
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
    judge: { type: 'boolean', default: false },
    shared: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (flags.help) {
  say(`npm run hostile -- [--kind TEXT] [--seconds 30] [--seed 1] [--judge] [--shared] [--json FILE]

One kind of attack after the other on a real gateway, beside honest load. --kind: only kinds with this text.`);
  process.exit(0);
}
const EXECUTES_PER_SECOND = 10;
const CALM_MS = 3000;
/** What must hold (docs/hostile.md). */
const MOST_LIVEZ_MS = 250;
const MOST_TIMES_CALM = 5;
/** A p99 of few measurements is a single one of them: below this nothing is compared. */
const LEAST_EXECUTE_MS = 100;
const MOST_RSS_MB = 600;

class Observed {
  async open() {
    this.gateway = await Gateway.start();
    const args = [this.gateway.url, String(EXECUTES_PER_SECOND)];
    this.prober = fork(join(ROOT, 'testing/hostile/prober.mjs'), args);
    await wait(CALM_MS);
    const calm = await this.mark();
    this.calmMs = calm.executeP99Ms;
    return this;
  }

  mark() {
    return new Promise((resolve) => {
      this.prober.once('message', resolve);
      this.prober.send('mark');
    });
  }

  async close() {
    this.prober.kill('SIGKILL');
    await this.gateway.stop();
  }
}

async function attack(observed, { name, run }) {
  const { gateway } = observed;
  const ms = Number(flags.seconds) * 1000;
  await observed.mark();
  gateway.forgetPeak();
  const luck = new Luck(`${flags.seed} ${name}`);
  const over = wait(ms).then(() => `no end within ${flags.seconds} s`);
  const work = run(gateway, luck, ms).catch(
    (error) => `failed: ${error.cause?.code ?? error.message}`,
  );
  const what = await Promise.race([work, over]);
  await wait(500);
  const seen = await observed.mark();
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
  const allowed = Math.max(LEAST_EXECUTE_MS, calmMs) * MOST_TIMES_CALM;
  return [
    ...(ended === null ? [] : [`the process ended: ${ended}`]),
    ...(livezMs <= MOST_LIVEZ_MS ? [] : ['livez']),
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
for (const kind of kinds) {
  observed ??= await new Observed().open();
  const result = await attack(observed, kind);
  results.push(result);
  say(row(result));
  const wrong = wrongIn(result);
  if (!flags.shared || wrong.length > 0) {
    await observed.close();
    observed = null;
  }
}
await observed?.close();
if (flags.json !== undefined) writeFileSync(flags.json, JSON.stringify(results, null, 2));
const bad = results.filter((result) => wrongIn(result).length > 0);
for (const result of bad) say(`\n${result.name}: ${wrongIn(result).join(', ')}`);
say(
  `\n${results.length - bad.length} of ${results.length} kinds within bounds; seed ${flags.seed}`,
);
process.exit(bad.length > 0 ? 1 : 0);
