/**
 * `npm run calculator`: what a load needs, from the cost of a flow that was measured, and how far
 * the formula is from measured points.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { print } from '../steps.mjs';
import { errorsOf, needsOf } from './calculator/model.mjs';
import { row } from './report.mjs';

const NUMBERS = {
  flows: '100',
  steps: '3',
  payload: '200',
  undone: '0',
  retries: '0',
  days: '7',
  replicas: '3',
  load: '0.5',
};
const texts = Object.entries(NUMBERS).map(([name, value]) => [
  name,
  { type: 'string', default: value },
]);
const FLAG = { type: 'boolean', default: false };
const { values } = parseArgs({
  options: { ...Object.fromEntries(texts), check: FLAG, help: FLAG },
});
if (values.help) {
  print(`npm run calculator -- [--flows 100] [--steps 3] [--payload 200] [--undone 0] [--retries 0] [--days 7] [--replicas 3] [--load 0.5] [--check]

--flows: per second. --payload: bytes that each step gets and returns. --undone: share of the flows that fail and are undone. --retries: attempts
beside the first, per step. --days: how long flows are kept. --replicas: of Kafka's topics. --load: how busy a core may be.
--check: the formula next to the measured points of testing/bench/calculator/measured.json. What it knows, and what not: docs/scaling.md#the-calculator`);
  process.exit(0);
}

function numberOf(name) {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= 0) return value;
  print(`--${name} ${values[name]} is not a number of 0 or more; see --help`);
  return process.exit(2);
}

const percent = (share) => `${share < 0 ? '−' : '+'}${Math.abs(share * 100).toFixed(0)} %`;

function printCheck() {
  const file = join(import.meta.dirname, 'calculator', 'measured.json');
  const { points } = JSON.parse(readFileSync(file, 'utf8'));
  print(row(['measured point', 'figure', 'measured', 'formula', 'error']));
  print(row(['---', '---', '---:', '---:', '---:']));
  for (const point of points)
    for (const { figure, measured, formula, error, fitted } of errorsOf(point)) {
      const figures = [measured, formula].map((value) => Number(value.toPrecision(3)).toString());
      print(row([point.name, figure, ...figures, `${percent(error)}${fitted ? ' *' : ''}`]));
    }
  print('\n* the formula was made from this; the others check it');
}

if (values.check) printCheck();
else {
  const load = Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, numberOf(name)]));
  const { flows, steps, payload, undone } = load;
  print(
    `${flows} flows/s of ${steps} steps, ${payload} bytes of payload, ${undone * 100} % undone\n`,
  );
  print(row(['', 'needs', 'because']));
  print(row(['---', '---', '---']));
  for (const [what, needs, because] of needsOf(load)) print(row([what, needs, because]));
}
