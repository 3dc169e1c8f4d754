/**
 * A pool of its own for reads, so that slow reads take no connection from writes. Statements have a
 * short time limit, and are cancelled when the caller has disconnected.
 */
import { Fault } from '../../engine/ports.js';
import { LIMITS } from '../../limits/limits.js';
import type { Client, NamedStatements, PooledClient } from '../connection/connection.js';
import { faultOf } from '../connection/faults.js';
import type { Parameter, Sql } from '../connection/sql.js';

export class ReadPool {
  private waiting = 0;

  constructor(
    private readonly statements: Pick<NamedStatements, 'pooled' | 'client'>,
    /** Options of the connection that cancels statements. */
    private readonly connection: object,
  ) {}

  /** Each statement takes a connection from the pool, and returns it afterwards. */
  sql(signal?: AbortSignal | undefined): Sql {
    return {
      rows: async <R>(text: string, parameters: readonly Parameter[]) =>
        (await this.run(text, parameters, signal)) as R[],
    };
  }

  private async run(
    text: string,
    parameters: readonly Parameter[],
    signal: AbortSignal | undefined,
  ): Promise<unknown[]> {
    const client = await this.connected();
    if (signal?.aborted === true) {
      client.release();
      throw gone();
    }
    let cancelled = false;
    const abort = (): void => {
      cancelled = true;
      this.cancel(client);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const { rows } = await client.query(text, parameters);
      client.release();
      return rows;
    } catch (error) {
      // After a cancel the connection is closed: a late cancel must not stop the statement of
      // another reader.
      client.release(error instanceof Error && isBroken(error, cancelled) ? error : undefined);
      throw cancelled ? gone() : (faultOf(error) ?? error);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  private async connected(): Promise<PooledClient> {
    const most = LIMITS.readsWaiting.value;
    if (this.waiting >= most)
      throw new Fault('OVERLOADED', `${most} reads are waiting already; try again in a moment`);
    this.waiting++;
    try {
      return await this.statements.pooled();
    } catch (error) {
      if (error instanceof Error && /timeout exceeded when trying to connect/.test(error.message))
        throw new Fault('OVERLOADED', 'no connection for reads was free in time; try again');
      throw faultOf(error) ?? error;
    } finally {
      this.waiting--;
    }
  }

  /** PostgreSQL stops the statement, which then fails on its connection. */
  private cancel(reading: PooledClient): void {
    // If this fails, the statement ends with its statement_timeout.
    this.stop(Number(reading.processID)).catch(() => undefined);
  }

  private async stop(processId: number): Promise<void> {
    const client: Client = await this.statements.client(this.connection);
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT pg_cancel_backend($1::int)', [processId]);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function isBroken(error: Error, cancelled: boolean): boolean {
  return cancelled || faultOf(error)?.code === 'DATABASE_AWAY';
}

function gone(): Fault {
  return new Fault('DATABASE_CANCELLED', 'the caller has disconnected');
}
