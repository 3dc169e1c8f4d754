/**
 * A pooler in transaction mode (PgBouncer) gives a connection of the server to whoever has a transaction: prepared statements, LISTEN and
 * locks of a session would be lost or belong to another session. Found at the start, instead of by timers that fail later.
 */
import type { Client, NamedStatements } from './connection.js';

/** Two clients: an idle one keeps its connection of the server to itself, unless a pooler has lent it to the other. */
export async function refuseTransactionPooling(
  statements: NamedStatements,
  connection: object,
): Promise<void> {
  const [idle, other] = [statements.client(connection), statements.client(connection)];
  // What breaks is answered by the query under way.
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
