/**
 * The HTTP server over TLS. A client without TLS gets an answer in plain HTTP that has the reason.
 */
import type { Server as HttpServer, RequestListener } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { problemText } from '../rest/problem-json.js';
import { RAW_SECURITY_HEADERS } from '../security-headers.js';
import { type Certificate, PROTOCOL } from './certificate.js';

/** The first byte of every TLS connection: a record of a handshake. */
const HANDSHAKE = 22;
const HANDSHAKE_MS = 10_000;
/**
 * How long the rest of a plain request is read and dropped: a client that is cut off while it sends
 * does not see the answer.
 */
const GOODBYE_MS = 1000;

export function secureServer(
  certificate: Certificate,
  options: ServerOptions,
  handler: RequestListener,
): HttpServer {
  const { cert, key } = certificate.current;
  const tls = { cert, key, ...PROTOCOL, handshakeTimeout: HANDSHAKE_MS };
  const server = createServer({ ...options, ...tls }, handler);
  certificate.serve(server);
  answerPlainHttp(server);
  return server;
}

/** Looks at the first byte of each connection; the handshake begins when it is that of TLS. */
function answerPlainHttp(server: Server): void {
  const handshakes = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const late = setTimeout(() => socket.destroy(), HANDSHAKE_MS);
    socket.once('close', () => clearTimeout(late));
    socket.on('error', () => socket.destroy());
    socket.once('data', (first) => {
      clearTimeout(late);
      if (first[0] !== HANDSHAKE) return refuse(socket);
      socket.pause();
      socket.unshift(first);
      for (const begin of handshakes) begin.call(server, socket);
    });
  });
}

const BODY = problemText({
  status: 426,
  code: 'TLS_REQUIRED',
  detail: 'this port speaks TLS only: use https://, or wss:// for a WebSocket',
});
const ANSWER = [
  'HTTP/1.1 426 Upgrade Required',
  'Upgrade: TLS/1.2, HTTP/1.1',
  'Connection: Upgrade, close',
  'Content-Type: application/problem+json; charset=utf-8',
  `Content-Length: ${Buffer.byteLength(BODY)}`,
  ...RAW_SECURITY_HEADERS,
  '',
  BODY,
].join('\r\n');

function refuse(socket: Socket): void {
  const late = setTimeout(() => socket.destroy(), GOODBYE_MS);
  socket.once('close', () => clearTimeout(late));
  socket.resume();
  socket.end(ANSWER);
}
