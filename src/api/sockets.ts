/**
 * WebSocket connections on the port and path of GraphQL over HTTP: who may open one, and when one
 * is closed.
 */
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { LIMITS } from '../limits/limits.js';
import { type Connection, type SocketRules, socketServer } from './graphql/over-socket.js';
import type { Origins } from './origins.js';
import { quotaKeyOf } from './quotas.js';
import { RAW_SECURITY_HEADERS } from './security-headers.js';
import { Messages, type SocketShares } from './socket-messages.js';
import type { Turns } from './turns.js';

export interface SocketOptions extends SocketRules {
  readonly origins: Origins;
  readonly shares: SocketShares;
  /** For messages that take a while. */
  readonly turns: Turns;
}

export interface Sockets {
  /** Accepts no more, closes every connection, and cuts off those that do not answer. */
  close(): Promise<void>;
}

/** A connection that does not answer a ping for this long is dead. */
const PING_MS = 12_000;
const GOODBYE_MS = 1000;
/** RFC 6455's registry: the server goes away, connect again. */
const SERVICE_RESTART = 1012;
const NOT_READING = 4408;
const INTERNAL_ERROR = 4500;
const BAD_REQUEST = 4400;

export function openSockets(server: Server, options: SocketOptions): Sockets {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.socketMessageBytes.value,
    handleProtocols,
  });
  const protocol = socketServer(options);
  const live = new Set<WebSocket>();
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // Before its connection_init nobody knows more of it.
    const principal = quotaKeyOf(null, request.socket.remoteAddress);
    const refusal = refusalOf(request, options.origins);
    if (refusal !== null || !options.shares.connections.take(principal, 1)) {
      refuse(stream, refusal ?? '503 Service Unavailable');
      return;
    }
    stream.once('close', () => options.shares.connections.give(principal, 1));
    sockets.handleUpgrade(request, stream, head, (socket) => {
      live.add(socket);
      socket.once('close', () => live.delete(socket));
      boundReceived(socket, stream, principal, options.shares.uploads);
      serve(socket, request, protocol, options);
    });
  };
  server.on('upgrade', upgrade);
  return {
    async close() {
      server.off('upgrade', upgrade);
      server.on('upgrade', (_request, stream) => refuse(stream, '503 Service Unavailable'));
      await Promise.all([...live].map(leave));
    },
  };
}

function refusalOf({ headers, url }: IncomingMessage, origins: Origins): string | null {
  const { origin, host = '' } = headers;
  if ((url ?? '').split('?', 1)[0] !== '/graphql') return '404 Not Found';
  if (!origins.allowsHost(host)) return '421 Misdirected Request';
  return origin === undefined || origins.allowsPage(origin, host) ? null : '403 Forbidden';
}

function refuse(stream: Duplex, status: string): void {
  stream.on('error', () => stream.destroy());
  const head = [`HTTP/1.1 ${status}`, 'Connection: close', 'Content-Length: 0'];
  stream.end(`${[...head, ...RAW_SECURITY_HEADERS].join('\r\n')}\r\n\r\n`);
}

function leave(socket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => socket.terminate(), GOODBYE_MS);
    socket.once('close', () => {
      clearTimeout(cut);
      resolve();
    });
    socket.close(SERVICE_RESTART, 'the server is stopping; connect again');
  });
}

function serve(
  socket: WebSocket,
  request: IncomingMessage,
  protocol: ReturnType<typeof socketServer>,
  options: SocketOptions,
): void {
  const { shell, shares, gate } = options;
  const gone = new AbortController();
  const connection: Connection = {
    request,
    gone: gone.signal,
    ended: (id) => messages.release(id),
    whenEnded: (id, work) => messages.whenReleased(id, work),
    close: (code, reason) => socket.close(code, reason),
    principal: null,
  };
  const key = (): string => quotaKeyOf(connection.principal, request.socket.remoteAddress);
  const messages = new Messages(key, shares, gate);
  // An error of the socket itself (a message too large, a broken frame) closes it with its own
  // code.
  socket.on('error', (error) => shell.log.debug({ err: error }, 'a WebSocket connection broke'));
  socket.once('close', keepAlive(socket));
  const closed = protocol.opened(
    {
      protocol: socket.protocol,
      send: (text) => sent(socket, text),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (read) => readMessages(socket, messages, read, options),
    },
    connection,
  );
  socket.once('close', (code, reason) => {
    gone.abort();
    messages.releaseAll();
    closed(code, String(reason)).catch((error: unknown) =>
      shell.log.error({ err: error }, 'a subscription did not end cleanly'),
    );
  });
}

/** Each message is counted before the protocol sees it. */
function readMessages(
  socket: WebSocket,
  messages: Messages,
  read: (text: string) => Promise<void>,
  { shell, turns }: SocketOptions,
): void {
  inTurn(socket, turns, (message) => {
    if (socket.readyState !== socket.OPEN || !isReading(socket)) return;
    const admitted = messages.admit(String(message));
    if ('close' in admitted) socket.close(BAD_REQUEST, admitted.close);
    else if ('code' in admitted) answerRefused(socket, admitted);
    else
      read(admitted.pass).catch((error: unknown) => {
        shell.log.error({ err: error }, 'a message over WebSocket failed');
        socket.close(INTERNAL_ERROR, 'something went wrong here');
      });
  });
}

const LARGE_BYTES = 64 * 1024;

/**
 * In the order in which they come; large ones wait for their turn, and their connection is not read
 * meanwhile.
 */
function inTurn(socket: WebSocket, turns: Turns, take: (message: RawData) => void): void {
  let waiting = 0;
  socket.on('message', (message: Buffer) => {
    if (waiting === 0 && message.length <= LARGE_BYTES) return take(message);
    waiting++;
    socket.pause();
    turns.add(() => {
      if (--waiting === 0) socket.resume();
      take(message);
    });
  });
}

/** Closes the operation, not the connection. */
function answerRefused(
  socket: WebSocket,
  { id, code, message }: { readonly id: string; readonly code: string; readonly message: string },
): void {
  const payload = [{ message, extensions: { code } }];
  socket.send(JSON.stringify({ id, type: 'error', payload }));
}

/** Messages that arrive piece by piece: all connections together hold no more than the bound. */
function boundReceived(
  socket: WebSocket,
  stream: Duplex,
  principal: string,
  uploads: SocketShares['uploads'],
): void {
  let taken = 0;
  const giveBack = (): void => {
    uploads.give(principal, taken);
    taken = 0;
  };
  stream.on('data', (chunk: Buffer) => {
    if (uploads.take(principal, chunk.length)) taken += chunk.length;
    else socket.terminate();
  });
  socket.on('message', giveBack);
  socket.once('close', giveBack);
}

/**
 * Resolves when it has left: a subscription waits for its client, so what piles up is one message
 * each.
 */
function sent(socket: WebSocket, text: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) resolve();
    else socket.send(text, () => resolve());
  });
}

/** A client that sends requests without reading the answers is cut off. */
function isReading(socket: WebSocket): boolean {
  if (socket.bufferedAmount <= LIMITS.socketUnreadBytes.value) return true;
  socket.close(
    NOT_READING,
    'the client does not read its answers; subscribe again with the cursor',
  );
  socket.terminate();
  return false;
}

function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}
