/** A database with a history of many step runs (fill.mjs), and what reads it. */
import pg from 'pg';
import { fill, orchestrations } from './fill.mjs';

/** Without any limit of time. */
export async function connect(url) {
  const { connectionOf } = await import('../../dist/postgres/connection/connection.js');
  const client = new pg.Client({
    ...connectionOf({ url, statementTimeoutMs: 0 }).driverOptions,
    idle_in_transaction_session_timeout: 0,
  });
  await client.connect();
  return client;
}

/** The read model of a gateway, on a schema that is up to date and knows the orchestrations. */
export async function openFilled(url) {
  const { openPostgres } = await import('../../dist/postgres/database.js');
  const { silent } = await import('../../dist/observability/log.js');
  const stepTopics = (name, step) => [
    `orchestrator.${name}.${step}.do`,
    `orchestrator.${name}.${step}.undo`,
  ];
  const options = {
    url,
    poolSize: 2,
    instanceId: 'history',
    leaseMs: 10_000,
    statementTimeoutMs: 600_000,
    stepTopics,
  };
  const postgres = openPostgres({ ...options, log: silent('postgres') });
  await postgres.migrate();
  await register(postgres.store);
  return postgres;
}

async function register(store) {
  for (const orchestration of orchestrations()) {
    if ((await store.orchestration(orchestration.name, null)) !== null) continue;
    await store.registry(async (tx) => {
      await tx.lockRegistry();
      await tx.saveVersion(orchestration, 'history');
    });
  }
}

export async function fillWhereEmpty(url, stepRuns, print) {
  const clients = [await connect(url), await connect(url)];
  try {
    const { rows } = await clients[0].query('SELECT FROM orchestration_run LIMIT 1');
    if (rows.length > 0) return print('the database has a history already; measuring that');
    const began = performance.now();
    await fill((lane, text, parameters) => clients[lane].query(text, parameters), stepRuns, print);
    print(`${stepRuns} step runs stored in ${((performance.now() - began) / 1000).toFixed(0)} s`);
  } finally {
    for (const client of clients) await client.end();
  }
}
