/**
 * Refuses a pooler in transaction mode (PgBouncer) at the start. It lends a server connection for
 * one transaction at a time, so that prepared statements, LISTEN and advisory locks of a session
 * would be lost, or belong to another session.
 */
import type { Client, NamedStatements } from './connection.js';

/**
 * Compares the server processes of two clients: an idle client keeps its own, unless a pooler has
 * lent it to the other client.
 */
export async function refuseTransactionPooling(
  statements: NamedStatements,
  connection: object,
): Promise<void> {
  const idle = await statements.client(connection);
  const other = await statements.client(connection);
  // The query that is under way reports the error.
  for (const client of [idle, other]) client.on('error', () => undefined);
  try {
    await idle.connect();
    const before = await backendOf(idle);
    await other.connect();
    if ((await backendOf(other)) === before || (await backendOf(idle)) !== before)
      throw new Error(
        'DATABASE_URL leads to a pooler in transaction mode, which the gateway cannot use: it needs sessions (prepared statements, LISTEN, advisory locks). Set pool_mode = session for its user or database, or connect to PostgreSQL itself',
      );
  } finally {
    for (const client of [idle, other]) await client.end().catch(() => undefined);
  }
}

async function backendOf(client: Client): Promise<unknown> {
  const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
  return rows[0]?.pid;
}
