/** How connections are made: what the planner may do, how long a statement may take, and statements with a name. */

import { makePatient, type Pool as PatientPool } from './patient-pool.js';
import { settingsIn, withSettings } from './session-settings.js';
import { driverUrl } from './tls.js';

/** What we use of a `pg` client. */
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

/** A client of the pool; given back by `release`, closed when there was an error. */
export interface PooledClient extends Client {
  release(error?: Error): void;
  /** Of the server's process, for pg_cancel_backend. */
  readonly processID?: number;
}

export interface NamedStatements {
  /** Teaches the pool to send every text given to `prepared` as a prepared statement of its connection: parsed and planned once. */
  install(pool: object): void;
  /** Connections of the pool are made with this address from now on. */
  connectTo(connectionString: string): void;
  /** One of the pool, to be released. */
  pooled(): Promise<PooledClient>;
  /** A client of its own, outside the pool; to be connected and ended by the caller. */
  client(options: object): Client;
}

const NAMES = new Map<string, string>();

/** Marks a statement that is run again and again; returns its text. Their number is small: texts never carry values. */
export function prepared(text: string): string {
  if (!NAMES.has(text)) NAMES.set(text, `backstep_${NAMES.size}`);
  return text;
}

export function nameStatements(): NamedStatements {
  let opened: { readonly plain: ClientClass; readonly pool: Pool } | null = null;
  const known = () => {
    if (opened === null) throw new Error('no connection pool was opened yet');
    return opened;
  };
  return {
    install: (given) => {
      const pool = given as Pool;
      opened = { plain: pool.Client, pool };
      pool.Client = ours(pool.Client);
      makePatient(pool);
    },
    connectTo: (connectionString) => {
      known().pool.options.connectionString = connectionString;
    },
    pooled: () => known().pool.connect(),
    client: (options) => new (withSettings(known().plain))(options),
  };
}

type Pool = PatientPool & { Client: ClientClass };

type Release = (error?: Error) => void;

/**
 * The pool's client, taught two things. It names its statements. And it goes back to the pool by itself when its connection ends: Kysely
 * keeps a client for ever when the rollback fails as well, so that every restart of the server would leave the pool with one less.
 */
function ours(base: ClientClass): ClientClass {
  return class extends withSettings(base) {
    private giveBack: Release = () => undefined;

    constructor(options: object) {
      // The pool's own time includes the wait for a connection that others hold.
      super({ ...options, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
      this.on('end', () => this.giveBack(new Error('the connection has ended')));
    }

    /** Set by the pool whenever it hands the client out. Whoever comes second, gives back nothing. */
    set release(release: Release) {
      let given = false;
      this.giveBack = (error) => {
        if (!given) {
          given = true;
          release(error);
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
      const name = typeof text === 'string' ? NAMES.get(text) : undefined;
      const query = super.query as (
        ...args: unknown[]
      ) => Promise<{ rows: Record<string, unknown>[] }>;
      return name === undefined
        ? query.call(this, text, values, ...rest)
        : query.call(this, { name, text, values }, ...rest);
    }
  };
}

/**
 * Every statement of this module has an index for its way; a plan made while tables were empty must not scan them once they are full. JIT
 * costs more than it gives for statements this short.
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
/** Of the time a statement may take, for each lock it waits for. */
const LOCK_SHARE = 2 / 3;
export const CONNECT_TIMEOUT_MS = 5_000;

export function connectionOf(options: {
  readonly url: string;
  readonly statementTimeoutMs: number;
}): {
  readonly dbName: string;
  readonly driverOptions: { connectionString: string } & Readonly<Record<string, unknown>>;
} {
  const url = driverUrl(new URL(options.url));
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
        // Shorter: who waits for somebody's lock is not taken for a statement that takes too long.
        lock_timeout: String(Math.ceil(options.statementTimeoutMs * LOCK_SHARE)),
        idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
        ...settingsIn(given),
      },
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      // A query is sent before the answer to the one before it has come (transaction.ts); who waits notices nothing.
      pipeline: true,
    },
  };
}
