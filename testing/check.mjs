/** `npm run check`: what holds the house, and the fast tests. */
import { ready } from '../src/ready.mjs';
import { CHECKS, endAll, jest, step } from './steps.mjs';

ready();
process.on('SIGINT', () => {
  endAll();
  process.exit(130);
});
let good = true;
for (const [name, work] of CHECKS) good = (await step(name, work)) && good;
good = (await step('fast tests', () => jest(['testing/saga', 'testing/scenarios', 'testing/wire', 'testing/engine', 'testing/house'], {}))) && good;
process.exitCode = good ? 0 : 1;
