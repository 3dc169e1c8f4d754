/** Settings of all connections: the planner, time limits, and prepared statements with a name. */
import type { PoolFigures } from '../../observability/metrics.js';
import { connectTimeoutOf, urlsOf } from './open-servers.js';
import { makePatient, type Pool as PatientPool } from './patient-pool.js';
import type { Servers } from './servers.js';
import { settingsIn, withSettings } from './session-settings.js';
import { checkFiles, driverUrl } from './tls.js';

/** The part of a `pg` client that is used here. */
export interface Client {
  connect(): Promise<void>;
  end(): Promise<void>;
  query(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: Record<string, unknown>[]; command?: string }>;
  on(event: 'notification', listener: (message: { readonly payload?: string }) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
}
export type ClientClass = new (options: object) => Client;

/** A client of the pool. `release` returns it to the pool; with an error it is closed. */
export interface PooledClient extends Client {
  release(error?: Error): void;
  /** The driver's own, to the server. */
  readonly connection: { readonly stream: { cork(): void; uncork(): void } };
  /** Id of the server process, for pg_cancel_backend. */
  readonly processID?: number;
}

export interface NamedStatements {
  /**
   * Makes the pool send every text given to `prepared` as a named prepared statement, which each
   * connection parses and plans once.
   */
  install(pool: object): void;
  /** How many connections the pool has, and how many requests wait for one. */
  counts(): Omit<PoolFigures, 'pool'>;
  /** Takes a client from the pool; the caller releases it. */
  pooled(): Promise<PooledClient>;
  /** A client outside the pool, for the chosen server; the caller connects and ends it. */
  client(options: object): Promise<Client>;
}

const NAMES = new Map<string, string>();

/**
 * Marks a statement that is run often, and returns its text. There are few of them, because texts
 * never contain values.
 */
export function prepared(text: string): string {
  if (!NAMES.has(text)) NAMES.set(text, `backstep_${NAMES.size}`);
  return text;
}

/** `servers` null: connections lead to the address in their options. */
export function nameStatements(servers: Servers | null = null): NamedStatements {
  let opened: { readonly plain: ClientClass; readonly pool: Pool } | null = null;
  const known = () => {
    if (opened === null) throw new Error('no connection pool was opened yet');
    return opened;
  };
  return {
    install: (given) => {
      const pool = given as Pool;
      opened = { plain: pool.Client, pool };
      servers?.connectWith(pool.Client);
      pool.Client = ours(pool.Client, servers);
      makePatient(pool, servers);
    },
    counts: () => {
      const { totalCount: open, idleCount: idle, waitingCount: waiting } = known().pool;
      return { open, idle, waiting };
    },
    pooled: () => known().pool.connect(),
    client: async (options) => {
      await servers?.choose();
      return new (withSettings(known().plain, servers))(options);
    },
  };
}

type Pool = PatientPool & { Client: ClientClass };

type Release = (error?: Error) => void;

/**
 * The client class of the pool, with two additions. It names its statements. And it returns to the
 * pool by itself when its connection ends: Kysely never releases a client whose rollback fails, so
 * that the pool would lose one with each restart of the server.
 */
function ours(base: ClientClass, servers: Servers | null): ClientClass {
  return class extends withSettings(base, servers) {
    private giveBack: Release = () => undefined;

    constructor(options: object) {
      // The pool's own time includes the wait for a connection that others hold.
      const ownTime = 'connectTimeoutMs' in options ? options.connectTimeoutMs : undefined;
      super({ ...options, connectionTimeoutMillis: ownTime });
      this.on('end', () => this.giveBack(new Error('the connection has ended')));
    }

    /** Set by the pool each time it lends the client. Only the first call releases it. */
    set release(release: Release) {
      let given = false;
      this.giveBack = (error) => {
        if (!given) {
          given = true;
          release(error ?? this.unusable ?? undefined);
        }
      };
    }
    get release(): Release {
      return this.giveBack;
    }

    override query(
      text: unknown,
      values?: readonly unknown[],
      ...rest: unknown[]
    ): Promise<{ rows: Record<string, unknown>[] }> {
      const query = super.query as (
        ...args: unknown[]
      ) => Promise<{ rows: Record<string, unknown>[] }>;
      return query.call(this, ...named(text, values), ...rest);
    }
  };
}

function named(text: unknown, values: readonly unknown[] | undefined): unknown[] {
  const name = typeof text === 'string' ? NAMES.get(text) : undefined;
  return name === undefined ? [text, values] : [{ name, text, values }];
}

/**
 * Every statement of this module is served by an index. A generic plan made while the tables are
 * empty must not scan them when they are full. For statements this short JIT costs more time than
 * it saves.
 */
const PLANNER = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
  plan_cache_mode: 'force_generic_plan',
};
/** A process that was stopped (SIGSTOP) within a transaction must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 10_000;
/** lock_timeout as a share of statement_timeout. */
const LOCK_SHARE = 2 / 3;
/** Of a connection that has nothing to send; without an answer it ends ten seconds later. */
const KEEP_ALIVE_AFTER_MS = 10_000;

export function connectionOf(options: {
  readonly url: string;
  readonly statementTimeoutMs: number;
}): {
  readonly dbName: string;
  readonly driverOptions: { connectionString: string } & Readonly<Record<string, unknown>>;
} {
  const [first] = urlsOf(options.url);
  const url = driverUrl(first);
  checkFiles(url);
  const given = url.searchParams.get('options') ?? '';
  url.searchParams.delete('options');
  return {
    dbName:
      decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username) || 'postgres',
    driverOptions: {
      connectionString: url.href,
      application_name: 'backstep',
      sessionSettings: {
        ...PLANNER,
        statement_timeout: String(options.statementTimeoutMs),
        // Shorter, so that waiting for a lock is not reported as a statement that takes too long.
        lock_timeout: String(Math.ceil(options.statementTimeoutMs * LOCK_SHARE)),
        idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
        ...settingsIn(given),
      },
      connectionTimeoutMillis: connectTimeoutOf(first),
      connectTimeoutMs: connectTimeoutOf(first),
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      // A query is sent before the one before it is answered (transaction.ts).
      pipeline: true,
    },
  };
}
