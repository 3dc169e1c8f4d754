/**
 * `npm run overload`: more than one gateway can take. Flows pile up while no worker answers, beside
 * a subscriber that never reads; then everybody calls at once; then the workers come. Memory and
 * the time of `execute` are sampled and drawn; what was accepted is what is stored.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { WebSocket } from 'ws';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { usageOf } from '../bench/around.mjs';
import { ROOT } from '../steps.mjs';
import { callGateway } from './gateway-calls.mjs';
import { draw } from './plot.mjs';
import { openServices, wait } from './rig.mjs';

const { values } = parseArgs({
  options: {
    flows: { type: 'string', default: '100000' },
    burst: { type: 'string', default: '20000' },
    picture: { type: 'string', default: join(ROOT, '.cache', 'overload.svg') },
    help: { type: 'boolean', default: false },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print('npm run overload -- [--flows 100000] [--burst 20000] [--picture .cache/overload.svg]');
  process.exit(0);
}
await readyOrEnd();
const flows = Number(values.flows);
const burst = Number(values.burst);
const STEPS = ['first', 'second', 'third'];
const document = {
  orchestrationName: 'bench',
  as: 'initiator',
  type: 'sequential',
  maxRetries: 2,
  timeout: '2h',
  steps: STEPS.map((name, i) => ({ seq: i + 1, name })),
};
const REGISTER =
  'mutation($document: String!) { registerOrchestration(input: {document: $document}) { problems { message } } }';
const EXECUTE =
  'mutation($input: ExecuteInput!) { execute(input: $input) { flow { flowId } problems { code message } } }';

const EXECUTE_MANY =
  'mutation($inputs: [ExecuteInput!]!) { executeMany(inputs: $inputs) { flow { flowId } problems { code message } } }';
const MANY = 100;

const started = performance.now();
const seconds = () => (performance.now() - started) / 1000;
const samples = [];
const marks = [];
const mark = (name) => {
  marks.push({ at: seconds(), name });
  print(`${seconds().toFixed(0).padStart(5)} s  ${name}`);
};

function post(agent, url, body) {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(JSON.parse(text)));
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

const folder = mkdtempSync(join(tmpdir(), 'backstep-overload-'));
const services = await openServices({
  folder,
  seed: '0',
  gateways: 1,
  partitions: 4,
  misbehaviour: 0,
});
let failed = true;
try {
  const [gateway] = services.gateways;
  await callGateway(services.gateways, REGISTER, { document: JSON.stringify(document) });
  const deaf = new WebSocket(
    `${gateway.url.replace('http', 'ws')}/graphql`,
    'graphql-transport-ws',
  );
  await once(deaf, 'open');
  deaf.send(JSON.stringify({ type: 'connection_init' }));
  await once(deaf, 'message');
  deaf.send(
    JSON.stringify({
      id: '1',
      type: 'subscribe',
      payload: { query: 'subscription { stepStatusChanged { flowId stepName status } }' },
    }),
  );
  await wait(200);
  deaf.pause();

  const database = new pg.Client({ connectionString: services.database.url });
  await database.connect();
  const ended = async () =>
    (
      await database.query(
        "SELECT count(*)::int AS n FROM orchestration_run WHERE status = 'COMPLETED'",
      )
    ).rows[0].n;
  const times = [];
  const sampling = setInterval(() => {
    const recent = times.splice(0).sort((a, b) => a - b);
    samples.push({
      at: seconds(),
      memory: usageOf(gateway.child.pid).memory / 1e6,
      p99: recent[Math.floor(recent.length * 0.99)] ?? null,
    });
  }, 1000);

  const answers = { accepted: 0, OVERLOADED: 0, other: 0 };
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const input = { orchestrationName: 'bench', payload: {} };
  const graphql = (query, variables) =>
    post(agent, `${gateway.url}/graphql`, JSON.stringify({ query, variables }));
  const count = ({ flow, problems }) => {
    const code = flow ? 'accepted' : problems[0]?.code;
    answers[code in answers ? code : 'other']++;
    return code;
  };
  const executeMany = async () => {
    const { data } = await graphql(EXECUTE_MANY, {
      inputs: Array.from({ length: MANY }, () => input),
    });
    data.executeMany.forEach(count);
  };
  const execute = async () => {
    const from = performance.now();
    const { data } = await graphql(EXECUTE, { input });
    times.push(performance.now() - from);
    return count(data.execute);
  };
  mark(`${flows} flows pile up, 200 callers at a time`);
  let begun = 0;
  const caller = async () => {
    while (begun++ < flows) while ((await execute()) === 'OVERLOADED') await wait(100);
  };
  await Promise.all(Array.from({ length: 200 }, caller));
  const piled = samples.at(-1)?.memory ?? 0;
  const before = { ...answers };
  const lost = () => {
    answers.other += MANY;
  };
  mark(`${burst} starts at once, ${MANY} to a call`);
  await Promise.all(
    Array.from({ length: Math.ceil(burst / MANY) }, () => executeMany().catch(lost)),
  );
  const refused = answers.OVERLOADED - before.OVERLOADED;
  print(
    `         accepted ${answers.accepted - before.accepted}, OVERLOADED ${refused}, other ${answers.other - before.other}`,
  );
  mark('the workers come');
  const worker = fork(
    join(dirname(fileURLToPath(import.meta.url)), '..', 'bench', 'worker.mjs'),
    [services.brokers, 'bench', STEPS.join(',')],
    { execArgv: [] },
  );
  while ((await ended()) < answers.accepted) await wait(500);
  mark('every accepted flow has completed');
  await wait(3000);
  clearInterval(sampling);
  worker.kill('SIGTERM');
  const { rows } = await database.query('SELECT count(*)::int AS n FROM orchestration_run');
  await database.end();
  const most = Math.max(...samples.map(({ memory }) => memory));
  print(
    `\nstored ${rows[0].n}, accepted ${answers.accepted}; memory ${piled.toFixed(0)} MB with ${flows} flows in flight, at most ${most.toFixed(0)} MB, in the end ${samples.at(-1).memory.toFixed(0)} MB`,
  );
  print(
    `the subscriber that never reads: ${deaf.readyState === deaf.OPEN ? 'still connected' : 'was closed'}`,
  );
  writeFileSync(
    values.picture,
    draw({
      title: `One gateway, ${flows.toLocaleString('en')} flows in flight, then ${burst.toLocaleString('en')} callers at once`,
      samples,
      marks,
    }),
  );
  print(`drawn: ${values.picture}`);
  failed = rows[0].n !== answers.accepted || answers.other > 0;
  deaf.terminate();
} finally {
  await services.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
