/**
 * Layer 4a, PostgreSQL. Knows: tables, SQL, MikroORM; the only module that does. Refuses to know:
 * Kafka, HTTP, what an event means. In: the calls of the ports (admit, lock, record, refuse;
 * queries). Out: rows in one transaction, flows and events read back. This file: opens the database
 * and provides the ports of the engine.
 */
import { Migrator } from '@mikro-orm/migrations';
import { MikroORM } from '@mikro-orm/postgresql';
import type { ReadModel, StepTopics, Store } from '../engine/ports.js';
import { LIMITS } from '../limits/limits.js';
import type { Log } from '../observability/log.js';
import type { PoolFigures } from '../observability/metrics.js';
import { CommitNotifications } from './connection/commit-notifications.js';
import {
  type Client,
  connectionOf,
  type NamedStatements,
  nameStatements,
} from './connection/connection.js';
import { throwingFaults } from './connection/faults.js';
import { openServers } from './connection/open-servers.js';
import { refuseTransactionPooling } from './connection/pooling.js';
import type { Servers } from './connection/servers.js';
import { PostgresReadModel } from './read/read-model.js';
import { ReadPool } from './read/read-pool.js';
import { Definitions } from './rows/definition-cache.js';
import { databaseIdOf } from './schema/database-id.js';
import * as definitionRows from './schema/entities/definitions.js';
import * as roadRows from './schema/entities/messages.js';
import * as runRows from './schema/entities/runs.js';
import { migrate, Turn } from './schema/migrations.js';
import { announceSchemaVersion, KnownToAll } from './schema/running-gateways.js';
import { checkUpToDate } from './schema/up-to-date.js';
import { NO_KEYS, type PayloadKeys, Sealer } from './sealing/sealer.js';
import { removing } from './write/removal.js';
import { PostgresStore, type StoreConnection } from './write/store.js';

export interface PostgresOptions {
  /**
   * `postgres://user:password@host:port/database`, with the driver's query parameters (`sslmode`,
   * …).
   */
  readonly url: string;
  /**
   * Most connections for writes; the connection that listens for commits of other instances is not
   * counted.
   */
  readonly poolSize: number;
  /** Most connections for reads; absent = docs/limits.md. */
  readonly readPoolSize?: number | undefined;
  /** statement_timeout of reads, ms; absent = docs/limits.md. */
  readonly readTimeoutMs?: number | undefined;
  /** Distinguishes the gateways of one database; new at every start. */
  readonly instanceId: string;
  /** How long outbox rows belong to the instance that committed them, ms. */
  readonly leaseMs: number;
  /** When acknowledged outbox rows are deleted without a commit, ms; absent = 1,000. */
  readonly sentWaitsMs?: number | undefined;
  /** statement_timeout of writes, ms; work that exceeds it ends with a Fault. */
  readonly statementTimeoutMs: number;
  /** Topic names of a step, made by the wire; they show which names would collide in Kafka. */
  readonly stepTopics: StepTopics;
  /** Of sealed payloads; absent = payloads are plain. */
  readonly payloadKeys?: PayloadKeys | undefined;
  readonly log: Log;
  /** Folders of migrations; absent = `migrations/`. */
  readonly migrations?: readonly URL[] | undefined;
}

export interface Postgres {
  readonly store: Store;
  readonly readModel: ReadModel;
  /**
   * Brings the schema up to date; several instances may call it at once. Returns the names of
   * applied migrations. Throws a Fault when it cannot.
   */
  migrate(): Promise<{ readonly applied: readonly string[] }>;
  /** Changes nothing. Throws a Fault while migrations are missing that this version needs. */
  checkSchema(): Promise<void>;
  /**
   * Equal for all gateways on these tables, also after a restart; different for a copy of the
   * database (docs/operating.md).
   */
  readonly databaseId: () => Promise<string>;
  /** Writes what is still in memory, then closes every connection. */
  close(): Promise<void>;
}

/** The migration from which on rows may refer to the start payload of their flow. */
const START_PAYLOADS = 'migration-start-payloads';
/** The same for rows that are sealed. */
const SEALED_PAYLOADS = 'migration-with-stored-ciphertext';

/** MikroORM with the entities and migrations; it connects when first used. */
export function openOrm(
  options: Pick<PostgresOptions, 'url' | 'poolSize' | 'statementTimeoutMs' | 'log' | 'migrations'>,
  statements: NamedStatements = nameStatements(openServers(options)),
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
    clientUrl: driverOptions.connectionString,
    driverOptions: { ...driverOptions, onPoolCreated: (pool: object) => statements.install(pool) },
    pool: { min: 0, max: options.poolSize },
    // MikroORM would try to create a database that only does not answer.
    ensureDatabase: false,
    extensions: [Migrator],
    migrations: {
      migrationsList: turn.list.map(({ name, class: migration }) => ({ name, class: migration })),
      // Each file in its own transaction: one that must be tried again does not roll back those
      // before it.
      allOrNothing: false,
      snapshot: false,
      disableForeignKeys: false,
    },
    schemaGenerator: { skipTables: ['mikro_orm_migrations'] },
    // Debug lines only: errors are thrown, and logged by the caller.
    logger: (message) => options.log.debug({}, message),
    colors: false,
  });
}

export function openPostgres(options: PostgresOptions): Postgres {
  const turn = new Turn(options.migrations);
  const servers = openServers(options);
  const { writes, reads } = openPools(options, servers, turn);
  const { driverOptions } = connectionOf(options);
  const definitions = new Definitions();
  const connections = () => countsOf(writes, reads);
  const { keys, current } = options.payloadKeys ?? NO_KEYS;
  const sealer = new Sealer(keys, current);
  const more = { definitions, sealer, connections };
  const store = openStore(options, { ...writes, ...more, driverOptions, turn });
  const connected = <T>(work: (client: Client) => Promise<T>): Promise<T> =>
    throwingFaults(async () => {
      await refuseTransactionPooling(writes.statements, driverOptions);
      return work(await writes.statements.client(driverOptions));
    });
  const readPool = new ReadPool(reads.statements, driverOptions);
  return {
    store: Object.assign(store, { waits: () => servers.waits() }),
    readModel: new PostgresReadModel(reads.orm.em, definitions, readPool, sealer),
    migrate: () => connected((client) => migrate(writes.orm, turn, client, options.log)),
    checkSchema: () => connected((client) => checkUpToDate(client, turn.list)),
    databaseId: () => throwingFaults(() => databaseIdOf(writes.orm.em)),
    close: async () => {
      await store.close();
      await reads.orm.close(true);
      await writes.orm.close(true);
      servers.close();
    },
  };
}

function countsOf(writes: Pool, reads: Pool): PoolFigures[] {
  return [
    { pool: 'write', ...writes.statements.counts() },
    { pool: 'read', ...reads.statements.counts() },
  ];
}

/** One for the road and everything that writes, one for readers. */
function openPools(
  options: PostgresOptions,
  servers: Servers,
  turn: Turn,
): { writes: Pool; reads: Pool } {
  const readSettings = {
    poolSize: options.readPoolSize ?? LIMITS.readConnections.value,
    statementTimeoutMs: options.readTimeoutMs ?? LIMITS.readMs.value,
  };
  return {
    writes: openPool(options, servers, turn),
    reads: openPool({ ...options, ...readSettings }, servers, turn),
  };
}

interface Pool {
  readonly orm: MikroORM;
  readonly statements: NamedStatements;
}

function openPool(options: PostgresOptions, servers: Servers, turn: Turn): Pool {
  const statements = nameStatements(servers);
  const orm = openOrm(options, statements, turn);
  // Creates the pool and its client class; nothing is connected yet.
  orm.em.getConnection().getClient();
  return { orm, statements };
}

interface StoreParts extends Pool {
  readonly sealer: Sealer;
  readonly definitions: Definitions;
  readonly driverOptions: ReturnType<typeof connectionOf>['driverOptions'];
  readonly turn: Turn;
  readonly connections: () => readonly PoolFigures[];
}

function openStore(options: PostgresOptions, parts: StoreParts): PostgresStore {
  const { orm, statements, definitions, sealer, driverOptions, turn, connections } = parts;
  const { instanceId, log } = options;
  const filesFor = (file: string): number => turn.list.findIndex(({ name }) => name === file) + 1;
  const notifications = new CommitNotifications(statements, driverOptions, {
    instanceId,
    log,
    onConnect: (client) => announceSchemaVersion(client, turn.list.length),
  });
  const connection: StoreConnection = {
    em: orm.em,
    definitions,
    notifications,
    statements,
    connections,
    removeAlone: (work) => removing(statements, driverOptions, work),
    sealer,
    sealingKnown: new KnownToAll(filesFor(SEALED_PAYLOADS)),
    referencesKnown: new KnownToAll(filesFor(START_PAYLOADS)),
  };
  return new PostgresStore(connection, options);
}
