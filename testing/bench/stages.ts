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

const services = await openServices();
const { databaseUrl, brokers } = services;
try {
  await using bench = await openStageBench({ databaseUrl, brokers: [brokers], name: 'stages' });
  await bench.measure(100, 2_000);
  print(
    'Milliseconds per batch of replies (microseconds per reply); CPU in microseconds per reply.',
  );
  print(row(['replies', ...STAGES, 'CPU: own', 'CPU: PostgreSQL']));
  print(row(['---:', ...STAGES.map(() => '---:'), '---:', '---:']));
  for (const size of SIZES) {
    const before = { own: process.cpuUsage(), postgres: services.usage().postgres.cpu };
    const { ms, flows } = await bench.measure(size, Number(values.seconds) * 1000);
    const own = process.cpuUsage(before.own);
    // A start counts as a fourth reply of its flow.
    const deliveries = flows * 4;
    const cpu = [
      (own.user + own.system) / deliveries,
      ((services.usage().postgres.cpu - before.postgres) * 1e6) / deliveries,
    ];
    const costs = STAGES.map((stage) => `${ms[stage].toFixed(2)} (${perReply(ms[stage], size)})`);
    print(row([String(size), ...costs, ...cpu.map((one) => one.toFixed(0))]));
  }
} finally {
  await services.close();
}

function perReply(ms: number, size: number): string {
  return ((ms / size) * 1000).toFixed(0);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
