/**
 * `npm run check`: format, lint, types, boundaries, dead code, spelling, duplicates, generated
 * files, and the fast tests.
 */
import { readyOrEnd } from '../src/launch/install-and-build.mjs';
import { ISOLATED } from './rings.mjs';
import { CHECKS, endAll, jest, print, step } from './steps.mjs';

const FAST = [
  'testing/saga',
  'testing/scenarios',
  'testing/wire',
  'testing/json',
  'testing/timing',
  'testing/figures',
  'testing/names',
  'testing/files',
  'testing/schemas',
  'testing/engine',
  'testing/bench',
  'testing/bridge',
  'testing/worker',
  'testing/conformance',
  'testing/sim',
  'testing/repository',
  'testing/config',
  'testing/launch',
  'testing/observability',
  'testing/demo',
];
if (process.argv.includes('--help')) {
  print(
    'npm run check: format, lint, types, module boundaries, dead code, spelling, duplicated code, generated files, and the tests that need no service',
  );
  process.exit(0);
}
await readyOrEnd();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => endAll().then(() => process.exit(130)));
let good = true;
const TESTS = [
  ['fast tests', () => jest(FAST, {})],
  ['simulated worlds', () => jest(['testing/sim'], {}, ...ISOLATED)],
];
for (const [name, work] of [...CHECKS, ...TESTS])
  good = (await step(name, work)).code === 0 && good;
process.exitCode = good ? 0 : 1;
