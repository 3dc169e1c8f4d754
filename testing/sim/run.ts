/**
 * `npm run sim -- --seed 1 --flows 100000`: worlds of sixty flows, each of its own seed from this
 * one on, until so many flows were run. A world that breaks a promise is reported with its seed;
 * that seed alone, with as many flows, shows it again.
 */
import { parseArgs } from 'node:util';
import { describeOutcome, FLOWS_PER_WORLD, Report, simulate } from './report.js';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    flows: { type: 'string', default: '6000' },
    help: { type: 'boolean', default: false },
  },
});
const [first, flows] = [Number(values.seed), Number(values.flows)];
const MOST_REPORTED = 5;

const print = (line: string): void => void process.stdout.write(`${line}\n`);
if (values.help) {
  print(`npm run sim -- [--seed 1] [--flows 6000]

Gateways, broker, workers and clients in one process, with a clock and faults of its own: worlds of ${FLOWS_PER_WORLD} flows, each of its own seed from this one on.
Ends with 1 when a promise was broken; the seed printed then shows it again.`);
  process.exit(0);
}
const started = process.hrtime.bigint();
const seconds = (): number => Number(process.hrtime.bigint() - started) / 1e9;
const report = new Report();
let printedAt = 0;
process.on('unhandledRejection', (error) => {
  print(`unhandled rejection: ${String(error)}`);
  process.exit(1);
});

for (let seed = first; report.flows < flows; seed++) {
  const size = Math.min(FLOWS_PER_WORLD, flows - report.flows);
  const outcome = await simulate({ seed, flows: size });
  report.add(outcome);
  if (outcome.violations.length > 0 && report.failed.length <= MOST_REPORTED)
    print(describeOutcome(outcome, size));
  if (report.flows >= flows && first === seed) print(`digest               ${outcome.digest}`);
  if (seconds() - printedAt > 10) {
    printedAt = seconds();
    print(
      `… ${report.flows} flows, ${report.violations} violations, ${Math.round(report.flows / printedAt)} flows/s`,
    );
  }
  if (outcome.flows === 0) break;
}
print(report.lines().join('\n'));
print(
  `took                 ${seconds().toFixed(1)} s, ${Math.round(report.flows / seconds())} flows/s`,
);
process.exitCode = report.violations === 0 ? 0 : 1;
