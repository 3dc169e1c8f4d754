/**
 * `npm run kafka-clients`: the whole gateway with kafkajs, with the producer of
 * @platformatic/kafka, and with its producer and consumer (broker.mjs), interleaved on one Kafka
 * and PostgreSQL. Then how long replies stand still when one of two gateways is killed. Only ratios
 * count.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { readyOrEnd } from '../../../src/launch/install-and-build.mjs';
import { print, ROOT } from '../../steps.mjs';
import { openServices } from '../around.mjs';
import { endChild, readyChild } from '../children.mjs';
import { measure, serversOf } from '../measure.mjs';
import { startGateway } from '../ours.mjs';
import { median } from '../spans.mjs';
import { VERSION } from './package.mjs';
import { standstill } from './standstill.mjs';

const HELP = `npm run kafka-clients -- [--flows 2000] [--rounds 3] [--kills 5] [--out .cache/kafka-clients.json]

Fetches @platformatic/kafka ${VERSION} into .cache the first time.
  --flows N    of each kind (ok, undo), client and round
  --rounds N   each client once per round, in turns
  --kills N    gateways killed with each client; 0 = none
`;
const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '3' },
    kills: { type: 'string', default: '5' },
    out: { type: 'string', default: join(ROOT, '.cache', 'kafka-clients.json') },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const [count, rounds, kills] = ['flows', 'rounds', 'kills'].map((name) => Number(values[name]));
const CLIENTS = ['kafkajs', 'producer', 'both'];
const STEPS = ['first', 'second', 'third'];
const ORCHESTRATION = 'bench';
const SWAP = join(import.meta.dirname, 'swap.mjs');
const IN_FLIGHT = 200;
const SINGLES = 100;
process.env.TOPIC_PARTITIONS = '4';

export const buildOf = (client) => ({
  name: client,
  flags: ['--import', SWAP],
  env: { KAFKA_CLIENT: client },
});

const LINES = [
  ['flows/s', ({ saturated }) => saturated.perSecond, 0],
  ['p50 one by one, ms', ({ single }) => single.p50, 1],
  ['p99 one by one, ms', ({ single }) => single.p99, 1],
  ['CPU s per 1,000, all', ({ saturated }) => serversOf(saturated.cpu), 2],
  ['CPU s per 1,000, gateway', ({ saturated }) => saturated.cpu.own, 2],
  ['memory, MB', ({ saturated }) => saturated.memory / 1e6, 0],
];

function report(results) {
  for (const flow of ['ok', 'undo'])
    for (const [line, pick, digits] of LINES) {
      const of = (client) =>
        results.filter((one) => one.client === client && one.flow === flow).map(pick);
      const base = median(of('kafkajs'));
      const cells = CLIENTS.map((client) => {
        const list = of(client);
        const spread = `${Math.min(...list).toFixed(digits)}–${Math.max(...list).toFixed(digits)}`;
        return `${client} ${median(list).toFixed(digits)} (${spread}) ×${(median(list) / base).toFixed(2)}`;
      });
      print(`${flow.padEnd(4)}  ${line.padEnd(24)}  ${cells.join('   ')}`);
    }
}

async function turn(client, { services, worker, around, round }) {
  const gateway = await startGateway(services, ORCHESTRATION, STEPS, buildOf(client));
  try {
    const system = { ...gateway, name: client };
    const one = { system, worker, around };
    const results = [];
    for (const fail of [false, true])
      await measure(one, { count: Math.min(1000, count), inFlight: IN_FLIGHT, fail });
    for (const fail of [false, true]) {
      const saturated = await measure(one, { count, inFlight: IN_FLIGHT, fail });
      const single = await measure(one, { count: SINGLES, inFlight: 1, fail });
      results.push({ client, round, flow: fail ? 'undo' : 'ok', saturated, single });
      print(
        `round ${round}  ${client.padEnd(8)}  ${fail ? 'undo' : 'ok  '}  ${saturated.perSecond.toFixed(0)} flows/s, p50 ${single.p50.toFixed(1)} ms, CPU ${serversOf(saturated.cpu).toFixed(2)} (gateway ${saturated.cpu.own.toFixed(2)})`,
      );
    }
    return results;
  } finally {
    await gateway.close();
  }
}

await readyOrEnd();
const services = await openServices();
const database = new pg.Pool({ connectionString: services.databaseUrl, max: 2 });
// It makes the topics of the steps.
await (await startGateway(services, ORCHESTRATION, STEPS, buildOf('kafkajs'))).close();
const worker = await readyChild('worker.mjs', services.brokers, ORCHESTRATION, STEPS.join(','));
const around = { services, database, orchestration: ORCHESTRATION };
try {
  const results = [];
  const loads = [loadavg()[0]];
  for (let round = 1; round <= rounds; round++)
    for (const client of round % 2 ? CLIENTS : CLIENTS.toReversed())
      results.push(...(await turn(client, { services, worker, around, round })));
  loads.push(loadavg()[0]);
  if (results.length > 0) report(results);
  const still = {};
  for (const client of kills > 0 ? ['kafkajs', 'both'] : []) {
    still[client] = await standstill({ services, build: buildOf(client), kills });
    print(
      `one of two gateways killed, ${client}: replies of its partitions stood still for ${still[client].map((ms) => (ms / 1000).toFixed(1)).join(', ')} s`,
    );
  }
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, JSON.stringify({ count, rounds, loads, results, still }, null, 1));
} finally {
  await endChild(worker);
  await database.end();
  await services.close();
}
