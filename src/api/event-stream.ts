/** Streams of server-sent events: how many there may be, and one that waits for its reader. */
import type { FastifyReply } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { LIMITS } from '../limits/limits.js';
import type { SocketShares } from './socket-messages.js';

/** The same limits as for WebSockets: a subscriber costs the same over either. */
export type StreamShares = Pick<SocketShares, 'connections' | 'subscriptions' | 'bytes'>;

/** Proxies between the gateway and its client must neither buffer nor change the stream. */
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
};

export class EventStreams {
  private readonly live = new Set<EventStream>();
  private closing = false;

  /** Null: there are too many. */
  open(
    reply: FastifyReply,
    principal: string,
    bytes: number,
    shares: StreamShares,
  ): EventStream | null {
    if (this.closing || bytes > LIMITS.socketBytesPerConnection.value) return null;
    const taken: (() => void)[] = [];
    const wanted = [
      [shares.connections, 1],
      [shares.subscriptions, 1],
      [shares.bytes, bytes],
    ] as const;
    for (const [share, amount] of wanted) {
      if (share.take(principal, amount)) taken.push(() => share.give(principal, amount));
      else {
        for (const give of taken) give();
        return null;
      }
    }
    const stream: EventStream = new EventStream(reply, () => {
      this.live.delete(stream);
      for (const give of taken) give();
    });
    this.live.add(stream);
    return stream;
  }

  close(): void {
    this.closing = true;
    for (const stream of this.live) stream.end();
  }
}

export class EventStream {
  private released = false;
  private waiting: (() => void)[] = [];
  private isWriting = true;

  constructor(
    private readonly reply: FastifyReply,
    private readonly onRelease: () => void,
  ) {}

  /**
   * Resolves when everything has been handed to the connection and it takes more: a slow reader
   * holds up its own subscription only.
   */
  idle(): Promise<void> {
    if (!this.isWriting || this.reply.raw.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  /** Writes until they end. What is thrown on the way is the last event. */
  async send(
    events: AsyncGenerator<string, void, undefined>,
    toClient: (error: unknown) => GraphQLFormattedError,
  ): Promise<void> {
    const { raw } = this.reply;
    const gone = (): void => {
      this.resume();
      void events.return(undefined);
    };
    raw.once('close', gone);
    if (raw.destroyed) gone();
    this.reply.hijack();
    raw.writeHead(200, { ...(this.reply.getHeaders() as Record<string, string>), ...HEADERS });
    try {
      for await (const event of this.marked(events)) {
        if (raw.destroyed || raw.writableEnded) break;
        if (!raw.write(event)) await drained(raw);
      }
    } catch (error) {
      const data = JSON.stringify({ errors: [toClient(error)] });
      if (!raw.destroyed && !raw.writableEnded)
        raw.write(`event: next\ndata: ${data}\n\nevent: complete\ndata: \n\n`);
    } finally {
      raw.off('close', gone);
      gone();
      this.end();
    }
  }

  /** Without an event of completion: its client connects again. */
  end(): void {
    const { raw } = this.reply;
    if (raw.headersSent && !raw.writableEnded) raw.end();
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.resume();
    this.onRelease();
  }

  /** Between two events nothing is being written. */
  private async *marked(
    events: AsyncGenerator<string, void, undefined>,
  ): AsyncGenerator<string, void, undefined> {
    for (;;) {
      const next = events.next();
      this.isWriting = false;
      this.resume();
      const { done, value } = await next;
      this.isWriting = true;
      if (done === true) return;
      yield value;
    }
  }

  private resume(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

function drained(raw: FastifyReply['raw']): Promise<void> {
  return new Promise((resolve) => {
    if (raw.destroyed) return resolve();
    const done = (): void => {
      raw.off('drain', done);
      raw.off('close', done);
      resolve();
    };
    raw.once('drain', done);
    raw.once('close', done);
  });
}
