/**
 * Session settings, made by the first statement of each connection. The driver would send them as
 * startup parameters, which PgBouncer refuses.
 */
import type { Client, ClientClass, PooledClient } from './connection.js';
import type { Server } from './server.js';
import { roleOf } from './server-role.js';
import type { Servers, Session } from './servers.js';
import type { Listening } from './silence.js';
import { verifyAddress } from './tls.js';

export type Settings = Readonly<Record<string, string>>;

/**
 * Reads `options` of a connection URI: `-c name=value`, `--name=value`; a space in a value is
 * written `\\ `.
 */
export function settingsIn(options: string): Settings {
  const found = options.matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)=((?:\\.|[^\s\\])*)/g);
  return Object.fromEntries(
    [...found].map(([, name = '', value = '']) => [
      name.replaceAll('-', '_'),
      value.replace(/\\(.)/g, '$1'),
    ]),
  );
}

/** `unusable`: set when the connection must not go back to the pool. */
type SessionClass = new (options: object) => SessionClient;

type Connected = (error?: Error | null) => void;

/** The part of the driver's connection that is used here. */
interface Wire {
  readonly stream: { readonly bytesRead: number; destroy(error: Error): void };
  on(
    event: 'errorMessage',
    listener: (error: { readonly code?: string; readonly message?: string }) => void,
  ): unknown;
}

/** SQLSTATE read_only_sql_transaction. */
const READ_ONLY = '25006';

/**
 * A client class whose connections lead to the chosen server and make their settings before any
 * other statement. `servers` null: to the address in the options.
 */
export function withSettings(base: ClientClass, servers: Servers | null): SessionClass {
  return class extends base {
    readonly settings: Settings;
    private readonly server: Server | undefined;
    unusable: Error | null = null;

    constructor(options: object) {
      const server = servers?.chosen;
      super(server === undefined ? options : { ...options, connectionString: server.address });
      verifyAddress(this);
      this.server = server;
      this.settings = ('sessionSettings' in options ? options.sessionSettings : {}) as Settings;
    }

    override connect(connected?: Connected): Promise<void> {
      const made = this.connectAndSet();
      if (connected === undefined) return made;
      made.then(() => connected(null), connected);
      return made.catch(() => undefined);
    }

    private async connectAndSet(): Promise<void> {
      const connected = (super.connect as () => Promise<void>).call(this);
      const set = () => super.query(SET, [JSON.stringify(this.settings)]);
      if (this.server === undefined || servers === null) await connected.then(set);
      else await follow(this, this.server, servers, connected.then(set));
    }
  };
}

const SET = 'SELECT set_config(key, value, false) FROM json_each_text($1::json)';

type SessionClient = Client & { unusable: Error | null; readonly settings: Settings };

/** Beyond the time in which the server itself ends a statement. */
const BEYOND_MS = 3_000;

function listeningOf(client: SessionClient, session: Session, wire: Wire): Listening {
  const { server, cut } = session;
  // The driver's own public property for it warns when it is read.
  const driver = client as unknown as { readonly _activeQuery: object | null };
  return {
    server,
    cut,
    patienceMs: Number(client.settings.statement_timeout ?? 0) + BEYOND_MS,
    get processId() {
      return session.processId;
    },
    get underWay() {
      return driver._activeQuery;
    },
    get bytesRead() {
      return wire.stream.bytesRead;
    },
  };
}

/** Registers a connection that is being made, and checks the role of its server when it is. */
async function follow(
  client: SessionClient,
  server: Server,
  servers: Servers,
  connected: Promise<unknown>,
): Promise<void> {
  const wire = (client as unknown as { readonly connection: Wire }).connection;
  const session: Session = {
    server,
    cut: (reason) => wire.stream.destroy(reason),
    get processId() {
      return Number((client as PooledClient & SessionClient).processID);
    },
  };
  servers.opened(session);
  client.on('error', () => servers.doubt(session));
  const listening = listeningOf(client, session, wire);
  client.on('end', () => {
    servers.ended(session);
    servers.silence.leave(listening);
  });
  wire.on('errorMessage', ({ code, message }) => {
    if (code !== READ_ONLY) return;
    // A primary that takes no writes any more.
    servers.doubt(session);
    client.unusable = new Error(message);
  });
  try {
    await connected;
    servers.silence.watch(listening);
    if (servers.checks) servers.check(session, await roleOf((text) => client.query(text)));
  } catch (error) {
    servers.doubt(session);
    session.cut(error as Error);
    throw error;
  }
}
