/**
 * A process of its own, so that nothing the attacks do here delays what it measures. Looks at
 * /livez without pause, and starts honest flows at a steady rate. On `mark` it reports what it saw
 * since the last mark, and starts over.
 */
import { Agent, request } from 'node:http';

const [url, executesPerSecond, token] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const LOOK_MS = 20;
const PATIENCE_MS = 60_000;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });
let seen = fresh();

function fresh() {
  return { livez: [], executes: [], failures: {}, accepted: [], since: performance.now() };
}

function send(path, method, body) {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const one = request(`${url}${path}`, { method, agent, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, text }));
      response.on('error', () => resolve({ status: 0, text: 'broken' }));
    });
    one.setTimeout(PATIENCE_MS, () => one.destroy());
    one.on('error', (error) => resolve({ status: 0, text: String(error.code ?? error.message) }));
    one.end(body);
  });
}

const failed = (what) => {
  seen.failures[what] = (seen.failures[what] ?? 0) + 1;
};

/** The look that is under way counts with the time it has taken so far. */
let looking = null;
async function livez() {
  for (;;) {
    looking = performance.now();
    const { status, text } = await send('/livez', 'GET');
    seen.livez.push(performance.now() - Math.max(looking, seen.since));
    if (status !== 200) failed(`livez ${status || text}`);
    looking = null;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

let number = 0;
async function execute() {
  const key = `honest-${process.pid}-${number++}`;
  const body = JSON.stringify({ orchestrationName: 'tenantCreation', payload: { tenant: key } });
  const started = performance.now();
  const { status, text } = await send('/api/orchestrations/execute', 'POST', body);
  seen.executes.push(performance.now() - Math.max(started, seen.since));
  if (status === 202) seen.accepted.push(JSON.parse(text).flowId);
  else failed(`execute ${status || text}`);
}

const quantile = (sorted, q) =>
  sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];

process.on('message', () => {
  const executes = seen.executes.toSorted((a, b) => a - b);
  const open = looking === null ? 0 : performance.now() - Math.max(looking, seen.since);
  const report = {
    livezMs: Math.max(open, ...seen.livez),
    executeP50Ms: quantile(executes, 0.5),
    executeP99Ms: quantile(executes, 0.99),
    executeMs: executes.at(-1) ?? null,
    executes: executes.length,
    accepted: seen.accepted,
    failures: seen.failures,
  };
  seen = fresh();
  process.send(report);
});

livez();
setInterval(() => void execute(), 1000 / executesPerSecond);
process.on('disconnect', () => process.exit(0));
