/**
 * `npm run laws`: the laws of a flow on longer walks than those of `npm test`: every state of small
 * flows, and many more random ones.
 */
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../src/launch/install-and-build.mjs';
import { endAll, jest, print, step } from './steps.mjs';

const { values } = parseArgs({
  options: {
    deep: { type: 'boolean', default: false },
    runs: { type: 'string', default: '2000' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  print(`npm run laws -- [--deep] [--runs 2000]

Walks every state of small flows (--deep: one more disturbance each, for an hour) and so many random flows, and checks every law in each.
For changes of src/saga, and before a release; npm test walks less far.`);
  process.exit(0);
}
await readyOrEnd();
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => endAll().then(() => process.exit(130)));
const environment = { LAWS: values.deep ? 'deep' : 'long', LAW_RUNS: values.runs };
const { code, output, passed } = await step('laws', async () => {
  const result = await jest(['testing/saga'], environment);
  return { ...result, note: `${result.passed} passed, ${result.failed} failed` };
});
if (code === 0) print(output.match(/walked so far: .*/g)?.at(-1) ?? `${passed} passed`);
process.exitCode = code;
