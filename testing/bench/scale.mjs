/**
 * `npm run scale`: the cost of a flow while one factor varies: flows in flight, stored history,
 * gateways, partitions, steps, payloads, orchestrations. Writes a table and a picture for each.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { print, ROOT } from '../steps.mjs';
import { serversOf } from './measure.mjs';
import { row } from './report.mjs';
import { draw } from './scale/chart.mjs';
import { FACTORS } from './scale/factors.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    flows: { type: 'string' },
    'step-runs': { type: 'string', default: '10000000' },
    'history-folder': { type: 'string' },
    'fill-only': { type: 'boolean', default: false },
    out: { type: 'string', default: join(ROOT, '.cache', 'scale') },
    help: { type: 'boolean', default: false },
  },
});
const NAMES = Object.keys(FACTORS);
if (values.help) {
  print(`npm run scale -- [--only ${NAMES.join('|')}] [--flows N] [--out .cache/scale]
               [--step-runs 10000000] [--history-folder FOLDER] [--fill-only]

The cost of a flow while one factor varies, everything else as in npm run bench: flows per second, CPU by process, latency, memory, storage. Each factor
takes two to ten minutes; history needs 17 GB of disk while it runs. Writes FACTOR.json and FACTOR.svg, and prints a table. Every result is checked.

The history of --step-runs takes minutes to make: in --history-folder it is kept for other runs, and with --fill-only it is made and nothing measured.`);
  process.exit(0);
}
const wanted = values.only?.split(',') ?? NAMES;
const unknown = wanted.filter((name) => FACTORS[name] === undefined);
if (unknown.length > 0) {
  print(`there is no factor ${unknown.join(', ')}; known are ${NAMES.join(', ')}`);
  process.exit(2);
}

const COLUMNS = [
  ['flows/s', (one) => one.perSecond.toFixed(0)],
  ['p50 / p99 ms', (one) => `${one.p50.toFixed(0)} / ${one.p99.toFixed(0)}`],
  ['one by one, p50 ms', (one) => one.single.p50.toFixed(1)],
  ['CPU s per 1,000', (one) => serversOf(one.cpu).toFixed(2)],
  ['gateway', (one) => one.cpu.own.toFixed(2)],
  ['PostgreSQL', (one) => one.cpu.postgres.toFixed(2)],
  ['Kafka', (one) => one.cpu.kafka.toFixed(2)],
  ['worker', (one) => one.cpu.worker.toFixed(2)],
  ['gateway MB', (one) => (one.memory / 1e6).toFixed(0)],
  ['WAL bytes', (one) => one.wal.toFixed(0)],
  ['page / details, ms', (one) => readsOf(one)],
];
const readsOf = ({ reads }) =>
  reads === undefined ? '' : `${reads.history.toFixed(1)} / ${reads.details.toFixed(1)}`;

function table(axis, points) {
  const columns = COLUMNS.filter(([, pick]) => points.some((one) => pick(one) !== ''));
  const lines = [
    row([axis, ...columns.map(([name]) => name)]),
    row(['---:', ...columns.map(() => '---:')]),
    ...points.map((one) => row([one.label, ...columns.map(([, pick]) => pick(one))])),
  ];
  return lines.join('\n');
}

await readyOrEnd();
const folder = resolve(values.out);
mkdirSync(folder, { recursive: true });
for (const name of wanted) {
  const { title, axis, flows, run } = FACTORS[name];
  const before = loadavg()[0];
  print(`\n${name}: ${title}`);
  const stepRuns = Number(values['step-runs']);
  const points = await run({
    flows: Number(values.flows ?? flows),
    print,
    stepRuns,
    folder: values['history-folder'] ?? null,
    fillsOnly: values['fill-only'],
  });
  if (points.length === 0) continue;
  const about = { date: new Date().toISOString().slice(0, 10), load: [before, loadavg()[0]] };
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ ...about, points }, null, 1));
  writeFileSync(join(folder, `scale-${name}.svg`), draw({ title, axis, points }));
  print(
    `\n${table(axis, points)}\n\nload before ${before.toFixed(1)}, after ${about.load[1].toFixed(1)}`,
  );
}
