/**
 * Room 4a, PostgreSQL. Knows: tables, SQL, MikroORM; the only room that does. Refuses to know: Kafka, HTTP, what an event means.
 * In: the words of the ports (admit, lock, record, refuse; queries). Out: rows in one transaction, flows and events read back.
 * This file: opens the database and hands out what the engine needs.
 */
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import type { ReadModel, StepTopics, Store } from '../engine/ports.js';
import { LIMITS } from '../limits/limits.js';
import type { Log } from '../observability/log.js';
import { Hints } from './connection/commit-notifications.js';
import {
  type Client,
  CONNECT_TIMEOUT_MS,
  connectionOf,
  type NamedStatements,
  nameStatements,
} from './connection/connection.js';
import { throwingFaults } from './connection/faults.js';
import { refuseTransactionPooling } from './connection/pooling.js';
import { hasTls, inDriverWords, prefersTls } from './connection/tls.js';
import { PostgresReadModel } from './read/read-model.js';
import { ReadPool } from './read/read-pool.js';
import { Definitions } from './rows/definition-cache.js';
import { databaseIdOf } from './schema/database-id.js';
import * as definitionRows from './schema/entities/definitions.js';
import * as roadRows from './schema/entities/messages.js';
import * as runRows from './schema/entities/runs.js';
import { migrate, Turn } from './schema/migrations.js';
import { KnownToAll, sayWhatItKnows } from './schema/running-gateways.js';
import { removing } from './write/removal.js';
import { PostgresStore } from './write/store.js';

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, with the driver's query parameters (`sslmode`, …). */
  readonly url: string;
  /** Most connections, the one that listens for other instances' commits not counted. */
  readonly poolSize: number;
  /** Most connections for reads; absent = docs/limits.md. */
  readonly readPoolSize?: number | undefined;
  /** No statement of a reader runs longer, ms; absent = docs/limits.md. */
  readonly readTimeoutMs?: number | undefined;
  /** Distinguishes gateways on one database; a new one at every start. */
  readonly instanceId: string;
  /** How long outbox rows belong to the instance that committed them, ms. */
  readonly leaseMs: number;
  /** No statement runs longer, ms; the work then ends with a Fault. */
  readonly statementTimeoutMs: number;
  /** [do topic, undo topic] of a step: the wire's word, needed to tell which names would meet in Kafka. */
  readonly stepTopics: StepTopics;
  readonly log: Log;
  /** Folders of migrations; absent = ours. */
  readonly migrations?: readonly URL[] | undefined;
}

export interface Postgres {
  readonly store: Store;
  readonly readModel: ReadModel;
  /** Brings the schema up to date; several instances may ask at once. Names of what was applied. Throws a Fault when it cannot. */
  migrate(): Promise<{ readonly applied: readonly string[] }>;
  /** The same for all gateways on these tables and after a restart; another one for a copy (docs/operating.md). */
  readonly databaseId: () => Promise<string>;
  /** Writes what is still in memory, then closes every connection. */
  close(): Promise<void>;
}

/** Since then rows may refer to the payload of their flow. */
const START_PAYLOADS = 'migration-start-payloads';

/** Entities, schema and migrations as MikroORM knows them; connects when first used. */
export function openOrm(
  options: Pick<PostgresOptions, 'url' | 'poolSize' | 'statementTimeoutMs' | 'log' | 'migrations'>,
  statements: NamedStatements = nameStatements(),
  turn = new Turn(options.migrations),
): MikroORM {
  const { dbName, driverOptions } = connectionOf(options);
  return new MikroORM({
    entities: [
      ...Object.values(definitionRows),
      ...Object.values(runRows),
      ...Object.values(roadRows),
    ],
    dbName,
    clientUrl: options.url,
    driverOptions: { ...driverOptions, onPoolCreated: (pool: object) => statements.install(pool) },
    pool: { min: 0, max: options.poolSize },
    // A database that does not answer must not be taken for a missing one.
    ensureDatabase: false,
    extensions: [Migrator],
    migrations: {
      migrationsList: turn.list.map(({ name, class: migration }) => ({ name, class: migration })),
      // Each file for itself: one that must be tried again does not take back the ones before it.
      allOrNothing: false,
      snapshot: false,
      disableForeignKeys: false,
    },
    schemaGenerator: { skipTables: ['mikro_orm_migrations'] },
    // Lines of the driver only: what fails is thrown, and logged by whoever knows what it means.
    logger: (message) => options.log.debug({}, message),
    colors: false,
  });
}

export function openPostgres(options: PostgresOptions): Postgres {
  const statements = nameStatements();
  const turn = new Turn(options.migrations);
  const orm = openOrm(options, statements, turn);
  // Makes the pool, and with it the client class; nothing is connected yet.
  orm.em.getConnection().getClient();
  const definitions = new Definitions();
  const { driverOptions } = connectionOf(options);
  const greet = (client: Client): Promise<void> => sayWhatItKnows(client, turn.list.length);
  const hints = new Hints(statements, driverOptions, options.instanceId, options.log, greet);
  const readers = nameStatements();
  const readOrm = openOrm(
    {
      ...options,
      poolSize: options.readPoolSize ?? LIMITS.readConnections.value,
      statementTimeoutMs: options.readTimeoutMs ?? LIMITS.readMs.value,
    },
    readers,
    turn,
  );
  readOrm.em.getConnection().getClient();
  const reads = new ReadPool(readers, driverOptions);
  const store = new PostgresStore(
    orm.em,
    definitions,
    hints,
    statements,
    options,
    (work) => removing(statements, driverOptions, work),
    new KnownToAll(turn.list.findIndex(({ name }) => name === START_PAYLOADS) + 1),
  );
  return {
    store,
    readModel: new PostgresReadModel(readOrm.em, definitions, reads),
    migrate: () =>
      throwingFaults(async () => {
        await chooseTls(options.url, [statements, readers], driverOptions);
        await refuseTransactionPooling(statements, driverOptions);
        return migrate(orm, turn, statements, driverOptions, options.log);
      }),
    databaseId: () => throwingFaults(() => databaseIdOf(orm.em)),
    close: async () => {
      await store.close();
      await readOrm.close(true);
      await orm.close(true);
    },
  };
}

/** `sslmode=prefer`: TLS if the server has it. Connections are made that way from now on, the one that listens included. */
async function chooseTls(
  url: string,
  pools: readonly NamedStatements[],
  driverOptions: { connectionString: string },
): Promise<void> {
  const address = new URL(url);
  if (!prefersTls(address)) return;
  const chosen = inDriverWords(address);
  chosen.searchParams.delete('options');
  const has = await hasTls(address, CONNECT_TIMEOUT_MS);
  chosen.searchParams.set('sslmode', has ? 'require' : 'disable');
  driverOptions.connectionString = chosen.href;
  for (const pool of pools) pool.connectTo(chosen.href);
}
