/** One server of DATABASE_URL: its address, and a connection that looks at its role. */
import { nameOfServer } from '../../names/database-servers.js';
import type { Log } from '../../observability/log.js';
import type { Client, ClientClass } from './connection.js';
import { type Role, roleOf } from './server-role.js';
import { chosenUrl, driverUrl } from './tls.js';

/** A server that was suspended accepts a connection and does not answer. */
const LOOK_MS = 2_000;

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
