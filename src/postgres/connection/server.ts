/** One server of DATABASE_URL: its address, and a connection that looks at its role. */
import { nameOfServer } from '../../names/database-servers.js';
import type { Log } from '../../observability/log.js';
import type { Client, ClientClass, PooledClient } from './connection.js';
import { type Role, roleOf } from './server-role.js';
import { chosenUrl, driverUrl } from './tls.js';

/** A server that was suspended accepts a connection and does not answer. */
const LOOK_MS = 2_000;
const AT_WORK = `SELECT pg_backend_pid() AS own, EXISTS (
  SELECT FROM pg_stat_activity WHERE pid = $1::int AND state NOT LIKE 'idle%') AS at_work`;
const WAITING = `SELECT wait_event_type AS type, wait_event AS event FROM pg_stat_activity
  WHERE pid = ANY ($1::int[]) AND state = 'active' AND wait_event IS NOT NULL AND xact_start < now() - interval '1 s'
  ORDER BY xact_start LIMIT 1`;

export class Server {
  readonly name: string;
  private driverAddress: string;
  private prepared: Promise<void> | null = null;
  private client: Client | null = null;
  private clients: ClientClass | null = null;

  constructor(
    private readonly url: URL,
    private readonly options: { readonly connectTimeoutMs: number; readonly log: Log },
  ) {
    this.name = nameOfServer(url);
    const address = driverUrl(url);
    address.searchParams.delete('options');
    this.driverAddress = address.href;
  }

  /** The URI in the driver's terms. */
  get address(): string {
    return this.driverAddress;
  }

  /** The driver's client class. */
  connectWith(clients: ClientClass): void {
    this.clients = clients;
  }

  /** Without a fixed sslmode: finds out once whether the server supports TLS. */
  prepare(): Promise<void> {
    this.prepared ??= this.chooseTls().catch((error: unknown) => {
      this.prepared = null;
      throw error;
    });
    return this.prepared;
  }

  private async chooseTls(): Promise<void> {
    const { connectTimeoutMs: withinMs, log } = this.options;
    const chosen = await chosenUrl(this.url, { withinMs, log });
    if (chosen !== null) this.driverAddress = chosen.href;
  }

  /** On a connection that stays open for the next look. */
  async look(): Promise<Role> {
    await this.prepare();
    const client = this.client ?? this.newClient();
    try {
      if (this.client === null) {
        this.client = client;
        await client.connect();
      }
      return await roleOf((text) => client.query(text));
    } catch (error) {
      if (this.client === client) this.leave();
      throw error;
    }
  }

  /**
   * Whether the server is at work for this process of its own; false when it does not answer.
   * Behind a pooler the ids are not those of the server: nothing is known, and true is returned.
   */
  async worksOn(processId: number): Promise<boolean> {
    try {
      await this.look();
      const { client } = this;
      if (client === null) return false;
      const { rows } = await client.query(AT_WORK, [processId]);
      const isPooled = Number(rows[0]?.own) !== (client as PooledClient).processID;
      return isPooled || rows[0]?.at_work === true;
    } catch (error) {
      // It has answered, if only with a refusal.
      return /^(?=.*\d)[0-9A-Z]{5}$/.test(String((error as { readonly code?: unknown }).code));
    } finally {
      this.leave();
    }
  }

  /** What the oldest transaction of these processes of its own is waiting for; null = not known. */
  async waitsOf(processIds: readonly number[]): Promise<string | null> {
    try {
      await this.look();
      const rows = (await this.client?.query(WAITING, [processIds]))?.rows;
      return waitIn(rows?.[0] ?? {});
    } finally {
      this.leave();
    }
  }

  private newClient(): Client {
    const { clients } = this;
    if (clients === null) throw new Error('no connection pool was opened yet');
    const client = new clients({
      connectionString: this.driverAddress,
      application_name: 'backstep watch',
      connectionTimeoutMillis: Math.min(this.options.connectTimeoutMs, LOOK_MS),
      query_timeout: LOOK_MS,
      keepAlive: true,
      pipeline: true,
    });
    const lost = (): void => {
      if (this.client === client) this.client = null;
    };
    client.on('error', lost);
    client.on('end', lost);
    return client;
  }

  /** Ends the connection that looks. */
  leave(): void {
    const { client } = this;
    this.client = null;
    client?.end().catch(() => undefined);
  }
}

/** In words where an operator can do something about it. */
function waitIn({ type, event }: Record<string, unknown>): string | null {
  if (typeof event !== 'string') return null;
  if (event === 'SyncRep')
    return 'its commit waits for a standby of synchronous_standby_names to confirm it';
  if (type === 'Lock') return `it waits for a lock that another session has (${event})`;
  if (type === 'IO') return `it waits for the disk (${event})`;
  return `PostgreSQL shows the wait event ${event}`;
}
