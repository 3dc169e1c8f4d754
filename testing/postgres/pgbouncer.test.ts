/**
 * Behind a real PgBouncer: session mode works with its default settings, transaction mode is
 * refused at the start with the reason.
 */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { silent } from '../../src/observability/log.js';
import { openPostgres, type Postgres } from '../../src/postgres/database.js';
import { register, start, startInput } from '../contracts/store-builders.js';
import { freePort } from '../e2e/kit/surroundings.js';
import { openBouncer, pgbouncer } from '../kit/pgbouncer.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';
import { testTopics } from '../kit/topics.js';

const binary = pgbouncer();
if (binary === null)
  test('PgBouncer cannot be had on this machine; with CI=true it must be', () =>
    expect(process.env.CI ?? '').toBe(''));
else describe('behind PgBouncer', behindPgBouncer);

function behindPgBouncer(): void {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ empty: true });
  });
  afterAll(() => database?.close());

  async function through(
    settings: Readonly<Record<string, string>>,
    work: (open: () => Postgres) => Promise<void>,
    parameters: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    const bouncer = await openBouncer(binary ?? '', database.url, await freePort(), settings);
    const url = new URL(bouncer.url);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    const opened: Postgres[] = [];
    const open = (): Postgres => {
      const postgres = openPostgres({
        url: url.href,
        poolSize: 4,
        instanceId: `gateway-${opened.length}`,
        leaseMs: 10_000,
        statementTimeoutMs: 15_000,
        stepTopics: testTopics,
        log: silent('postgres'),
      });
      opened.push(postgres);
      return postgres;
    };
    try {
      await work(open);
    } finally {
      for (const one of opened) await one.close();
      await bouncer.close();
    }
  }

  test('session mode, its default: two gateways start, record flows, read them, and notify each other', async () => {
    await through({}, async (open) => {
      const [one, other] = [open(), open()];
      await Promise.all([one.migrate(), other.migrate()]);
      const notified = Promise.withResolvers<string>();
      await other.store.onRemoteCommit((hints) => {
        for (const { flowId } of hints ?? []) notified.resolve(flowId);
      });
      await register(one.store);
      await start(one.store, [startInput('flow-1')]);
      expect(await notified.promise).toBe('flow-1');
      for (let reads = 0; reads < 20; reads++)
        expect((await other.readModel.flows(['flow-1'])).size).toBe(1);
      expect(await other.store.due(10)).toEqual([]);
    });
  });

  test('a schema of one’s own, through it', async () => {
    await database.sql('CREATE SCHEMA app');
    await through(
      {},
      async (open) => {
        await open().migrate();
        expect(await open().migrate()).toEqual({ applied: [] });
      },
      { options: '-c search_path=app' },
    );
    const [row] = await database.sql(
      `SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = 'app' AND tablename = 'orchestration_run'`,
    );
    expect(row?.tables).toBe(1);
  });

  test.each(['transaction', 'statement'])(
    '%s mode: the start is refused with the reason',
    async (pool_mode) => {
      await through({ pool_mode }, async (open) => {
        await expect(open().migrate()).rejects.toThrow(
          /pooler in transaction mode.*Set pool_mode = session/,
        );
      });
    },
    60_000,
  );
}
