/**
 * The cost of a flow, and of reading, when the database already holds a long history. Two databases
 * of one PostgreSQL, one of them without history, take turns, each with a Kafka of its own.
 */
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startKafka } from '../../kit/kafka.mjs';
import { postmasterBelow, usageOf } from '../around.mjs';
import { connect, fillWhereEmpty, openFilled } from '../filled.mjs';
import { median } from '../spans.mjs';
import { openGround } from './ground.mjs';

const ROUNDS = 2;
const HISTORY =
  '{ history(first: 20) { edges { node { flowId status startedAt steps { stepName status } } } } }';
const DETAILS =
  'query($flowId: ID!) { details(flowId: $flowId) { status steps { stepName status } } }';
const READS = 50;

/** `folder`: where the filled database is kept for other runs; null: nowhere. */
export async function historyPoints({ flows, print, stepRuns, folder, fillsOnly }) {
  const place = folder ?? mkdtempSync(join(tmpdir(), 'backstep-scale-'));
  // As root the server runs as another user, who must reach it.
  chmodSync(place, 0o755);
  try {
    const filled = join(place, 'filled');
    if (!existsSync(filled)) await makeHistory(place, stepRuns, print);
    writeFileSync(filled, String(stepRuns));
    return fillsOnly ? [] : await measured(place, { flows, print, stepRuns });
  } finally {
    if (folder === null) rmSync(place, { recursive: true, force: true });
  }
}

async function withServer(folder, settings, work) {
  const { openEmbeddedPostgres } = await import('../../../dist/embedded/postgres.js');
  const { silent } = await import('../../../dist/observability/log.js');
  const options = { folder, log: silent('embedded'), settings };
  const server = await openEmbeddedPostgres(options);
  try {
    return await work(server.url);
  } finally {
    await server.close();
  }
}

const at = (url, name) => Object.assign(new URL(url), { pathname: `/${name}` }).href;

/** Without fsync, which the measurement has again. */
function makeHistory(folder, stepRuns, print) {
  const fast = {
    ...{ fsync: 'off', wal_level: 'minimal', max_wal_senders: '0' },
    ...{ max_wal_size: '16GB', shared_buffers: '512MB' },
  };
  return withServer(folder, fast, async (url) => {
    const client = await connect(url);
    try {
      for (const name of ['without', 'filled']) await client.query(`CREATE DATABASE ${name}`);
    } finally {
      await client.end();
    }
    await (await openFilled(at(url, 'filled'))).close();
    await fillWhereEmpty(at(url, 'filled'), stepRuns, print);
  });
}

function measured(folder, { flows, print, stepRuns }) {
  return withServer(folder, { shared_buffers: '512MB', max_wal_size: '4GB' }, async (url) => {
    const found = { without: [], filled: [] };
    for (let round = 1; round <= ROUNDS; round++) {
      const order = round % 2 ? ['without', 'filled'] : ['filled', 'without'];
      for (const name of order) {
        print(`  round ${round}, ${name}`);
        found[name].push(await onDatabase(folder, at(url, name), flows));
      }
    }
    return [
      { ...middleOf(found.without), label: 'none' },
      { ...middleOf(found.filled), label: stepRuns.toLocaleString('en') },
    ];
  });
}

async function onDatabase(folder, databaseUrl, flows) {
  const kafkaFolder = mkdtempSync(join(tmpdir(), 'backstep-scale-kafka-'));
  const kafka = await startKafka({ folder: kafkaFolder });
  const postmaster = postmasterBelow(folder);
  const usage = () => ({ kafka: usageOf(kafka.pid), postgres: usageOf(postmaster) });
  const services = { brokers: kafka.brokers, databaseUrl, usage };
  try {
    await using ground = await openGround({ services });
    await ground.warmUp();
    const point = await ground.point('', { count: flows });
    return { ...point, reads: await reads(ground) };
  } finally {
    await kafka.stop();
    rmSync(kafkaFolder, { recursive: true, force: true });
  }
}

/** Milliseconds of a page and of one flow, over HTTP. */
async function reads({ gateway }) {
  const timed = async (query, variables) => {
    const times = [];
    for (let turn = 0; turn < READS; turn++) {
      const from = performance.now();
      const { data, errors } = await gateway.send(query, variables(turn));
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      times.push(performance.now() - from);
      ids = data.history?.edges.map(({ node }) => node.flowId) ?? ids;
    }
    return median(times);
  };
  let ids = [];
  const history = await timed(HISTORY, () => undefined);
  const details = await timed(DETAILS, (turn) => ({ flowId: ids[turn % ids.length] }));
  return { history, details };
}

/** The one of middle cost; of two the dearer. */
function middleOf(points) {
  const sorted = [...points].sort((a, b) => b.perSecond - a.perSecond);
  return sorted[Math.floor(sorted.length / 2)];
}
