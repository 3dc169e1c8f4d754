/**
 * `npm run fairness`: what one caller feels of another that starts flows as fast as it can, on a
 * gateway of its own in one process. The honest caller alone; beside the other; and, for
 * comparison, both with one token, as if there were no limits per caller.
 *   --seconds N       of each (default 10)
 *   --connections N   of the caller that starts as fast as it can (default 64)
 */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { ROOT } from '../steps.mjs';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '10' },
    connections: { type: 'string', default: '64' },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print('npm run fairness -- [--seconds 10] [--connections 64]');
  process.exit(0);
}
const [seconds, connections] = [values.seconds, values.connections].map(Number);
const HONEST_PER_SECOND = '20';
const DOCUMENT = JSON.stringify({
  ...{ orchestrationName: 'unread', as: 'initiator', type: 'sequential' },
  steps: [{ seq: 1, name: 'nobody', timeout: '1h' }],
});

await readyOrEnd();
const { createToken } = await import('../../dist/tokens/token.js');
const { writeTokens } = await import('../../dist/tokens/token-file.js');

const folder = mkdtempSync(join(tmpdir(), 'backstep-fairness-'));
// Its PostgreSQL may run as another user than ours, who must be able to reach the folder.
chmodSync(folder, 0o755);
const tokensFile = join(folder, 'tokens.json');
const made = ['honest', 'greedy'].map((name) =>
  createToken({
    ...{ name, roles: ['admin'], scopes: ['*'], expiresAt: null },
    createdAt: new Date().toISOString(),
  }),
);
writeTokens(
  tokensFile,
  made.map(({ entry }) => entry),
);
const [honest, greedy] = made.map(({ token }) => token);
const child = spawn(process.execPath, [join(ROOT, 'dist', 'main.js')], {
  env: {
    ...process.env,
    ...{ DATA_FOLDER: join(folder, 'data'), PORT: '0', LOG_LEVEL: 'info', LOG_FORMAT: 'json' },
    ...{ AUTH: 'tokens', AUTH_TOKENS_FILE: tokensFile },
  },
  stdio: ['ignore', 'pipe', 'inherit'],
});
const agent = new Agent({ keepAlive: true, maxSockets: connections });

function send(url, token, body) {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    const one = request(url, { method: 'POST', agent, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
    });
    one.on('error', ({ message }) => resolve({ status: 0, text: message }));
    one.end(JSON.stringify(body));
  });
}

/** What it prints is read to the end: it would stand still otherwise. */
function address() {
  return new Promise((resolve, reject) => {
    let printed = '';
    child.stdout.on('data', (chunk) => {
      printed = (printed + chunk).slice(-20_000);
      const [found] = /http:\/\/[\w.]+:\d+/.exec(printed) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`the gateway ended: ${printed.slice(-2000)}`)));
  });
}

async function ready(url) {
  const query =
    'mutation ($document: String!) { registerOrchestration(input: { document: $document }) { problems { message } } }';
  let last = '';
  for (let left = 150; left > 0; left--) {
    const { status, text } = await send(`${url}/graphql`, honest, {
      ...{ query, variables: { document: DOCUMENT } },
    });
    if (status === 200 && text.includes('"problems":[]')) return;
    last = `${status} ${text}`;
    await pause(200);
  }
  throw new Error(`the gateway did not become ready: ${last}`);
}

/** What the honest caller felt while `token` started as fast as it could; null: nobody did. */
async function phase(url, prober, token) {
  let [started, refused, over] = [0, 0, token === null];
  const loops = Array.from({ length: connections }, async () => {
    while (!over) {
      const body = { orchestrationName: 'unread', payload: {} };
      const { status } = await send(`${url}/api/orchestrations/execute`, token, body);
      if (status === 202) started++;
      else refused++;
    }
  });
  await pause(1000);
  await marked(prober);
  await pause(seconds * 1000);
  const felt = await marked(prober);
  over = true;
  await Promise.all(loops);
  return { ...felt, perSecond: Math.round(started / (seconds + 1)), refused };
}

async function marked(prober) {
  prober.send('mark');
  const [seen] = await once(prober, 'message');
  return seen;
}

try {
  const url = await address();
  await ready(url);
  const prober = fork(join(ROOT, 'testing/hostile/prober.mjs'), [url, HONEST_PER_SECOND, honest]);
  await pause(3000);
  print(
    `| beside the honest caller | its execute p50, ms | p99, ms | × alone | other starts a second | refused |`,
  );
  print('| --- | --- | --- | --- | --- | --- |');
  let calm = null;
  for (const [name, token] of [
    ['nobody', null],
    ['another caller as fast as it can', greedy],
    ['the same with one token for both', honest],
  ]) {
    const felt = await phase(url, prober, token);
    calm ??= felt.executeP99Ms;
    const [p50, p99] = [felt.executeP50Ms, felt.executeP99Ms].map((ms) => ms.toFixed(1));
    const times = (felt.executeP99Ms / calm).toFixed(1);
    print(`| ${name} | ${p50} | ${p99} | ${times} | ${felt.perSecond} | ${felt.refused} |`);
  }
  prober.kill();
} finally {
  agent.destroy();
  if (child.exitCode === null) {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  }
  rmSync(folder, { recursive: true, force: true });
}
