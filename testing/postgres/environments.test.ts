/**
 * PostgreSQL as it is in companies: schemas of one's own, few connections, TLS, encodings,
 * databases of somebody else.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type EmbeddedPostgres, openEmbeddedPostgres } from '../../src/embedded/postgres.js';
import { RUNS_AS } from '../../src/embedded/postgres-binaries.js';
import { Fault } from '../../src/engine/ports.js';
import { silent } from '../../src/observability/log.js';
import { freshOf, sqlOf } from '../../src/postgres/connection/sql.js';
import { openOrm, openPostgres, type Postgres } from '../../src/postgres/database.js';
import { register, start, startInput } from '../contracts/store-builders.js';
import { Authority, type Issued } from '../kit/certificates.js';
import { type TestDatabase, testDatabase } from '../kit/postgres.js';
import { testTopics } from '../kit/topics.js';
import { findPsql } from './psql.js';

let count = 0;
const opened: Postgres[] = [];
function gateway(url: string, poolSize = 5): Postgres {
  const postgres = openPostgres({
    url,
    poolSize,
    instanceId: `gateway-${count++}`,
    leaseMs: 10_000,
    statementTimeoutMs: 15_000,
    stepTopics: testTopics,
    log: silent('postgres'),
  });
  opened.push(postgres);
  return postgres;
}
function withParameters(url: string, parameters: Record<string, string>, user?: string): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  if (user !== undefined) {
    address.username = user;
    address.password = 'secret';
  }
  return address.href;
}
const reason = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'it worked',
    (error: Error) => error.message,
  );

afterAll(async () => {
  for (const postgres of opened) await postgres.close();
});

describe('tables in a schema of one’s own', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ empty: true });
  });
  afterAll(() => database?.close());
  const schemasOf = async (table: string): Promise<unknown[]> =>
    (
      await database.sql('SELECT schemaname FROM pg_tables WHERE tablename = $1 ORDER BY 1', [
        table,
      ])
    ).map((row) => row.schemaname);

  test('by search_path: several starts at once, then again, and flows are recorded', async () => {
    await database.sql('CREATE SCHEMA app');
    const url = withParameters(database.url, { options: '-c search_path=app' });
    const first = await Promise.all([1, 2, 3].map(() => gateway(url).migrate()));
    expect(first.flatMap(({ applied }) => applied).length).toBeGreaterThan(0);
    const again = gateway(url);
    expect(await again.migrate()).toEqual({ applied: [] });
    await register(again.store);
    await start(again.store, [startInput('flow-1')]);
    expect((await again.readModel.flows(['flow-1'])).size).toBe(1);
    for (const table of ['orchestration_run', 'mikro_orm_migrations'])
      expect(await schemasOf(table)).toEqual(['app']);
  });

  test('by the name of the role, and for good: a schema that comes first later changes nothing', async () => {
    const role = `backstep_own_${process.pid}_${Date.now()}`;
    await database.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    await database.sql(`CREATE SCHEMA ${role} AUTHORIZATION ${role}`);
    const url = withParameters(database.url, { options: '-c search_path="$user"' }, role);
    for (let starts = 0; starts < 3; starts++) await gateway(url).migrate();
    expect(await schemasOf('orchestration_run')).toEqual(['app', role]);
    await database.sql(`CREATE SCHEMA earlier AUTHORIZATION ${role}`);
    const both = withParameters(url, { options: '-c search_path=earlier,"$user"' });
    expect(await gateway(both).migrate()).toEqual({ applied: [] });
    expect(await schemasOf('orchestration_run')).toEqual(['app', role]);
    await Promise.all(opened.splice(0).map((one) => one.close()));
    await database.sql(`DROP OWNED BY ${role} CASCADE`);
    await database.sql(`DROP ROLE ${role}`);
  });

  test('a search_path of which nothing exists ends the start with the reason', async () => {
    const url = withParameters(database.url, { options: '-c search_path=nowhere' });
    expect(await reason(gateway(url).migrate())).toMatch(/no schema of the search_path exists/);
  });
});

describe('a database that cannot be ours is refused before anything is created', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase({ empty: true });
  });
  afterAll(() => database?.close());
  const tables = async (): Promise<unknown[]> =>
    (
      await database.sql(`SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
    ).map((row) => row.tablename);

  test.each(['LATIN1', 'SQL_ASCII'])('that stores text as %s', async (encoding) => {
    const name = `backstep_${encoding.toLowerCase()}_${process.pid}`;
    await database.sql(
      `CREATE DATABASE ${name} ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`,
    );
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    const postgres = gateway(url.href);
    expect(await reason(postgres.migrate())).toContain(
      `the database ${name} stores text as ${encoding}`,
    );
    await postgres.close();
    opened.splice(opened.indexOf(postgres), 1);
    await database.sql(`DROP DATABASE ${name} WITH (FORCE)`);
  });

  test('that has the tables of the Java orchestrator, by the gateway and by psql -f', async () => {
    await database.sql(
      'CREATE TABLE orchestration_run (id bigserial PRIMARY KEY, flow_id varchar(255), status varchar(32))',
    );
    await database.sql(
      'CREATE TABLE orchestration_step_run (id bigserial PRIMARY KEY, run_id bigint, status varchar(32))',
    );
    const why = await reason(gateway(database.url).migrate());
    expect(why).toMatch(/has a table orchestration_run of another system.*a database of its own/);
    expect(await tables()).toEqual(['orchestration_run', 'orchestration_step_run']);

    const file = new URL('../../migrations/migration-do-undo-topics.sql', import.meta.url);
    expect(await reason(runByHand(database, file))).toMatch(/does not exist/);
    expect(await tables()).toEqual(['orchestration_run', 'orchestration_step_run']);
  });
});

/**
 * With psql where it is installed; else its statements as one script, which is one transaction as
 * well.
 */
async function runByHand(database: TestDatabase, file: URL): Promise<void> {
  const psql = findPsql();
  if (psql !== null)
    await promisify(execFile)(psql, ['-q', '-d', database.url, '-f', file.pathname]);
  else await database.sql((await readFile(file, 'utf8')).replace(/^\\.*$/gm, ''));
}

test('a role that may have three connections: all of ninety reads at once are answered', async () => {
  const database = await testDatabase();
  const role = `backstep_few_${process.pid}_${Date.now()}`;
  await database.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 3`);
  await database.sql(`GRANT ALL ON ALL TABLES IN SCHEMA public TO ${role}`);
  const postgres = gateway(withParameters(database.url, {}, role), 10);
  try {
    await postgres.store.onRemoteCommit(() => undefined);
    const read = (_: unknown, index: number): Promise<unknown> =>
      postgres.readModel.flows([`flow-${index}`]);
    const answers = await Promise.allSettled(Array.from({ length: 90 }, read));
    expect(answers.filter(({ status }) => status === 'rejected')).toEqual([]);
  } finally {
    await postgres.close();
    opened.splice(opened.indexOf(postgres), 1);
    await database.sql(`DROP OWNED BY ${role} CASCADE`);
    await database.sql(`DROP ROLE ${role}`);
    await database.close();
  }
});

describe('sslmode means what psql means', () => {
  const folder = mkdtempSync(join(tmpdir(), 'backstep-tls-'));
  let tls: EmbeddedPostgres;
  let plain: EmbeddedPostgres;
  let authority: Authority;
  const [key, certificate] = [join(folder, 'server.key'), join(folder, 'server.crt')];

  beforeAll(async () => {
    chmodSync(folder, 0o755);
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'],
        ...['-keyout', key, '-out', certificate, '-subj', '/CN=somebody.else'],
      ],
      { stdio: 'ignore' },
    );
    chmodSync(key, 0o600);
    if (RUNS_AS !== null) for (const file of [key, certificate]) chownSync(file, RUNS_AS, RUNS_AS);
    authority = new Authority();
    const ca = join(folder, 'ca.crt');
    copyFileSync(authority.cert, ca);
    chmodSync(ca, 0o644);
    const log = silent('embedded');
    const settings = {
      ...{ ssl: 'on', ssl_cert_file: certificate, ssl_key_file: key },
      ssl_ca_file: ca,
    };
    tls = await openEmbeddedPostgres({ folder: join(folder, 'tls'), log, settings });
    plain = await openEmbeddedPostgres({ folder: join(folder, 'plain'), log });
  }, 120_000);
  afterAll(async () => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
    await tls?.close();
    await plain?.close();
    rmSync(folder, { recursive: true, force: true });
    authority?.remove();
  });

  /** Of the pool and of the connection that listens: `true` = TLS. */
  async function encrypted(url: string): Promise<unknown> {
    const postgres = gateway(url);
    await postgres.migrate();
    await postgres.store.onRemoteCommit(() => undefined);
    await postgres.store.ping();
    return tlsOf(url);
  }
  async function tlsOf(url: string): Promise<boolean[]> {
    const port = new URL(url).port;
    const server = port === new URL(plain.url).port ? plain : tls;
    const sslmode = server === plain ? 'disable' : 'no-verify';
    const options = { poolSize: 1, statementTimeoutMs: 5_000, log: silent('postgres') };
    const orm = openOrm({ ...options, url: on(server, sslmode) });
    const rows = await sqlOf(freshOf(orm.em)).rows<{ ssl: boolean }>(
      `SELECT DISTINCT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
       WHERE a.application_name = 'backstep' AND a.pid <> pg_backend_pid() ORDER BY 1`,
      [],
    );
    await orm.close(true);
    return rows.map(({ ssl }) => ssl);
  }
  const on = (server: EmbeddedPostgres, sslmode: string, more = {}): string =>
    withParameters(server.url, { sslmode, ...more });
  const closeAll = async (): Promise<void> => {
    await Promise.all(opened.splice(0).map((one) => one.close()));
  };

  test.each(['prefer', 'require'])(
    '%s: encrypted with a certificate nobody signed',
    async (mode) => {
      expect(await encrypted(on(tls, mode))).toEqual([true]);
      await closeAll();
    },
  );
  test('disable: not encrypted', async () => {
    expect(await encrypted(on(tls, 'disable'))).toEqual([false]);
    await closeAll();
  });
  test('prefer: without TLS where the server has none; require: not at all', async () => {
    expect(await encrypted(on(plain, 'prefer'))).toEqual([false]);
    await closeAll();
    expect(await reason(gateway(on(plain, 'require')).migrate())).toMatch(/does not support SSL/);
  });
  test('verify-ca: the authority must be known; verify-full: and the name must be right', async () => {
    const sslrootcert = certificate;
    expect(await encrypted(on(tls, 'verify-ca', { sslrootcert }))).toEqual([true]);
    await closeAll();
    expect(await reason(gateway(on(tls, 'verify-full', { sslrootcert })).migrate())).toMatch(
      /altnames|does not match/i,
    );
    expect(await reason(gateway(on(tls, 'verify-full')).migrate())).toMatch(/self.signed/i);
  });
  test('no mode: to another machine by verified TLS where the server has it', async () => {
    // Of this machine, but by no name that is known to be.
    const elsewhere = (server: EmbeddedPostgres): string =>
      server.url.replace('@127.0.0.1', '@127.1').replace('?sslmode=disable', '');
    expect(await reason(gateway(elsewhere(tls)).migrate())).toMatch(
      /self.signed.*|unknown authority; name the file of the authority with sslrootcert/i,
    );
    expect(await reason(gateway(elsewhere(plain)).migrate())).toBe('it worked');
    await closeAll();
  });
  test('what is wrong is named, with what to do', async () => {
    const fault = await gateway(on(tls, 'verify-full'))
      .migrate()
      .catch((error: unknown) => error);
    expect(fault).toMatchObject({
      code: 'DATABASE_TLS',
      message: expect.stringContaining('sslrootcert in DATABASE_URL'),
    });
    expect(() => gateway(on(tls, 'require', { sslcert: '/nothing/here' }))).toThrow(
      /the file of sslcert cannot be read: .*\/nothing\/here/,
    );
  });
  /** The server has this certificate from now on. */
  async function renew(issued: Issued): Promise<void> {
    copyFileSync(issued.key, key);
    copyFileSync(issued.cert, certificate);
    if (RUNS_AS !== null) for (const file of [key, certificate]) chownSync(file, RUNS_AS, RUNS_AS);
    const orm = openOrm({
      ...{ url: on(tls, 'no-verify'), poolSize: 1, statementTimeoutMs: 5_000 },
      log: silent('postgres'),
    });
    const { rows } = sqlOf(freshOf(orm.em));
    await rows('SELECT pg_reload_conf()', []);
    await orm.close(true);
  }
  const verified = (more = {}): string =>
    on(tls, 'verify-full', { sslrootcert: authority.cert, ...more });
  test('verify-full with a certificate for this address, and a client certificate', async () => {
    await renew(authority.issue('server'));
    const { cert, key: clientKey } = authority.issue('gateway-at-postgres');
    const url = verified({ sslcert: cert, sslkey: clientKey });
    const deadline = Date.now() + 60_000;
    // The reload is not waited for by the server.
    for (let answer = ''; answer !== 'it worked'; ) {
      answer = await reason(gateway(url).migrate());
      if (Date.now() > deadline) throw new Error(answer);
    }
    const orm = openOrm({
      ...{ url, poolSize: 1, statementTimeoutMs: 5_000, log: silent('postgres') },
    });
    const [session] = await sqlOf(freshOf(orm.em)).rows<{ client_dn: string }>(
      'SELECT client_dn FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
      [],
    );
    await orm.close(true);
    expect(session?.client_dn).toBe('/CN=gateway-at-postgres');
    const byName = url.replace('@127.0.0.1', '@localhost');
    expect(await reason(gateway(byName).migrate())).toBe('it worked');
    await closeAll();
    await renew(authority.issue('elsewhere', { names: 'DNS:db.example.com,DNS:localhost' }));
    const other = async (): Promise<string> => reason(gateway(verified()).migrate());
    for (let answer = 'it worked'; !/other names/.test(answer); answer = await other())
      if (Date.now() > deadline) throw new Error(`${answer}: localhost is taken for 127.0.0.1`);
  });
  test('an expired certificate is named', async () => {
    await renew(authority.issue('expired', { days: -1 }));
    const deadline = Date.now() + 60_000;
    for (let answer = ''; !/has expired/.test(answer); ) {
      answer = await reason(gateway(verified()).migrate());
      if (Date.now() > deadline) throw new Error(answer);
    }
  });
  test('PGSSLMODE and its like do not reach the database of this process', async () => {
    const given = { PGSSLMODE: 'verify-full', PGHOST: 'nowhere', PGPORT: '1', PGUSER: 'nobody' };
    const before = { ...process.env };
    Object.assign(process.env, given, { PGOPTIONS: '-c default_transaction_read_only=on' });
    try {
      expect(await reason(gateway(plain.url).migrate())).toBe('it worked');
    } finally {
      for (const name of [...Object.keys(given), 'PGOPTIONS'])
        if (before[name] === undefined) delete process.env[name];
        else process.env[name] = before[name];
    }
  });
});

test('a server without a free connection is busy, which is no permanent refusal', async () => {
  const database = await testDatabase();
  const role = `backstep_none_${process.pid}_${Date.now()}`;
  await database.sql(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' CONNECTION LIMIT 0`);
  const postgres = gateway(withParameters(database.url, {}, role));
  const fault = await postgres.migrate().catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(Fault);
  expect((fault as Fault).code).toBe('DATABASE_BUSY');
  await database.sql(`DROP ROLE ${role}`);
  await database.close();
});
