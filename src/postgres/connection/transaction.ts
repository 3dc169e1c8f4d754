/**
 * A transaction whose statements travel together: a statement goes out before the answer to the last one has come, BEGIN with the first statement
 * and COMMIT with the last. PostgreSQL does them in their order, each with a snapshot of its own; after one that fails it refuses the rest.
 */
import type { NamedStatements, PooledClient } from './connection.js';
import type { Parameter, Sql } from './sql.js';

export interface TransactionSql extends Sql {
  /** Sent and not waited for: if it fails, the commit rejects. */
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
    // A connection that cannot even roll back is closed.
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
  const pending: Promise<unknown>[] = [];
  const send = (text: string, parameters?: readonly Parameter[]) => {
    const answer = client.query(text, parameters);
    // A failure reaches whoever awaits it; the others are awaited below.
    answer.catch(() => undefined);
    return answer;
  };
  pending.push(send('BEGIN ISOLATION LEVEL READ COMMITTED'));
  const result = await work({
    rows: async <R>(text: string, parameters: readonly Parameter[]) =>
      (await send(text, parameters)).rows as R[],
    later: (text, parameters) => void pending.push(send(text, parameters)),
  });
  const commit = send('COMMIT');
  for (const answer of pending) await answer;
  const { command } = await commit;
  if (command !== 'COMMIT') throw new Error(`a transaction ended with ${command}`);
  return result;
}
