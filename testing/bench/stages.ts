/**
 * `npm run stages`: what a reply costs on its way, stage by stage, at batches of 1, 10, 100 and
 * 500. One batch at a time.
 */
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

interface Launch {
  /** Packages and build are there afterwards. */
  readyOrEnd(): Promise<void>;
}

const SIZES = [1, 10, 100, 500];
const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, help: { type: 'boolean', default: false } },
});
const print = (text: string): void => void process.stdout.write(`${text}\n`);
if (values.help) {
  print('npm run stages -- [--seconds 4]   seconds per batch size');
  process.exit(0);
}
const launch = pathToFileURL('src/launch/install-and-build.mjs').href;
await ((await import(launch)) as Launch).readyOrEnd();
const { openServices } = await import('./around.mjs');
const { openStageBench, STAGES } = await import('./stage-costs.js');
type BatchCosts = import('./stage-costs.js').BatchCosts;

interface Measured {
  readonly costs: BatchCosts;
  /** Microseconds of CPU per delivery. */
  readonly own: number;
  readonly postgres: number;
}

const services = await openServices();
const { databaseUrl, brokers } = services;
try {
  await using bench = await openStageBench({ databaseUrl, brokers: [brokers], name: 'stages' });
  await bench.measure(100, 2_000);
  const all: Measured[] = [];
  for (const size of SIZES) {
    const before = { own: process.cpuUsage(), postgres: services.usage().postgres.cpu };
    const costs = await bench.measure(size, Number(values.seconds) * 1000);
    const own = process.cpuUsage(before.own);
    const postgres = (services.usage().postgres.cpu - before.postgres) * 1e6;
    // A start counts as a fourth reply of its flow.
    const deliveries = costs.flows * 4;
    all.push({ costs, own: (own.user + own.system) / deliveries, postgres: postgres / deliveries });
  }
  printTimes(all);
  printTraffic(all);
} finally {
  await services.close();
}

function printTimes(all: readonly Measured[]): void {
  print(
    'Milliseconds per batch of replies (microseconds per reply); CPU in microseconds per reply.\n',
  );
  print(row(['replies', ...STAGES, 'CPU: own', 'CPU: PostgreSQL']));
  print(row(['---:', ...STAGES.map(() => '---:'), '---:', '---:']));
  for (const { costs, own, postgres } of all) {
    const { size, ms } = costs;
    const times = STAGES.map((stage) => `${ms[stage].toFixed(2)} (${perReply(ms[stage], size)})`);
    print(row([String(size), ...times, own.toFixed(0), postgres.toFixed(0)]));
  }
}

function printTraffic(all: readonly Measured[]): void {
  print('\nPer batch of replies: statements, bytes to and from PostgreSQL or Kafka.\n');
  print(row(['replies', ...STAGES]));
  print(row(['---:', ...STAGES.map(() => '---:')]));
  for (const { costs } of all) {
    const cells = STAGES.map((stage) => {
      const { statements, toPostgres, fromPostgres, toKafka, fromKafka } = costs.traffic[stage];
      const [to, from] = [toPostgres + toKafka, fromPostgres + fromKafka].map(Math.round);
      return to === 0 ? '–' : `${statements.toFixed(0)}; ${to} / ${from}`;
    });
    print(row([String(costs.size), ...cells]));
  }
}

function perReply(ms: number, size: number): string {
  return ((ms / size) * 1000).toFixed(0);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
