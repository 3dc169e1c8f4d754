/** The graphql-ws protocol by hand, for what no client library would do. */
import WebSocket from 'ws';
import { until } from './until.js';

interface Message {
  readonly id?: string;
  readonly type: string;
  readonly payload?: unknown;
}

export class RawSocket {
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
  private readonly messages: Message[] = [];
  private count = 0;

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (text) => this.messages.push(JSON.parse(String(text)) as Message));
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
    });
  }

  /** Rejects with the HTTP status when the upgrade is refused. */
  static async open(
    url: string,
    headers: Record<string, string> = {},
    init = true,
  ): Promise<RawSocket> {
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    const opened = new RawSocket(socket);
    await new Promise<void>((resolve, reject) => {
      socket.on('open', () => resolve());
      socket.on('unexpected-response', (_request, { statusCode }) =>
        reject(new Error(`refused with ${statusCode}`)),
      );
    });
    if (!init) return opened;
    opened.send('{"type":"connection_init"}');
    await until('the connection is acknowledged', () =>
      opened.messages.some(({ type }) => type === 'connection_ack'),
    );
    return opened;
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text);
  }

  /** Resolves when all that was sent has left. */
  flushed(): Promise<void> {
    return until('what was sent has left', () => this.socket.bufferedAmount === 0 || this.isCut);
  }

  subscribe(id: string, query: string, variables: object): void {
    this.send(JSON.stringify({ id, type: 'subscribe', payload: { query, variables } }));
  }

  /** Resolves when this is answered: everything sent before is under way. */
  async answered(query: string): Promise<void> {
    const id = `query-${this.count++}`;
    this.subscribe(id, query, {});
    await until('a query is answered', () => this.values(id).length === 1);
  }

  values(id: string): unknown[] {
    return this.messages.flatMap((one) =>
      one.id === id && one.type === 'next' ? [(one.payload as { data: unknown }).data] : [],
    );
  }

  /** Results as they came, with data and errors. */
  results(id: string): unknown[] {
    return this.messages.flatMap((one) =>
      one.id === id && one.type === 'next' ? [one.payload] : [],
    );
  }

  get types(): string[] {
    return this.messages.map(({ type }) => type);
  }

  errors(id: string): unknown[] {
    return this.messages.flatMap((one) =>
      one.id === id && one.type === 'error' ? (one.payload as unknown[]) : [],
    );
  }

  stopReading(): void {
    this.socket.pause();
  }

  get isCut(): boolean {
    return this.socket.readyState !== WebSocket.OPEN;
  }

  close(): void {
    this.socket.terminate();
  }
}

export const STEP_STATUS_CHANGED = `subscription ($flowId: ID, $orchestrationName: String) {
  stepStatusChanged(flowId: $flowId, orchestrationName: $orchestrationName) {
    flowId orchestrationName stepName seq status previousStatus retryCount errorMessage flowStatus at eventNumber } }`;
