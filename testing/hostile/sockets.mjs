/** Clients that keep a connection and do not behave: WebSockets and raw TCP. */
import { connect } from 'node:net';
import WebSocket from 'ws';
import { wait } from './gateway.mjs';

export const EVERYTHING = 'subscription { stepStatusChanged { flowId stepName status } }';

export class Sockets {
  constructor(gateway) {
    this.gateway = gateway;
    this.open = [];
    this.closed = {};
    this.received = 0;
    this.errors = {};
  }

  /** Sends connection_init, if wanted; resolves when it was acknowledged, refused or closed. */
  socket(init = {}) {
    return new Promise((resolve) => {
      const url = `${this.gateway.url.replace('http', 'ws')}/graphql`;
      const socket = new WebSocket(url, 'graphql-transport-ws');
      this.open.push(socket);
      const end = (why) => {
        this.closed[why] = (this.closed[why] ?? 0) + 1;
        resolve(null);
      };
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', ...init })));
      socket.on('message', (data) => {
        this.received++;
        const text = String(data);
        if (text.includes('"connection_ack"')) resolve(socket);
        if (text.includes('"type":"error"')) {
          const code = /"code":"(\w+)"/.exec(text)?.[1] ?? 'an error';
          this.errors[code] = (this.errors[code] ?? 0) + 1;
        }
      });
      socket.on('error', (error) => end(error.message));
      socket.on('close', (code) => end(String(code)));
    });
  }

  subscribe(socket, id, query, variables = {}) {
    if (socket?.readyState === WebSocket.OPEN)
      socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query, variables } }));
  }

  /** Bytes on a connection of its own, which stays open. */
  raw(bytes) {
    return new Promise((resolve) => {
      const socket = connect(this.gateway.port, '127.0.0.1', () => {
        socket.write(bytes, () => resolve(socket));
      });
      this.open.push(socket);
      socket.on('error', () => resolve(null));
      socket.on('close', () => {
        this.closed.raw = (this.closed.raw ?? 0) + 1;
        resolve(null);
      });
    });
  }

  async end() {
    const lost = Object.entries(this.closed).map(([why, times]) => `${times} × closed ${why}`);
    const refused = Object.entries(this.errors).map(([code, times]) => `${times} × ${code}`);
    for (const socket of this.open) (socket.terminate ?? socket.destroy).call(socket);
    await wait(100);
    return [`${this.received} messages`, ...lost, ...refused].join(', ');
  }
}
