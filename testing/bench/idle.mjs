/**
 * `npm run idle`: how long a flow takes on a gateway that has nothing else to do, one after the
 * other and after pauses of random length. A polling interval on the way would show as a spread of
 * its size after the pauses. Answers the time of each, next to what PostgreSQL and Kafka take.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { print } from '../steps.mjs';
import { row } from './report.mjs';
import { openGround } from './scale/ground.mjs';
import { quantile } from './spans.mjs';

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '100' },
    'longest-pause': { type: 'string', default: '1000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  print(`npm run idle -- [--flows 100] [--longest-pause 1000]

How long a flow of three steps takes on an idle gateway: one directly after the other, and after pauses of random length up to the longest, ms.`);
  process.exit(0);
}
const flows = Number(values.flows);
const longest = Number(values['longest-pause']);

function printTimes(name, times) {
  const of = (q) => quantile(times, q).toFixed(1);
  print(row([name, of(0), of(0.5), of(0.9), of(0.99)]));
}

await readyOrEnd();
await using ground = await openGround();
await ground.warmUp();
await ground.run({ count: flows, inFlight: 1 });
const [together, apart] = [[], []];
// In turns, so that both meet the same machine.
for (let turn = 0; turn < flows; turn++) {
  await pause(Math.random() * longest);
  apart.push(...(await ground.times({ count: 1, inFlight: 1 })));
  together.push(...(await ground.times({ count: 1, inFlight: 1 })));
}
print(row(['a flow of three steps, ms', 'least', 'p50', 'p90', 'p99']));
print(row(['---', '---:', '---:', '---:', '---:']));
printTimes('directly after another', together);
printTimes(`after a pause of up to ${longest} ms`, apart);
