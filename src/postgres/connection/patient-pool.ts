/**
 * Makes a pool wait when the server or the role allows fewer connections than the pool's maximum:
 * requests then share the connections there are, instead of failing.
 */
import { backoff, pause } from '../../timing/pause.js';
import type { PooledClient } from './connection.js';
import type { Servers } from './servers.js';

/** The part of a `pg` pool that is used here. */
export interface Pool {
  readonly options: { max: number; connectionTimeoutMillis: number };
  readonly totalCount: number;
  readonly idleCount: number;
  /** Requests that wait for a connection. */
  readonly waitingCount: number;
  connect(): Promise<PooledClient>;
}

/** Longer than any statement may take: by then another request has released its connection. */
export const PATIENCE_MS = 30_000;
/** SQLSTATE too_many_connections: of this role, of this database, or of the server. */
const TOO_MANY = '53300';
const PAUSES = { firstMs: 10, longestMs: 500 };
/** After this the pool tries to grow again. */
const GROW_AFTER_MS = 30_000;

export function makePatient(pool: Pool, servers: Pick<Servers, 'choose'> | null = null): void {
  const connect = pool.connect.bind(pool);
  const most = pool.options.max;
  pool.options.connectionTimeoutMillis = PATIENCE_MS;
  let settled = false;
  /**
   * Limits the pool to `count` connections for some time; further requests wait for one of them.
   */
  const settleFor = (count: number): void => {
    pool.options.max = Math.max(1, count);
    if (settled) return;
    settled = true;
    const grow = (): void => {
      settled = false;
      pool.options.max = most;
    };
    setTimeout(grow, GROW_AFTER_MS).unref();
  };
  pool.connect = async () => {
    const until = performance.now() + PATIENCE_MS;
    await servers?.choose();
    for (let failures = 0; ; failures++) {
      try {
        return await connect();
      } catch (error) {
        const refused = error instanceof Error && 'code' in error && error.code === TOO_MANY;
        if (!refused || performance.now() > until) throw error;
        settleFor(pool.totalCount);
        await pause(backoff(failures, PAUSES));
      }
    }
  };
}
