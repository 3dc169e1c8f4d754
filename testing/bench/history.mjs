/**
 * `npm run history`: what readers run, over a history of many step runs: the time of each query
 * next to that on an empty database, and its plan. Fails when a query scans a big table or takes
 * longer than an empty database allows.
 *   --step-runs N        (default 10000000)
 *   --database-url URL   an empty or an already filled database; absent: a PostgreSQL of its own
 *                        under the temporary folder, removed afterwards (17 GB for ten million)
 *   --plans              print every plan
 *   --out FILE           JSON
 */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readyOrEnd } from '../../src/launch/install-and-build.mjs';
import { ROOT } from '../steps.mjs';
import { connect, fillWhereEmpty, openFilled } from './filled.mjs';
import { questions } from './questions.mjs';

const { values } = parseArgs({
  options: {
    'step-runs': { type: 'string', default: '10000000' },
    'database-url': { type: 'string' },
    plans: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    out: { type: 'string', default: join(ROOT, '.cache', 'history.json') },
  },
});
const print = (text) => process.stdout.write(`${text}\n`);
if (values.help) {
  print(`npm run history -- [--step-runs 10000000] [--database-url URL] [--plans] [--out .cache/history.json]

What readers run, over a history of many step runs: the time of each query next to that on an empty database, and its plan. Without --database-url
on a PostgreSQL of its own, removed afterwards (17 GB for ten million step runs). Ends with 1 when a query reads a whole table or takes too long.`);
  process.exit(0);
}
const TRIES = 7;
/** What a query may take: so many times what it takes on an empty database, and a little, ms. */
const TIMES = 10;
const MORE_MS = 40;
/**
 * A text that is looked for in every error, and there are a hundred thousand of them among ten
 * million step runs.
 */
const SEARCH_MS = 2_000;
const BIG = /(Parallel )?Seq Scan on orchestration_(run|step_run|timeline)\b/;

await readyOrEnd();
const { default: pg } = await import('pg');
const { openEmbeddedPostgres } = await import('../../dist/embedded/postgres.js');
const { silent } = await import('../../dist/observability/log.js');

async function openServer() {
  if (values['database-url']) return { url: values['database-url'], close: async () => undefined };
  const folder = mkdtempSync(join(tmpdir(), 'backstep-history-'));
  chmodSync(folder, 0o755);
  const settings = {
    fsync: 'off',
    wal_level: 'minimal',
    max_wal_senders: '0',
    max_wal_size: '16GB',
    shared_buffers: '512MB',
  };
  const server = await openEmbeddedPostgres({ folder, log: silent('embedded'), settings });
  const close = async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url: server.url, close };
}

/** Every statement the pool sends while `work` runs. */
async function statementsOf(work) {
  const { query } = pg.Client.prototype;
  const statements = [];
  pg.Client.prototype.query = function (text, parameters, ...rest) {
    statements.push(
      typeof text === 'string'
        ? { text, values: parameters ?? [] }
        : { text: text.text, values: text.values ?? parameters ?? [] },
    );
    return query.call(this, text, parameters, ...rest);
  };
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query;
  }
  return statements.filter(({ text }) => /^\s*(SELECT|WITH)/i.test(text));
}

/** As the gateway's connections plan it: once, without looking at the parameters. */
async function planOf(client, { text, values: parameters }) {
  const literal = (value) => (value === null ? 'NULL' : pg.escapeLiteral(String(value)));
  await client.query('DEALLOCATE ALL');
  await client.query(`PREPARE queries AS ${text}`);
  const given = parameters.length === 0 ? '' : `(${parameters.map(literal).join(', ')})`;
  const { rows } = await client.query(
    `EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) EXECUTE queries${given}`,
  );
  return rows.map((row) => row['QUERY PLAN']).join('\n');
}

const median = (times) => [...times].sort((a, b) => a - b)[Math.floor(times.length / 2)];

/** Milliseconds of each question; the first time does not count. */
async function time(read, queries) {
  const times = new Map();
  for (const { name, run } of queries) {
    const each = [];
    for (let turn = 0; turn <= TRIES; turn++) {
      const began = performance.now();
      await run(read);
      const ms = performance.now() - began;
      if (turn > 0) each.push(ms);
      // What takes that long is known well enough.
      if (ms > 5_000) break;
    }
    times.set(name, each.length === 0 ? 5_000 : median(each));
  }
  return times;
}

async function onEmpty(url) {
  const client = await connect(url);
  const name = `backstep_empty_${process.pid}`;
  await client.query(`CREATE DATABASE ${name}`);
  const empty = new URL(url);
  empty.pathname = `/${name}`;
  try {
    const postgres = await openFilled(empty.href);
    const times = await time(postgres.readModel, questions([]));
    await postgres.close();
    return times;
  } finally {
    await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
    await client.end();
  }
}

/** Some flows of the middle of the history: pages and details begin there. */
async function sampleOf(url) {
  const client = await connect(url);
  const { rows } = await client.query(
    `SELECT flow_id, date_part('epoch', started_at) * 1000 AS ms FROM orchestration_run WHERE started_at > now() - interval '90 days' ORDER BY started_at, flow_id LIMIT 20`,
  );
  await client.end();
  return rows;
}

async function measure(url, empty) {
  const postgres = await openFilled(url);
  const client = await connect(url);
  const queries = questions(await sampleOf(url));
  const results = [];
  const times = await time(postgres.readModel, queries);
  for (const { name, run, searches } of queries) {
    const plans = [];
    for (const statement of await statementsOf(() => run(postgres.readModel)))
      plans.push(await planOf(client, statement));
    const text = plans.join('\n\n');
    const indexes = [
      ...new Set(
        [...text.matchAll(/using (\w+)|Bitmap Index Scan on (\w+)/g)].map(
          ([, one, other]) => one ?? other,
        ),
      ),
    ];
    const bound = (empty.get(name) ?? 0) * TIMES + (searches ? SEARCH_MS : MORE_MS);
    const bad = [
      ...(BIG.test(text) ? ['scans a big table'] : []),
      ...(times.get(name) > bound ? [`more than ${bound.toFixed(0)} ms`] : []),
    ];
    results.push({
      name,
      empty: empty.get(name) ?? 0,
      ms: times.get(name),
      indexes,
      bad,
      plan: text,
    });
    print(
      `${bad.length === 0 ? '✓' : '✗'} ${name.padEnd(52)} ${times.get(name).toFixed(1).padStart(8)} ms   empty ${(empty.get(name) ?? 0).toFixed(1).padStart(5)}   ${indexes.join(', ')}   ${bad.join('; ')}`,
    );
    if (values.plans || bad.length > 0) print(text.replace(/^/gm, '      '));
  }
  await client.end();
  await postgres.close();
  return results;
}

const server = await openServer();
try {
  const empty = await onEmpty(server.url);
  await (await openFilled(server.url)).close();
  await fillWhereEmpty(server.url, Number(values['step-runs']), print);
  const results = await measure(server.url, empty);
  mkdirSync(dirname(values.out), { recursive: true });
  writeFileSync(values.out, JSON.stringify(results, null, 1));
  const bad = results.filter((one) => one.bad.length > 0);
  print(`${results.length - bad.length} of ${results.length} queries well within bounds`);
  process.exitCode = bad.length === 0 ? 0 : 1;
} finally {
  await server.close();
}
