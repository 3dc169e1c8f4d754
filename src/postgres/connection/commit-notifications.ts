/** What other instances committed: NOTIFY with every commit, one connection that listens and comes back by itself. */

import type { FlowHint, FlowRecord } from '../../engine/ports.js';
import type { Log } from '../../observability/log.js';
import { backoff } from '../../timing/pause.js';
import type { Client, NamedStatements } from './connection.js';

export type HintListener = (hints: readonly FlowHint[] | null) => void;

/** PostgreSQL's limit is 8000 bytes; flowIds are ASCII. */
const MOST_BYTES = 7900;
const PAUSES = { firstMs: 100, longestMs: 5_000 };

/** `<instance> <flowId>:<first>:<last>,…`, in as many texts as it takes. */
export function hintsOf(instanceId: string, records: readonly FlowRecord[]): string[] {
  const texts: string[] = [];
  let text = '';
  for (const { after, events } of records) {
    const [first, last] = [events[0], events.at(-1)];
    if (first === undefined || last === undefined) continue;
    const hint = `${after.flowId}:${first.number}:${last.number}`;
    if (text !== '' && text.length + hint.length + 1 > MOST_BYTES - instanceId.length) {
      texts.push(`${instanceId} ${text}`);
      text = '';
    }
    text += text === '' ? hint : `,${hint}`;
  }
  return text === '' ? texts : [...texts, `${instanceId} ${text}`];
}

/** Null: our own. */
export function readHints(instanceId: string, payload: string): FlowHint[] | null {
  const space = payload.indexOf(' ');
  if (payload.slice(0, space) === instanceId) return null;
  return payload
    .slice(space + 1)
    .split(',')
    .map((hint) => {
      const [flowId = '', first, last] = hint.split(':');
      return { flowId, firstEventNumber: Number(first), lastEventNumber: Number(last) };
    });
}

export class Hints {
  private readonly listeners = new Set<HintListener>();
  private client: Client | null = null;
  private timer: NodeJS.Timeout | null = null;
  private failures = 0;
  private closed = false;

  constructor(
    private readonly statements: NamedStatements,
    private readonly connection: object,
    readonly instanceId: string,
    private readonly log: Log,
    /** Said first on every connection that listens. */
    private readonly greet: (client: Client) => Promise<void> = async () => undefined,
  ) {}

  /** Listens from now on; rejects when the database can not be reached the first time. */
  async listen(listener: HintListener): Promise<() => Promise<void>> {
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

  private async connect(): Promise<void> {
    const client = this.statements.client(this.connection);
    this.client = client;
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ payload }) => this.heard(payload ?? ''));
    try {
      await client.connect();
      await this.greet(client);
      await client.query('LISTEN backstep');
      this.failures = 0;
    } catch (error) {
      if (this.client === client) this.client = null;
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  private heard(payload: string): void {
    const hints = readHints(this.instanceId, payload);
    if (hints !== null) for (const listener of this.listeners) listener(hints);
  }

  private lost(client: Client): void {
    if (this.client !== client) return;
    this.client = null;
    client.end().catch(() => undefined);
    if (this.closed || this.listeners.size === 0) return;
    this.log.warn({}, 'the connection that listens for other instances is lost; connecting again');
    this.comeBack();
  }

  private comeBack(): void {
    this.timer = setTimeout(
      () => {
        this.timer = null;
        this.connect().then(
          // Whatever was said meanwhile was said to nobody.
          () => this.listeners.forEach((listener) => void listener(null)),
          () => {
            if (!this.closed && this.listeners.size > 0) this.comeBack();
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
