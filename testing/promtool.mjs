/**
 * `npm run promtool`: the checks that Prometheus has for the rules in docker/prometheus, the cases
 * of each alert, and with --url the answer of a running gateway.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { url: { type: 'string' }, token: { type: 'string' }, help: { type: 'boolean' } },
});
const TOOL = process.env.PROMTOOL ?? 'promtool';
const FOLDER = 'docker/prometheus';

if (values.help === true) {
  process.stdout.write(`npm run promtool [-- --url http://127.0.0.1:4000 [--token TOKEN]]

Checks docker/prometheus/rules.yaml and runs docker/prometheus/rules.test.yaml; with --url also what the gateway answers at /metrics.
promtool is on PATH, or where PROMTOOL names it. It is got by: go install github.com/prometheus/prometheus/cmd/promtool@latest
`);
  process.exit(0);
}
if (spawnSync(TOOL, ['--version']).error !== undefined) {
  process.stderr.write(
    `${TOOL} cannot be run; install it (go install github.com/prometheus/prometheus/cmd/promtool@latest) or set PROMTOOL\n`,
  );
  process.exit(1);
}

const run = (args, options = {}) =>
  execFileSync(TOOL, args, { cwd: FOLDER, stdio: ['pipe', 'inherit', 'inherit'], ...options });
try {
  run(['check', 'rules', '--lint=all', '--lint-fatal', 'rules.yaml']);
  run(['test', 'rules', 'rules.test.yaml']);
  if (values.url !== undefined) run(['check', 'metrics'], { input: await metricsOf(values.url) });
} catch (error) {
  process.exitCode = error.status ?? 1;
  if (error.status === undefined) process.stderr.write(`${error.message}\n`);
}

async function metricsOf(url) {
  const headers = values.token === undefined ? {} : { authorization: `Bearer ${values.token}` };
  const answer = await fetch(new URL('/metrics', url), { headers });
  if (answer.status !== 200) throw new Error(`${url}/metrics answers ${answer.status}`);
  return answer.text();
}
