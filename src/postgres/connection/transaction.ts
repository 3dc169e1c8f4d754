/**
 * A transaction whose statements travel together: what is asked before the last answer has come goes out at once, BEGIN with the first statement
 * and COMMIT with the last. PostgreSQL does them in their order, each with a snapshot of its own; after one that fails it refuses the rest.
 */
import type { NamedStatements, PooledClient } from './connection.js';
import type { Parameter, Sql } from './sql.js';

export interface TransactionSql extends Sql {
  /** Asked and not waited for: if it fails, the commit says so. */
  later(text: string, parameters: readonly Parameter[]): void;
}

/** Resolves when it is committed; rolls back and rejects with the first error otherwise. */
export async function pipelined<T>(
  statements: Pick<NamedStatements, 'pooled'>,
  work: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  const client = await statements.pooled();
  try {
    const result = await committed(client, work);
    client.release();
    return result;
  } catch (error) {
    // A connection that can not even roll back is closed.
    await client.query('ROLLBACK').then(
      () => client.release(),
      (broken: Error) => client.release(broken),
    );
    throw error;
  }
}

async function committed<T>(
  client: PooledClient,
  work: (sql: TransactionSql) => Promise<T>,
): Promise<T> {
  const unheard: Promise<unknown>[] = [];
  const ask = (text: string, parameters?: readonly Parameter[]) => {
    const asked = client.query(text, parameters);
    // Who waits for it hears of it; who does not, hears of it below.
    asked.catch(() => undefined);
    return asked;
  };
  unheard.push(ask('BEGIN ISOLATION LEVEL READ COMMITTED'));
  const result = await work({
    rows: async <R>(text: string, parameters: readonly Parameter[]) =>
      (await ask(text, parameters)).rows as R[],
    later: (text, parameters) => void unheard.push(ask(text, parameters)),
  });
  const commit = ask('COMMIT');
  for (const asked of unheard) await asked;
  const { command } = await commit;
  if (command !== 'COMMIT') throw new Error(`a transaction ended with ${command}`);
  return result;
}
