/**
 * A database of its own for every test file: cloned from a migrated template, dropped at the end.
 */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/embedded/postgres.js';
import { silent } from '../../src/observability/log.js';
import { freshOf, type Sql, sqlOf } from '../../src/postgres/connection/sql.js';
import {
  openOrm,
  openPostgres,
  type Postgres,
  type PostgresOptions,
} from '../../src/postgres/database.js';
import { makePartitioned } from '../bench/scale/partitioned-tables.mjs';
import { testTopics } from './topics.js';

export interface TestDatabase {
  readonly url: string;
  /** Another gateway on the same database; closed with it. */
  open(options?: Partial<PostgresOptions>): Postgres;
  /** A connection beside all gateways, to look at tables or to change them. */
  sql(text: string, parameters?: Parameters<Sql['rows']>[1]): Promise<Record<string, unknown>[]>;
  /** As if this many ms had passed: leases and wake-up times move into the past. */
  age(ms: number): Promise<void>;
  close(): Promise<void>;
}

interface Server {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * One per jest worker and file that needs it: TEST_DATABASE_URL, or a real PostgreSQL in a
 * temporary folder.
 */
async function openServer(): Promise<Server> {
  const given = process.env.TEST_DATABASE_URL;
  if (given !== undefined && given !== '') return { url: given, close: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'backstep-test-postgres-'));
  const server: EmbeddedPostgres = await openEmbeddedPostgres({
    folder,
    log: silent('embedded'),
    settings: { fsync: 'off' },
  });
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

async function onServer<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const orm = openOrm({ url, poolSize: 1, statementTimeoutMs: 60_000, log: silent('postgres') });
  try {
    return await work(sqlOf(freshOf(orm.em)));
  } finally {
    await orm.close(true);
  }
}

/** The tables of flows in so many partitions by the hash of flow_id (docs/scaling.md). */
const PARTITIONS = Number(process.env.TEST_TABLE_PARTITIONS ?? '1');

/** Named after its schema: a server that stays may have those of other versions, too. */
async function templateName(): Promise<string> {
  const folder = new URL('../../migrations/', import.meta.url);
  const hash = createHash('sha256');
  for (const file of (await readdir(folder)).sort())
    hash.update(await readFile(new URL(file, folder)));
  hash.update(String(PARTITIONS));
  return `backstep_template_${hash.digest('hex').slice(0, 16)}`;
}

/** Several workers may make it at once; one does. */
const TEMPLATE_LOCK = 0x74657374;

async function makeTemplate(server: string, template: string): Promise<void> {
  await onServer(server, async (sql) => {
    await sql.rows('SELECT pg_advisory_lock($1)', [TEMPLATE_LOCK]);
    const known = await sql.rows('SELECT FROM pg_database WHERE datname = $1', [template]);
    if (known.length > 0) return;
    const making = `${template}_${process.pid}`;
    await sql.rows(`CREATE DATABASE ${making}`, []);
    if (PARTITIONS > 1) await makePartitioned(urlOf(server, making), PARTITIONS);
    const postgres = openPostgres(optionsFor(urlOf(server, making)));
    await postgres.migrate();
    await postgres.close();
    await sql.rows(`ALTER DATABASE ${making} RENAME TO ${template}`, []);
  });
}

function optionsFor(url: string): PostgresOptions {
  return {
    url,
    poolSize: 4,
    instanceId: 'one',
    leaseMs: 10_000,
    statementTimeoutMs: 20_000,
    stepTopics: testTopics,
    log: silent('postgres'),
  };
}

/** `empty`: without any table. */
export async function testDatabase({
  empty = false,
}: {
  readonly empty?: boolean;
} = {}): Promise<TestDatabase> {
  const server = await openServer();
  const name = `backstep_${randomBytes(8).toString('hex')}`;
  const template = await templateName();
  if (!empty) await makeTemplate(server.url, template);
  await onServer(server.url, (sql) =>
    sql.rows(`CREATE DATABASE ${name}${empty ? '' : ` TEMPLATE ${template}`}`, []),
  );
  const url = urlOf(server.url, name);
  const opened: Postgres[] = [];
  const beside = openOrm({ url, poolSize: 2, statementTimeoutMs: 60_000, log: silent('postgres') });
  const sql: TestDatabase['sql'] = (text, parameters = []) =>
    sqlOf(freshOf(beside.em)).rows<Record<string, unknown>>(text, parameters);
  return {
    url,
    sql,
    open: (options = {}) => {
      const postgres = openPostgres({ ...optionsFor(url), ...options });
      opened.push(postgres);
      return postgres;
    },
    age: async (ms) => {
      await sql(
        `UPDATE orchestration_outbox SET leased_until = leased_until - $1::float8 * interval '1 ms'`,
        [ms],
      );
      await sql(
        `UPDATE orchestration_run SET wake_at = wake_at - $1::float8 * interval '1 ms' WHERE wake_at IS NOT NULL`,
        [ms],
      );
    },
    close: async () => {
      for (const postgres of opened) await postgres.close();
      await beside.close(true);
      await onServer(server.url, (on) => on.rows(`DROP DATABASE ${name} WITH (FORCE)`, []));
      await server.close();
    },
  };
}
