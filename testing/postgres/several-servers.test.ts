/**
 * A primary and a synchronous standby in DATABASE_URL: the standby is promoted while the primary is
 * frozen or dead, and the same process goes on.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openEmbeddedPostgres } from '../../src/embedded/postgres.js';
import { findBinaries, RUNS_AS } from '../../src/embedded/postgres-binaries.js';
import { Fault } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { openPostgres, type Postgres } from '../../src/postgres/database.js';
import { register, start, startInput } from '../contracts/store-builders.js';
import { openPair, type Pair, type PairServer } from '../kit/postgres-pair.mjs';
import { testTopics } from '../kit/topics.js';

const folder = mkdtempSync(join(tmpdir(), 'backstep-pair-'));
let pair: Pair;
let postgres: Postgres;
const opened: Postgres[] = [];

function gateway(url: string): Postgres {
  const one = openPostgres({
    url,
    poolSize: 3,
    instanceId: `gateway-${opened.length}`,
    leaseMs: 10_000,
    statementTimeoutMs: 15_000,
    stepTopics: testTopics,
    log: silent('postgres'),
  });
  opened.push(one);
  return one;
}

beforeAll(async () => {
  const log = silent('embedded');
  pair = await openPair({ folder, log, openEmbeddedPostgres, findBinaries, runsAs: RUNS_AS });
  postgres = gateway(pair.url);
  await postgres.migrate();
  await register(postgres.store);
}, 120_000);

afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
  await pair?.close();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const BOUND_MS = 60_000;
/** As the engine does: again after each fault. */
async function afterFaults<T>(work: () => Promise<T>): Promise<T> {
  const until = Date.now() + BOUND_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Fault) || Date.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
const flowIds = async (server: PairServer): Promise<unknown[]> =>
  (await server.sql('SELECT flow_id FROM orchestration_run ORDER BY 1')).map((row) => row.flow_id);
const sessions = (server: PairServer): Promise<Record<string, unknown>[]> =>
  server.sql("SELECT FROM pg_stat_activity WHERE application_name = 'backstep'");

const waitingForStandby = (server: PairServer): Promise<Record<string, unknown>[]> =>
  server.sql("SELECT FROM pg_stat_activity WHERE wait_event = 'SyncRep'");

test('a dead first server does not matter at the start; a standby alone is refused with its name', async () => {
  const one = gateway(pair.url.replace('@', '@127.0.0.1:1,'));
  await afterFaults(() => one.store.ping());
  const alone = new URL(pair.standby.url);
  alone.searchParams.set('target_session_attrs', 'read-write');
  const refused = await gateway(alone.href)
    .migrate()
    .catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: 'DATABASE_AWAY',
    message: `no server of DATABASE_URL can be used: ${alone.host}: it is a standby`,
  });
});

test('a primary that becomes read-only is left alone until it takes writes again', async () => {
  const { primary } = pair;
  await primary.sql('ALTER SYSTEM SET default_transaction_read_only = on');
  await primary.sql('SELECT pg_reload_conf()');
  const message = await untilFault(() => start(postgres.store, [startInput('refused')]));
  expect(message).toMatch(/it is read-only|read-only transaction/);
  await primary.sql('ALTER SYSTEM RESET default_transaction_read_only');
  await primary.sql('SELECT pg_reload_conf()');
  await afterFaults(() => start(postgres.store, [startInput('taken')]));
  expect(await flowIds(primary)).toContain('taken');
}, 120_000);

test('a commit that waits for a frozen standby is shown as such, and completes when it is back', async () => {
  const { standby } = pair;
  standby.freeze();
  const waiting = start(postgres.store, [startInput('without-standby')]);
  const waits = async (): Promise<string> => (await postgres.store.waits?.()) ?? 'nothing';
  for (let shown = ''; !/waits for a standby/.test(shown); ) shown = await waits();
  standby.thaw();
  await waiting;
  expect(await waits()).toBe('nothing');
}, 120_000);

test('a frozen primary is left for the promoted standby, and not used again when it is back', async () => {
  const committed: string[] = [];
  const leave = await postgres.store.onRemoteCommit((commits) => {
    for (const { flowId } of commits ?? []) committed.push(flowId);
  });
  await start(postgres.store, [startInput('before')]);
  const [old, next] = [pair.primary, pair.standby];
  old.freeze();
  const hanging = start(postgres.store, [startInput('hanging')]).catch((error: Fault) => error);
  await pair.promote();
  expect(await hanging).toMatchObject({ code: 'DATABASE_AWAY', reason: expect.any(String) });
  await afterFaults(() => start(postgres.store, [startInput('after')]));
  old.thaw();
  // What the old primary accepts now would be lost: alone, it cannot commit.
  let alone = 'waits';
  const create = old.sql('CREATE TABLE alone ()').then(
    () => {
      alone = 'committed';
    },
    () => undefined,
  );
  while ((await waitingForStandby(old)).length === 0);
  await afterFaults(() => start(postgres.store, [startInput('at-last')]));
  expect(await flowIds(next)).toEqual(expect.arrayContaining(['after', 'at-last', 'before']));
  expect(await flowIds(next)).not.toContain('hanging');
  expect(await sessions(old)).toEqual([]);
  // The connection that listens has followed.
  const other = gateway(pair.url);
  for (let tries = 0; committed.length === 0; tries++)
    await afterFaults(() => start(other.store, [startInput(`noticed-${tries}`)]));
  await leave();
  expect(alone).toBe('waits');
  await old.end('SIGKILL');
  await create;
  expect(alone).toBe('waits');
}, 120_000);

/** The reload is not waited for by the server. */
async function untilFault(work: () => Promise<unknown>): Promise<string> {
  for (let until = Date.now() + BOUND_MS; Date.now() < until; ) {
    try {
      await work();
    } catch (error) {
      if (error instanceof Fault) return error.message;
      throw error;
    }
  }
  return 'no fault';
}
