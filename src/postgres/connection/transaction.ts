/**
 * A transaction with pipelined statements: each is sent before the one before it is answered, BEGIN
 * with the first and COMMIT with the last. PostgreSQL runs them in this order, each with its own
 * snapshot; after a failed one it refuses the rest.
 */
import type { NamedStatements, PooledClient } from './connection.js';
import type { Parameter, Sql } from './sql.js';

export interface TransactionSql extends Sql {
  /** Sends a statement without waiting for it; if it fails, the commit rejects. */
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
    // A connection whose rollback fails is closed.
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
    gatherWrites(client);
    const answer = client.query(text, parameters);
    // Not unhandled: a failure is reported where the answer is awaited.
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

/**
 * What is sent until the end of this turn of the event loop leaves in one write: the driver writes
 * each statement by itself, and wakes the server with each.
 */
function gatherWrites({ connection: { stream } }: PooledClient): void {
  stream.cork();
  process.nextTick(() => stream.uncork());
}
