/**
 * Notifications of commits between instances: a NOTIFY with every commit, and one connection that
 * listens and reconnects by itself.
 */
import type { FlowCommit, FlowRecord } from '../../engine/ports.js';
import type { Log } from '../../observability/log.js';
import { backoff } from '../../timing/pause.js';
import type { Client, NamedStatements } from './connection.js';

export type CommitListener = (commits: readonly FlowCommit[] | null) => void;

/** PostgreSQL's limit is 8000 bytes; flowIds are ASCII. */
const MOST_BYTES = 7900;
const BEAT_EVERY_MS = 5_000;
const PAUSES = { firstMs: 100, longestMs: 5_000 };

/** Payloads of the form `<instance> <flowId>:<first>:<last>,…`, each within PostgreSQL's limit. */
export function notificationsOf(instanceId: string, records: readonly FlowRecord[]): string[] {
  const texts: string[] = [];
  let text = '';
  for (const { after, events } of records) {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) continue;
    const commit = `${after.flowId}:${first.number}:${last.number}`;
    if (text !== '' && text.length + commit.length + 1 > MOST_BYTES - instanceId.length) {
      texts.push(`${instanceId} ${text}`);
      text = '';
    }
    text += text === '' ? commit : `,${commit}`;
  }
  return text === '' ? texts : [...texts, `${instanceId} ${text}`];
}

/** Null: this instance sent it. */
export function readNotification(instanceId: string, payload: string): FlowCommit[] | null {
  const space = payload.indexOf(' ');
  if (payload.slice(0, space) === instanceId) return null;
  return payload
    .slice(space + 1)
    .split(',')
    .map((commit) => {
      const [flowId = '', first, last] = commit.split(':');
      return { flowId, firstEventNumber: Number(first), lastEventNumber: Number(last) };
    });
}

export interface CommitNotificationOptions {
  readonly instanceId: string;
  readonly log: Log;
  /** Called on every new connection, before it listens. */
  readonly onConnect?: (client: Client) => Promise<void>;
}

export class CommitNotifications {
  private readonly listeners = new Set<CommitListener>();
  private client: Client | null = null;
  private connecting: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly statements: NamedStatements,
    private readonly connection: object,
    private readonly options: CommitNotificationOptions,
  ) {}

  get instanceId(): string {
    return this.options.instanceId;
  }

  /** Listens from now on; rejects when the database cannot be reached the first time. */
  async listen(listener: CommitListener): Promise<() => Promise<void>> {
    this.listeners.add(listener);
    try {
      if (this.client === null && this.timer === null) await this.connect();
    } catch (error) {
      this.listeners.delete(listener);
      throw error;
    }
    return async () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) await this.disconnect();
    };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.listeners.clear();
    await this.disconnect();
  }

  private connect(): Promise<void> {
    this.connecting ??= this.newClient().finally(() => {
      this.connecting = null;
    });
    return this.connecting;
  }

  private async newClient(): Promise<void> {
    const client = await this.statements.client(this.connection);
    if (this.closed || this.listeners.size === 0) return;
    this.client = client;
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ payload }) => this.received(payload ?? ''));
    try {
      await client.connect();
      await this.options.onConnect?.(client);
      await client.query('LISTEN backstep');
      this.failures = 0;
      this.beatOn(client);
    } catch (error) {
      if (this.client === client) this.client = null;
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** A connection that only listens would not notice that its server is frozen. */
  private beatOn(client: Client): void {
    const beating = setInterval(() => {
      if (this.client === client) client.query('SELECT 1').catch(() => undefined);
      else clearInterval(beating);
    }, BEAT_EVERY_MS).unref();
  }

  private received(payload: string): void {
    const commits = readNotification(this.options.instanceId, payload);
    if (commits !== null) for (const listener of this.listeners) listener(commits);
  }

  private lost(client: Client): void {
    if (this.client !== client) return;
    this.client = null;
    client.end().catch(() => undefined);
    if (this.closed || this.listeners.size === 0) return;
    this.options.log.warn(
      {},
      'the connection that listens for other instances is lost; connecting again',
    );
    this.reconnectLater();
  }

  private reconnectLater(): void {
    this.timer = setTimeout(
      () => {
        this.timer = null;
        this.connect().then(
          // The notifications of the time in between are lost.
          () => this.listeners.forEach((listener) => void listener(null)),
          () => {
            if (!this.closed && this.listeners.size > 0) this.reconnectLater();
          },
        );
      },
      backoff(this.failures++, PAUSES),
    );
  }

  private async disconnect(): Promise<void> {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    const { client } = this;
    this.client = null;
    await client?.end().catch(() => undefined);
  }
}
