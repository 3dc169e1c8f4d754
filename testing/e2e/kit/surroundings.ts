/**
 * The real Kafka and the real PostgreSQL the ring runs on; `npm test` starts them and passes their
 * addresses.
 */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { MikroORM } from '@mikro-orm/postgresql';

function setting(name: string, example: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(
      `${name} is not set (for example ${example}); npm test starts what is needed and sets it`,
    );
  return value;
}

/** Comma-separated, as the gateway wants it. */
export function testBrokers(): string {
  return setting('TEST_KAFKA_BROKERS', '127.0.0.1:9092');
}

export type Row = Readonly<Record<string, unknown>>;

/** A database of its own, dropped at the end. */
export interface TestDatabase extends AsyncDisposable {
  readonly url: string;
  query(sql: string): Promise<readonly Row[]>;
}

export async function newDatabase(): Promise<TestDatabase> {
  const server = setting('TEST_DATABASE_URL', 'postgres://postgres@127.0.0.1:5432/postgres');
  const name = `backstep_e2e_${randomBytes(5).toString('hex')}`;
  await once(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const connection = await connect(url.href);
  return {
    url: url.href,
    query: (sql) => connection.em.getConnection().execute<Row[]>(sql),
    async [Symbol.asyncDispose]() {
      await connection.close(true);
      await once(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

async function once(url: string, sql: string): Promise<void> {
  const connection = await connect(url);
  try {
    await connection.em.getConnection().execute(sql);
  } finally {
    await connection.close(true);
  }
}

function connect(clientUrl: string): Promise<MikroORM> {
  return MikroORM.init({
    clientUrl,
    entities: [],
    discovery: { warnWhenNoEntities: false },
    pool: { min: 0, max: 2 },
  });
}

/** A port nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port was given out');
  return address.port;
}

/** A short id that no earlier run used: the broker may have seen many. */
export function unique(): string {
  return randomBytes(4).toString('hex');
}
