/**
 * Connections over all: a new one is always served, at the cost of the one that has been idle for
 * longest; a client that does not read its answers, or does not finish its requests, loses its
 * connection.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { LIMITS } from '../limits/limits.js';

const LOOK_MS = 500;

interface Seen {
  /** Bytes sent at the last check, and since when that number has not changed. */
  left: number;
  since: number;
}

export interface ConnectionBounds {
  readonly most: number;
  /** Of all answers that are not read. */
  readonly unreadBytes: number;
  /** How long one may not be read, ms. */
  readonly unreadMs: number;
}

export class Connections {
  /** Nothing is under way on these; the oldest first. */
  private readonly idle = new Set<Socket>();
  private readonly open = new Map<Socket, Seen>();
  /** TCP connections of a TLS server, by the address and port of the client. */
  private readonly handshakes = new Map<string, Socket>();
  private readonly timer: NodeJS.Timeout;

  constructor(
    server: Server,
    private readonly bounds: ConnectionBounds = {
      most: LIMITS.connections.value,
      unreadBytes: LIMITS.unreadBytes.value,
      unreadMs: LIMITS.unreadMs.value,
    },
  ) {
    server.on('connection', (socket) => {
      this.opened(socket);
      if ('setSecureContext' in server) this.noteHandshake(socket);
    });
    server.on('secureConnection', (socket: Socket) => this.secured(socket));
    server.on('request', (request, response) => this.busy(request, response));
    server.on('upgrade', ({ socket }) => this.idle.delete(socket));
    this.timer = setInterval(() => this.look(performance.now()), LOOK_MS);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private opened(socket: Socket): void {
    this.open.set(socket, { left: 0, since: performance.now() });
    this.idle.add(socket);
    socket.once('close', () => {
      this.open.delete(socket);
      this.idle.delete(socket);
    });
    if (this.open.size <= this.bounds.most) return;
    const [oldest = socket] = this.idle;
    oldest.destroy();
  }

  /**
   * From here on the answers are written to this socket, which encrypts them; the one below it has
   * nothing to show.
   */
  private secured(socket: Socket): void {
    const below = this.handshakes.get(peerOf(socket));
    if (below !== undefined) {
      this.open.delete(below);
      this.idle.delete(below);
    }
    this.opened(socket);
  }

  private noteHandshake(socket: Socket): void {
    const peer = peerOf(socket);
    this.handshakes.set(peer, socket);
    socket.once('close', () => this.handshakes.delete(peer));
  }

  private busy({ socket }: IncomingMessage, response: ServerResponse): void {
    this.idle.delete(socket);
    response.once('close', () => {
      if (!socket.destroyed) this.idle.add(socket);
    });
  }

  /** Ends those that have not read for long, and when all hold too much, those that hold most. */
  private look(now: number): void {
    const unread: { readonly socket: Socket; readonly bytes: number }[] = [];
    let bytes = 0;
    for (const [socket, seen] of this.open) {
      const left = socket.bytesWritten - socket.writableLength;
      if (left !== seen.left || socket.writableLength === 0) {
        seen.left = left;
        seen.since = now;
        continue;
      }
      if (now - seen.since > this.bounds.unreadMs) socket.destroy();
      else {
        unread.push({ socket, bytes: socket.writableLength });
        bytes += socket.writableLength;
      }
    }
    unread.sort((a, b) => a.bytes - b.bytes);
    while (bytes > this.bounds.unreadBytes) {
      const most = unread.pop();
      if (most === undefined) return;
      bytes -= most.bytes;
      most.socket.destroy();
    }
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
